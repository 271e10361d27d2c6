// SPDX-License-Identifier: Apache-2.0
// Sampling error of part-time sensors, and where aliasing cannot be excluded.
#include "btrack/power/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "btrack/stats/estimate.hpp"

namespace btrack::power {
namespace {

/// Correlation of neighbouring looks: slow beats between load and sensor show here.
double lag_one(const std::vector<double>& x, double mean) {
  double together = 0.0;
  double alone = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    alone += (x[i] - mean) * (x[i] - mean);
    if (i > 0) together += (x[i] - mean) * (x[i - 1] - mean);
  }
  return alone > 0.0 ? std::clamp(together / alone, 0.0, 0.99) : 0.0;
}

}  // namespace

SamplingDoubt sampling_doubt(const PartTime& sensor, Joules value, Watts limit, Seconds length) {
  // Below this the looks may be in step with the load, with some noise on top (policy).
  constexpr double kHardlyVaries = 0.10;
  constexpr double kFewLooks = 5.0;
  constexpr double kWhole = 0.98;
  SamplingDoubt doubt;
  if (sensor.covered >= kWhole) return doubt;
  const double missed = 1.0 - sensor.covered;
  double cv = 0.0;
  double looks = 0.0;
  if (sensor.powers.size() >= 3) {
    const double mean = std::accumulate(sensor.powers.begin(), sensor.powers.end(), 0.0) /
                        static_cast<double>(sensor.powers.size());
    const double correlation = lag_one(sensor.powers, mean);
    cv = mean > 0.0 ? stats::standard_deviation(sensor.powers) / mean : 0.0;
    looks = sensor.windows * (1.0 - correlation) / (1.0 + correlation);
  }
  const bool proves_nothing = cv < kHardlyVaries || looks < kFewLooks;
  if (proves_nothing && sensor.locked_to_clock) {
    doubt.aliasing = true;
    const Joules most = limit * length;
    doubt.terms.push_back({"aliasing", "", TermKind::bound, TermShape::rectangular, missed * value,
                           missed * std::max(Joules(0), most - value),
                           std::numeric_limits<double>::infinity(), false,
                           "what is not sampled may be anything up to the power limit"});
    return doubt;
  }
  const double n = std::max(2.0, looks);
  const Joules u = value * (std::max(cv, kHardlyVaries) * std::sqrt(missed / n));
  doubt.terms.push_back({"part-time", "", TermKind::type_a, TermShape::normal, u, u, n - 1.0, false,
                         "spread of the sampled windows"});
  return doubt;
}

}  // namespace btrack::power
