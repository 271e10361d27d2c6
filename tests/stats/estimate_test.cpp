// SPDX-License-Identifier: Apache-2.0
// Means with intervals, quantiles of t against published values, percentiles by method.
#include "btrack/stats/estimate.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace btrack::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct TableRow {
  double probability;
  double nu;
  double t;
};

// scipy.stats.t.ppf (SciPy 1), cross-checked with the printed tables (12.706, 4.303, 2.776 ...).
constexpr std::array<TableRow, 27> kTable = {{
    {0.9, 1, 3.0776835371752544},          {0.9, 4, 1.533206274058944},
    {0.9, 100, 1.290074761346516},         {0.975, 1, 12.706204736174694},
    {0.975, 2, 4.302652729749462},         {0.975, 3, 3.1824463052837078},
    {0.975, 4, 2.7764451051977934},        {0.975, 5, 2.5705818356363146},
    {0.975, 9, 2.262157162798205},         {0.975, 10, 2.228138851986274},
    {0.975, 19.5, 2.089397620972246},      {0.975, 30, 2.0422724563012378},
    {0.975, 100, 1.9839715185235518},      {0.975, 999.9, 1.9623393186426081},
    {0.975, 1000, 1.9623390808264083},     {0.975, 1e6, 1.959966356814107},
    {0.995, 2, 9.924843200918287},         {0.995, 30, 2.7499956535672254},
    {0.0005, 1, -636.6192487687196},       {0.0005, 9, -4.780912585931139},
    {0.0005, 1e6, -3.2905364612486916},    {0.9999995, 1, 636619.7724194303},
    {0.9999995, 3, 130.15458956192757},    {0.9999995, 19.5, 6.99572267835531},
    {0.9999995, 999.9, 4.922292605547991}, {0.9999995, 1000, 4.922289523446074},
    {0.9999995, 1e6, 4.891668960726574},
}};

TEST(StudentT, AgreesWithTheTableToNineDigits) {
  for (const TableRow& row : kTable) {
    EXPECT_NEAR(student_t_quantile(row.probability, row.nu) / row.t, 1.0, 1e-9)
        << "p " << row.probability << " nu " << row.nu;
  }
}

TEST(StudentT, MatchesTheClosedFormsOfOneAndTwoDegrees) {
  const double pi = std::acos(-1.0);
  for (const double p : {0.51, 0.6, 0.75, 0.99, 0.999}) {
    EXPECT_NEAR(student_t_quantile(p, 1) / std::tan(pi * (p - 0.5)), 1.0, 1e-10);
    const double two = (2 * p - 1) / std::sqrt(2 * p * (1 - p));
    EXPECT_NEAR(student_t_quantile(p, 2) / two, 1.0, 1e-10);
  }
}

TEST(StudentT, IsContinuousWhereTheMethodChangesAndEndsAtTheNormal) {
  EXPECT_NEAR(student_t_quantile(0.975, 999.999999), student_t_quantile(0.975, 1000.0), 1e-10);
  EXPECT_NEAR(student_t_quantile(0.975, kInfinity), 1.959963984540054, 1e-12);
  EXPECT_EQ(student_t_quantile(0.5, 7), 0.0);
}

TEST(StudentT, RefusesWhatHasNoQuantile) {
  EXPECT_THROW(student_t_quantile(0.0, 5), std::invalid_argument);
  EXPECT_THROW(student_t_quantile(1.0, 5), std::invalid_argument);
  EXPECT_THROW(student_t_quantile(std::nan(""), 5), std::invalid_argument);
  EXPECT_THROW(student_t_quantile(0.9, 0.5), std::invalid_argument);
  EXPECT_THROW(student_t_quantile(0.9, std::nan("")), std::invalid_argument);
}

TEST(Mean, OfOneToFiveHasTheTextbookInterval) {
  const std::vector<double> sample = {1, 2, 3, 4, 5};
  const Estimate e = mean(sample);
  const double half = 2.7764451051977934 * std::sqrt(2.5) / std::sqrt(5.0);
  EXPECT_DOUBLE_EQ(e.value, 3.0);
  EXPECT_NEAR(e.low, 3.0 - half, 1e-9);
  EXPECT_NEAR(e.high, 3.0 + half, 1e-9);
  EXPECT_EQ(e.n, 5U);
  EXPECT_EQ(e.confidence, 0.95);
  EXPECT_NEAR(e.relative_half_width(), half / 3.0, 1e-9);
}

