// SPDX-License-Identifier: Apache-2.0
// Quantiles of Student's t distribution.
#include <cmath>
#include <limits>
#include <stdexcept>

#include "btrack/stats/beta.hpp"
#include "btrack/stats/estimate.hpp"

namespace btrack::stats {
namespace {

// From here on the expansion around the normal quantile is better than lgamma differences.
constexpr double kManyDegrees = 1000.0;

double upper_tail_t(double t, double nu) {
  const double sum = nu + t * t;
  return 0.5 * incomplete_beta(nu / 2.0, 0.5, nu / sum, t * t / sum);
}

double upper_tail_normal(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

/// The x >= 0 at which a falling tail function reaches `probability` <= 1/2.
template <class Tail>
double invert_tail(Tail tail, double probability) {
  double low = 0.0;
  double high = 1.0;
  while (tail(high) > probability) {
    low = high;
    high *= 2.0;
  }
  while (high - low > 1e-14 * high) {
    const double middle = low + (high - low) / 2.0;
    if (middle <= low || middle >= high) break;
    (tail(middle) > probability ? low : high) = middle;
  }
  return low + (high - low) / 2.0;
}

/// Abramowitz and Stegun 26.7.5: t from the normal quantile z, in powers of 1/nu.
double expand_around_normal(double z, double nu) {
  const double s = z * z;
  const double g1 = z * (s + 1.0) / 4.0;
  const double g2 = z * ((5.0 * s + 16.0) * s + 3.0) / 96.0;
  const double g3 = z * (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0;
  const double g4 = z * ((((79.0 * s + 776.0) * s + 1482.0) * s - 1920.0) * s - 945.0) / 92160.0;
  return z + (g1 + (g2 + (g3 + g4 / nu) / nu) / nu) / nu;
}

}  // namespace

double student_t_quantile(double probability, double nu) {
  if (!(probability > 0.0 && probability < 1.0)) {
    throw std::invalid_argument("student_t_quantile: the probability must lie between 0 and 1");
  }
  if (!(nu >= 1.0)) throw std::invalid_argument("student_t_quantile: nu must be at least 1");
  if (probability == 0.5) return 0.0;
  const double tail = probability < 0.5 ? probability : 1.0 - probability;
  double t = 0.0;
  if (nu < kManyDegrees) {
    t = invert_tail([nu](double x) { return upper_tail_t(x, nu); }, tail);
  } else {
    const double z = invert_tail(upper_tail_normal, tail);
    t = std::isinf(nu) ? z : expand_around_normal(z, nu);
  }
  return probability < 0.5 ? -t : t;
}

}  // namespace btrack::stats
