// SPDX-License-Identifier: Apache-2.0
// Histogram percentiles against the sorted sample, and their intervals against brute force.
#include "btrack/stats/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "btrack/stats/beta.hpp"

namespace btrack::stats {
namespace {

/// Log-normal around a millisecond: a long tail, as latencies have.
std::vector<std::int64_t> drawn(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 bits(seed);
  std::lognormal_distribution<double> latency(std::log(1e6), 1.0);
  std::vector<std::int64_t> sample(count);
  for (auto& ns : sample) ns = std::llround(latency(bits));
  return sample;
}

LatencyHistogram histogram_of(const std::vector<std::int64_t>& sample) {
  LatencyHistogram histogram;
  for (const auto ns : sample) histogram.add(ns);
  return histogram;
}

double exact(std::vector<std::int64_t> sample, double share) {
  std::ranges::sort(sample);
  const auto rank = std::max(1.0, std::ceil(share * static_cast<double>(sample.size())));
  return static_cast<double>(sample[static_cast<std::size_t>(rank) - 1]) / 1e9;
}

TEST(LatencyHistogram, PercentilesAreWithinABucketOfTheSortedSample) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto sample = drawn(20'000, seed);
    const auto histogram = histogram_of(sample);
    for (const double share : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const double truth = exact(sample, share);
      EXPECT_NEAR(histogram.quantile(share).count(), truth, 0.005 * truth) << share;
    }
  }
}

TEST(LatencyHistogram, ShortLatenciesAndExtremesAreExact) {
  LatencyHistogram histogram;
  for (std::int64_t ns = 0; ns < 512; ++ns) histogram.add(ns);
  for (const double share : {0.25, 0.5, 0.75}) {
    EXPECT_EQ(std::llround(histogram.quantile(share).count() * 1e9),
              static_cast<std::int64_t>(std::ceil(share * 512)) - 1);
  }
  constexpr std::int64_t kLong = 9'223'372'036'854'000'001LL;
  LatencyHistogram one;
  one.add(kLong);
  EXPECT_EQ(one.max_ns(), kLong);
  EXPECT_EQ(one.min_ns(), kLong);
  EXPECT_EQ(one.sum_ns(), kLong);
  EXPECT_THROW(one.add(-1), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(LatencyHistogram().mean()), std::invalid_argument);
}

TEST(LatencyHistogram, MergedIsTheSameAsCountedTogether) {
  const auto sample = drawn(5000, 7);
  const std::vector<std::int64_t> head(sample.begin(), sample.begin() + 1234);
  const std::vector<std::int64_t> tail(sample.begin() + 1234, sample.end());
  LatencyHistogram merged;
  merged.merge(histogram_of(head));
  merged.merge(LatencyHistogram());
  merged.merge(histogram_of(tail));
  EXPECT_EQ(merged, histogram_of(sample));
}

TEST(LatencyHistogram, RestoresWhatItWasAndNothingElse) {
  const auto histogram = histogram_of(drawn(3000, 5));
  const auto restored = LatencyHistogram::restore(histogram.buckets(), histogram.sum_ns(),
                                                  histogram.min_ns(), histogram.max_ns());
  ASSERT_TRUE(restored);
  EXPECT_EQ(*restored, histogram);
  EXPECT_FALSE(LatencyHistogram::restore({}, 0, 0, 0));
  EXPECT_FALSE(LatencyHistogram::restore({{5, 0}}, 5, 5, 5));
  EXPECT_FALSE(LatencyHistogram::restore({{5, 2}}, 10, 5, 6));
  EXPECT_FALSE(LatencyHistogram::restore({{5, 2}}, 10, 4, 5));
}

TEST(Percentile, IntervalIsThatOfEndlessResampling) {
  constexpr int kResamples = 4000;
  const auto sample = drawn(600, 11);
  const auto found = percentile(histogram_of(sample), 0.9).estimate;
  std::mt19937_64 bits(42);
  std::uniform_int_distribution<std::size_t> pick(0, sample.size() - 1);
  std::vector<double> resampled;
  for (int i = 0; i < kResamples; ++i) {
    std::vector<std::int64_t> again(sample.size());
    for (auto& ns : again) ns = sample[pick(bits)];
    resampled.push_back(exact(std::move(again), 0.9));
  }
  std::ranges::sort(resampled);
  EXPECT_NEAR(found.low, resampled[kResamples / 40], 0.02 * found.low);
  EXPECT_NEAR(found.high, resampled[kResamples - kResamples / 40], 0.02 * found.high);
}

TEST(Percentile, IntervalCoversTheTruthAsOftenAsItSays) {
  constexpr int kTrials = 1000;
  const double z90 = 1.2815515655446004;  // normal quantile of 0.9
  const double truth = 1e-3 * std::exp(z90);
  int covered = 0;
  for (int i = 0; i < kTrials; ++i) {
    const auto estimate =
        percentile(histogram_of(drawn(500, static_cast<std::uint64_t>(1000 + i))), 0.9).estimate;
    covered += estimate.low <= truth && truth <= estimate.high ? 1 : 0;
  }
  // 95 % with three standard deviations of the binomial, and what discreteness costs.
  EXPECT_GE(covered, 925);
  EXPECT_LE(covered, 975);
}

TEST(Percentile, SaysWhereThereAreTooFewQueries) {
  EXPECT_EQ(queries_needed(0.99), 368);
  EXPECT_EQ(queries_needed(0.9), 36);
  EXPECT_EQ(queries_needed(0.5), 6);
  const auto few = percentile(histogram_of(drawn(100, 3)), 0.99);
  EXPECT_TRUE(few.too_few);
  EXPECT_TRUE(std::isinf(few.estimate.high));
  EXPECT_GT(few.estimate.low, 0.0);
  EXPECT_TRUE(percentile(histogram_of(drawn(367, 3)), 0.99).too_few);
  const auto enough = percentile(histogram_of(drawn(368, 3)), 0.99);
  EXPECT_FALSE(enough.too_few);
  EXPECT_TRUE(std::isfinite(enough.estimate.high));
}

TEST(BetaQuantile, AgreesWithKnownValuesAndWithItselfWhereTheMethodChanges) {
  EXPECT_NEAR(beta_quantile(0.3, 1.0, 1.0), 0.3, 1e-11);
  EXPECT_NEAR(beta_quantile(0.25, 2.0, 1.0), 0.5, 1e-11);  // I_x(2, 1) = x^2
  EXPECT_NEAR(beta_quantile(0.975, 1.0, 9.0), 1.0 - std::pow(0.025, 1.0 / 9.0), 1e-11);
  for (const double p : {0.025, 0.5, 0.975}) {
    const double x = beta_quantile(p, 2000.0, 3000.0);
    EXPECT_NEAR(incomplete_beta(2000.0, 3000.0, x, 1.0 - x), p, 2e-3);
  }
}

}  // namespace
}  // namespace btrack::stats
