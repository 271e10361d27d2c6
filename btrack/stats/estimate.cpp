// SPDX-License-Identifier: Apache-2.0
// Mean, spread, percentiles.
#include "btrack/stats/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace btrack::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void require(bool condition, const char* sentence) {
  if (!condition) throw std::invalid_argument(sentence);
}

double plain_mean(std::span<const double> sample) {
  double sum = 0.0;
  for (const double x : sample) sum += x;
  return sum / static_cast<double>(sample.size());
}

/// Value at a fractional 1-based rank of the sorted sample, clamped to its ends.
double at_rank(const std::vector<double>& sorted, double rank) {
  const double last = static_cast<double>(sorted.size());
  const double clamped = std::clamp(rank, 1.0, last);
  const auto below = static_cast<std::size_t>(clamped);
  const double share = clamped - static_cast<double>(below);
  const double low = sorted[below - 1];
  return share == 0.0 ? low : low + share * (sorted[below] - low);
}

}  // namespace

double Estimate::relative_half_width() const {
  if (high == low) return 0.0;
  return value == 0.0 ? kInfinity : half_width() / std::abs(value);
}

Estimate mean(std::span<const double> sample, double confidence) {
  require(!sample.empty(), "mean: the sample is empty");
  require(confidence > 0.0 && confidence < 1.0, "mean: confidence must lie between 0 and 1");
  const double value = plain_mean(sample);
  if (sample.size() == 1) return {value, -kInfinity, kInfinity, confidence, 1};
  const double n = static_cast<double>(sample.size());
  const double t = student_t_quantile(0.5 + confidence / 2.0, n - 1.0);
  const double half = t * standard_deviation(sample) / std::sqrt(n);
  return {value, value - half, value + half, confidence, sample.size()};
}

Estimate widened(const Estimate& estimate, double factor) {
  require(factor >= 0.0, "widened: the factor must not be negative");
  Estimate wide = estimate;
  wide.low = estimate.value - factor * (estimate.value - estimate.low);
  wide.high = estimate.value + factor * (estimate.high - estimate.value);
  return wide;
}

double standard_deviation(std::span<const double> sample) {
  require(sample.size() >= 2, "standard_deviation: at least two values are needed");
  const double centre = plain_mean(sample);
  double squares = 0.0;
  for (const double x : sample) squares += (x - centre) * (x - centre);
  return std::sqrt(squares / static_cast<double>(sample.size() - 1));
}

double median(std::span<const double> sample) {
  return percentile(sample, 50.0, PercentileMethod::linear);
}

double percentile(std::span<const double> sample, double percent, PercentileMethod method) {
  require(!sample.empty(), "percentile: the sample is empty");
  require(percent >= 0.0 && percent <= 100.0, "percentile: it must lie in [0, 100]");
  std::vector<double> sorted(sample.begin(), sample.end());
  std::sort(sorted.begin(), sorted.end());
  const double n = static_cast<double>(sorted.size());
  const double share = percent / 100.0;
  switch (method) {
    case PercentileMethod::nearest_rank:
      // Percent times n first: 0.07 * 100 is a little above 7, and its ceiling would be 8.
      return at_rank(sorted, std::ceil(percent * n / 100.0));
    case PercentileMethod::linear:
      return at_rank(sorted, 1.0 + share * (n - 1.0));
    case PercentileMethod::median_unbiased:
      return at_rank(sorted, share * (n + 1.0 / 3.0) + 1.0 / 3.0);
  }
  throw std::invalid_argument("percentile: unknown method");
}

double geometric_mean(std::span<const double> sample) {
  require(!sample.empty(), "geometric_mean: the sample is empty");
  double logs = 0.0;
  for (const double x : sample) {
    require(x > 0.0, "geometric_mean: every value must be above 0");
    logs += std::log(x);
  }
  return std::exp(logs / static_cast<double>(sample.size()));
}

}  // namespace btrack::stats
