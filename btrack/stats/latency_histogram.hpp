// SPDX-License-Identifier: Apache-2.0
// Latencies of any number of queries in little space, and their percentiles with intervals.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "btrack/core/quantity.hpp"
#include "btrack/stats/estimate.hpp"

namespace btrack::stats {

/// Counts of latencies in nanoseconds: below 512 ns one bucket for each value, above that 256
/// buckets in each octave, so that a bucket is at most 1/256 (0.4 %) of its value wide. Smallest,
/// largest and sum are exact.
class LatencyHistogram {
 public:
  using Buckets = std::map<std::uint32_t, std::int64_t>;  ///< index -> count, above 0

  /// Nothing where these do not belong together: a count below 1, an extreme outside its bucket.
  static std::optional<LatencyHistogram> restore(Buckets buckets, std::int64_t sum_ns,
                                                 std::int64_t min_ns, std::int64_t max_ns);

  /// Throws std::invalid_argument for a negative latency.
  void add(std::int64_t ns);
  void merge(const LatencyHistogram& other);

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t sum_ns() const { return sum_; }
  [[nodiscard]] std::int64_t min_ns() const { return min_; }
  [[nodiscard]] std::int64_t max_ns() const { return max_; }
  [[nodiscard]] const Buckets& buckets() const { return buckets_; }

  [[nodiscard]] Seconds mean() const;
  [[nodiscard]] Seconds max() const;
  /// Nearest rank, `share` in [0, 1]: middle of the bucket that holds it, never outside the
  /// extremes. These three throw std::invalid_argument where nothing was counted.
  [[nodiscard]] Seconds quantile(double share) const;

  friend bool operator==(const LatencyHistogram&, const LatencyHistogram&) = default;

 private:
  Buckets buckets_;
  std::int64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
};

/// A percentile in seconds.
struct Percentile {
  /// Bootstrap percentile interval, by the law that resampling queries without end leads to: the
  /// k-th smallest of n draws lies where a Beta(k, n - k + 1) variable cuts the sample (Efron and
  /// Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). No draws, hence no seed.
  /// Queries count as independent.
  Estimate estimate;
  /// There are so few queries that no order statistic bounds the percentile on one of the sides at
  /// that confidence; that end of the interval is infinite (high) or 0 (low).
  bool too_few = false;
};

/// `share` in (0, 1): 0.99 for p99. Throws std::invalid_argument where nothing was counted.
Percentile percentile(const LatencyHistogram& latencies, double share, double confidence = 0.95);

/// The least number of queries at which order statistics bound that percentile on both sides:
/// max(share, 1 - share)^n <= (1 - confidence) / 2. 36 for p90, 368 for p99.
std::int64_t queries_needed(double share, double confidence = 0.95);

}  // namespace btrack::stats
