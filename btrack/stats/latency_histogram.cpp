// SPDX-License-Identifier: Apache-2.0
// Log-linear buckets, and order statistics from them.
#include "btrack/stats/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "btrack/stats/beta.hpp"

namespace btrack::stats {
namespace {

constexpr int kBits = 8;  // 256 buckets an octave
constexpr std::uint32_t kPerOctave = 1U << kBits;

/// Shift and the leading nine bits: consecutive over the octaves, the value itself below 512.
std::uint32_t bucket_of(std::int64_t ns) {
  const auto value = static_cast<std::uint64_t>(ns);
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBits - 1);
  return static_cast<std::uint32_t>(shift) * kPerOctave +
         static_cast<std::uint32_t>(value >> shift);
}

double middle_of(std::uint32_t bucket) {
  if (bucket < 2 * kPerOctave) return bucket;
  const auto shift = static_cast<int>(bucket / kPerOctave) - 1;
  const auto leading = static_cast<double>(bucket % kPerOctave + kPerOctave);
  return std::ldexp(leading + 0.5, shift) - 0.5;
}

constexpr double kNsPerSecond = 1e9;

void need_some(const LatencyHistogram& latencies) {
  if (latencies.count() == 0) throw std::invalid_argument("latencies: nothing was counted");
}

}  // namespace

std::optional<LatencyHistogram> LatencyHistogram::restore(Buckets buckets, std::int64_t sum_ns,
                                                          std::int64_t min_ns,
                                                          std::int64_t max_ns) {
  if (buckets.empty() || min_ns < 0 || max_ns < min_ns || sum_ns < max_ns) return std::nullopt;
  if (bucket_of(min_ns) != buckets.begin()->first || bucket_of(max_ns) != buckets.rbegin()->first) {
    return std::nullopt;
  }
  LatencyHistogram out;
  for (const auto& [bucket, count] : buckets) {
    if (count < 1 || count > std::numeric_limits<std::int64_t>::max() - out.count_) {
      return std::nullopt;
    }
    out.count_ += count;
  }
  out.buckets_ = std::move(buckets);
  out.sum_ = sum_ns;
  out.min_ = min_ns;
  out.max_ = max_ns;
  return out;
}

void LatencyHistogram::add(std::int64_t ns) {
  if (ns < 0) throw std::invalid_argument("latencies: a negative latency");
  min_ = count_ == 0 ? ns : std::min(min_, ns);
  max_ = std::max(max_, ns);
  sum_ += ns;
  ++count_;
  ++buckets_[bucket_of(ns)];
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  if (other.count_ == 0) return;
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  count_ += other.count_;
  for (const auto& [bucket, count] : other.buckets_) buckets_[bucket] += count;
}

Seconds LatencyHistogram::mean() const {
  need_some(*this);
  return Seconds(static_cast<double>(sum_) / static_cast<double>(count_) / kNsPerSecond);
}

Seconds LatencyHistogram::max() const {
  need_some(*this);
  return Seconds(static_cast<double>(max_) / kNsPerSecond);
}

Seconds LatencyHistogram::quantile(double share) const {
  need_some(*this);
  const double rank =
      std::clamp(std::ceil(share * static_cast<double>(count_)), 1.0, static_cast<double>(count_));
  std::int64_t seen = 0;
  for (const auto& [bucket, count] : buckets_) {
    seen += count;
    if (static_cast<double>(seen) < rank) continue;
    const double ns =
        std::clamp(middle_of(bucket), static_cast<double>(min_), static_cast<double>(max_));
    return Seconds(ns / kNsPerSecond);
  }
  return max();
}

Percentile percentile(const LatencyHistogram& latencies, double share, double confidence) {
  need_some(latencies);
  const auto n = static_cast<double>(latencies.count());
  const double k = std::clamp(std::ceil(share * n), 1.0, n);
  const double tail = (1.0 - confidence) / 2.0;
  Percentile out;
  out.estimate = {latencies.quantile(share).count(),
                  latencies.quantile(beta_quantile(tail, k, n - k + 1.0)).count(),
                  latencies.quantile(beta_quantile(1.0 - tail, k, n - k + 1.0)).count(), confidence,
                  static_cast<std::size_t>(latencies.count())};
  out.too_few = latencies.count() < queries_needed(share, confidence);
  if (std::pow(share, n) > tail) out.estimate.high = std::numeric_limits<double>::infinity();
  if (std::pow(1.0 - share, n) > tail) out.estimate.low = 0.0;
  return out;
}

std::int64_t queries_needed(double share, double confidence) {
  const double worse = std::max(share, 1.0 - share);
  return static_cast<std::int64_t>(std::ceil(std::log((1.0 - confidence) / 2.0) / std::log(worse)));
}

}  // namespace btrack::stats