TEST(Mean, OfOneValueKnowsNothingOfItsSpread) {
  const Estimate e = mean(std::vector<double>{7.0});
  EXPECT_EQ(e.value, 7.0);
  EXPECT_EQ(e.low, -kInfinity);
  EXPECT_EQ(e.high, kInfinity);
  EXPECT_EQ(e.relative_half_width(), kInfinity);
}

TEST(Mean, EqualValuesHaveNoWidthAndZeroHasNoRelativeOne) {
  EXPECT_EQ(mean(std::vector<double>{4.0, 4.0, 4.0}).relative_half_width(), 0.0);
  EXPECT_EQ(mean(std::vector<double>{0.0, 0.0}).relative_half_width(), 0.0);
  EXPECT_EQ(mean(std::vector<double>{-1.0, 1.0}).relative_half_width(), kInfinity);
}

TEST(Mean, RefusesAnEmptySample) { EXPECT_THROW(mean({}), std::invalid_argument); }

TEST(Mean, WidenedKeepsTheValue) {
  const Estimate e = widened({.value = 10, .low = 9, .high = 12, .confidence = 0.95, .n = 3}, 1.1);
  EXPECT_DOUBLE_EQ(e.value, 10.0);
  EXPECT_DOUBLE_EQ(e.low, 8.9);
  EXPECT_DOUBLE_EQ(e.high, 12.2);
}

TEST(Spread, UsesNMinusOne) {
  EXPECT_DOUBLE_EQ(standard_deviation(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9}),
                   std::sqrt(32.0 / 7.0));
  // A one-pass formula would lose these digits altogether.
  EXPECT_DOUBLE_EQ(standard_deviation(std::vector<double>{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}),
                   std::sqrt(30.0));
  EXPECT_THROW(standard_deviation(std::vector<double>{1.0}), std::invalid_argument);
}

TEST(Median, OfOddAndEvenCountsInAnyOrder) {
  EXPECT_EQ(median(std::vector<double>{9, 1, 5}), 5.0);
  EXPECT_EQ(median(std::vector<double>{9, 1, 5, 7}), 6.0);
  EXPECT_EQ(median(std::vector<double>{3}), 3.0);
  EXPECT_THROW(median({}), std::invalid_argument);
}

TEST(Percentile, FollowsTheNamedMethod) {
  const std::vector<double> sample = {15, 20, 35, 40, 50};
  EXPECT_EQ(percentile(sample, 30, PercentileMethod::nearest_rank), 20.0);
  EXPECT_EQ(percentile(sample, 40, PercentileMethod::nearest_rank), 20.0);
  EXPECT_EQ(percentile(sample, 41, PercentileMethod::nearest_rank), 35.0);
  EXPECT_DOUBLE_EQ(percentile(sample, 40, PercentileMethod::linear), 29.0);
  // numpy.percentile(..., 40, method="median_unbiased")
  EXPECT_DOUBLE_EQ(percentile(sample, 40, PercentileMethod::median_unbiased), 27.0);
  for (const auto method : {PercentileMethod::nearest_rank, PercentileMethod::linear,
                            PercentileMethod::median_unbiased}) {
    EXPECT_EQ(percentile(sample, 0, method), 15.0);
    EXPECT_EQ(percentile(sample, 100, method), 50.0);
  }
}

TEST(Percentile, NearestRankIsNotMisledByRounding) {
  std::vector<double> hundred(100);
  for (int i = 0; i < 100; ++i) hundred[i] = i + 1;
  for (int p = 1; p <= 100; ++p) {
    EXPECT_EQ(percentile(hundred, p, PercentileMethod::nearest_rank), p);
  }
  EXPECT_THROW(percentile(hundred, 100.1, PercentileMethod::linear), std::invalid_argument);
}

TEST(GeometricMean, IsTheRootOfTheProduct) {
  EXPECT_DOUBLE_EQ(geometric_mean(std::vector<double>{1, 10, 100}), 10.0);
  EXPECT_NEAR(geometric_mean(std::vector<double>{1e300, 1e-300}), 1.0, 1e-12);
  EXPECT_THROW(geometric_mean(std::vector<double>{1, 0}), std::invalid_argument);
}

}  // namespace
}  // namespace btrack::stats
