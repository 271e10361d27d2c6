// SPDX-License-Identifier: Apache-2.0
// Point estimates of a sample with their intervals. Pure functions: no clock, no I/O.
#pragma once

#include <cstddef>
#include <span>

namespace btrack::stats {

/// A value in the unit of its sample, with a two-sided interval of that confidence.
struct Estimate {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
  double confidence = 0.95;
  std::size_t n = 0;

  [[nodiscard]] double half_width() const { return (high - low) / 2.0; }
  /// Half-width / |value|; 0 for an interval of no width, infinite around a value of 0.
  [[nodiscard]] double relative_half_width() const;
};

/// Quantile of Student's t: the t with P(T <= t) = `probability` in (0, 1), at `nu` >= 1 degrees of
/// freedom (need not be whole; infinity gives the normal quantile). Relative error below 1e-9.
/// Sources: DLMF 8.17.22 for the continued fraction of the incomplete beta function; Abramowitz and
/// Stegun 26.7.5 from nu = 1000 on. Throws std::invalid_argument outside those ranges.
double student_t_quantile(double probability, double nu);

/// Arithmetic mean with Student's t interval. One value alone says nothing about its spread: its
/// interval is infinite. Throws std::invalid_argument for an empty sample.
Estimate mean(std::span<const double> sample, double confidence = 0.95);

/// The same estimate with its interval `factor` times as wide (both sides, around the value).
Estimate widened(const Estimate& estimate, double factor);

/// Sample standard deviation, n - 1 in the denominator. Throws for fewer than two values.
double standard_deviation(std::span<const double> sample);

double median(std::span<const double> sample);

/// How a percentile falls between two order statistics.
enum class PercentileMethod {
  nearest_rank,     ///< smallest value with at least that share at or below it; always a seen value
  linear,           ///< Hyndman and Fan (1996) type 7: the default of R and NumPy
  median_unbiased,  ///< Hyndman and Fan type 8: what they recommend
};
/// `percent` in [0, 100]. Throws std::invalid_argument outside, and for an empty sample.
double percentile(std::span<const double> sample, double percent, PercentileMethod method);

/// n-th root of the product. Throws std::invalid_argument unless every value is above 0.
double geometric_mean(std::span<const double> sample);

}  // namespace btrack::stats
