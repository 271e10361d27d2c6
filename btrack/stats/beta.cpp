// SPDX-License-Identifier: Apache-2.0
// The incomplete beta function by its continued fraction, and its inverse by bisection.
#include "btrack/stats/beta.hpp"

#include <algorithm>
#include <cmath>

#include "btrack/stats/estimate.hpp"

namespace btrack::stats {
namespace {

/// Continued fraction of the incomplete beta function (DLMF 8.17.22), by the modified Lentz method.
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto away_from_zero = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1.0;
  double d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
  double fraction = d;
  for (int m = 1; m <= 500; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1.0 / away_from_zero(1.0 + even * d);
    c = away_from_zero(1.0 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1.0 / away_from_zero(1.0 + odd * d);
    c = away_from_zero(1.0 + odd / c);
    fraction *= d * c;
    if (std::abs(d * c - 1.0) < 1e-15) break;
  }
  return fraction;
}

}  // namespace

double incomplete_beta(double a, double b, double x, double y) {
  if (x <= 0.0) return 0.0;
  if (y <= 0.0) return 1.0;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log(y));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * beta_fraction(a, b, x) / a;
  return 1.0 - front * beta_fraction(b, a, y) / b;
}

double beta_quantile(double probability, double a, double b) {
  constexpr double kMany = 2000.0;  // from here on the fraction converges slowly
  if (std::min(a, b) >= kMany) {
    const double mean = a / (a + b);
    const double deviation = std::sqrt(mean * (1.0 - mean) / (a + b + 1.0));
    return mean + deviation * student_t_quantile(probability, INFINITY);
  }
  double low = 0.0;
  double high = 1.0;
  while (high - low > 1e-12) {
    const double middle = low + (high - low) / 2.0;
    (incomplete_beta(a, b, middle, 1.0 - middle) < probability ? low : high) = middle;
  }
  return low + (high - low) / 2.0;
}

}  // namespace btrack::stats
