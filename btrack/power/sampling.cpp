// SPDX-License-Identifier: Apache-2.0
// Sampling error of part-time sensors, and where aliasing cannot be excluded.
#include "btrack/power/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "btrack/stats/estimate.hpp"

namespace btrack::power {
namespace {

/// How far the same information comes again in `x`: the sum of its autocorrelations, weighted down
/// to 0 at `reach` looks (Bartlett). Slow beats between load and sensor make it large; a load whose
/// phases come by in turn makes it small, for their mean is found sooner than by chance.
double likeness(const std::vector<double>& x, double mean, std::size_t reach) {
  const auto together = [&](std::size_t lag) {
    double sum = 0.0;
    for (std::size_t i = lag; i < x.size(); ++i) sum += (x[i] - mean) * (x[i - lag] - mean);
    return sum;
  };
  const double alone = together(0);
  if (alone <= 0.0) return 1.0;
  double sum = 1.0;
  for (std::size_t lag = 1; lag < std::min(reach, x.size()); ++lag) {
    const double weight = 1.0 - static_cast<double>(lag) / static_cast<double>(reach);
    sum += 2.0 * weight * together(lag) / alone;
  }
  return sum;
}

}  // namespace

namespace {

double spread_of(const std::vector<double>& powers, double mean) {
  return mean > 0.0 ? stats::standard_deviation(powers) / mean : 0.0;
}

double mean_of(const std::vector<double>& powers) {
  return std::accumulate(powers.begin(), powers.end(), 0.0) / static_cast<double>(powers.size());
}

/// Below this the looks may be in step with the load, with some noise on top (policy).
constexpr double kHardlyVaries = 0.10;

constexpr std::size_t kManyIfAssumed = 16;

/// Steady over so many looks that being in step is no longer to be expected: to stay within a tenth
/// of a period, the load's period must agree with the sensor's to 0.1 / looks. 200: to 0.05 %,
/// while cards differ from 100 ms by up to 4 %.
bool visibly_steady(const PartTime& sensor) {
  constexpr std::size_t kMany = 200;
  const auto& looks = sensor.powers.size() >= kMany ? sensor.powers : sensor.around;
  return looks.size() >= kMany && spread_of(looks, mean_of(looks)) < kHardlyVaries;
}

}  // namespace

SamplingDoubt sampling_doubt(const PartTime& sensor, Joules value, Watts limit, Seconds length) {
  constexpr double kFewLooks = 5.0;
  constexpr double kWhole = 0.98;
  constexpr double kReach = 1.0 / 3.0;  // of the looks, over which they may be alike
  constexpr double kLeastAlike =
      0.5;  // phases that come by in turn come again: a look counts twice at most
  SamplingDoubt doubt;
  if (sensor.covered >= kWhole) return doubt;
  const double missed = 1.0 - sensor.covered;
  double cv = 0.0;
  double looks = 0.0;
  double freedom = 1.0;
  if (sensor.powers.size() >= 3) {
    const double mean = mean_of(sensor.powers);
    const auto n = static_cast<double>(sensor.powers.size());
    const double reach = std::max(2.0, kReach * n);
    const double alike = likeness(sensor.powers, mean, static_cast<std::size_t>(reach));
    cv = spread_of(sensor.powers, mean);
    looks = sensor.windows / std::max(kLeastAlike, alike);
    freedom = std::max(2.0, 1.5 * n / reach);
  }
  const bool proves_nothing = cv < kHardlyVaries || looks < kFewLooks;
  const bool steady = visibly_steady(sensor);
  // Where the window is a prior only, what the looks around show is enough.
  const bool around = sensor.assumed && sensor.around.size() >= kManyIfAssumed;
  if (around && proves_nothing) cv = spread_of(sensor.around, mean_of(sensor.around));
  if (proves_nothing && sensor.locked_to_clock && !steady && !around) {
    doubt.aliasing = true;
    const Joules most = limit * length;
    doubt.terms.push_back({"aliasing", "", TermKind::bound, TermShape::rectangular, missed * value,
                           missed * std::max(Joules(0), most - value),
                           std::numeric_limits<double>::infinity(), false,
                           "what is not sampled may be anything up to the power limit"});
    return doubt;
  }
  const bool by_windows = steady || (around && proves_nothing);
  const double n = by_windows ? std::max(1.0, sensor.windows) : std::max(2.0, looks);
  if (by_windows) freedom = static_cast<double>(sensor.around.size()) - 1.0;
  const Joules u = value * (std::max(cv, kHardlyVaries) * std::sqrt(missed / n));
  doubt.terms.push_back({"part-time", "", TermKind::type_a, TermShape::normal, u, u, freedom, false,
                         "spread of the sampled windows, at least 10 %"});
  return doubt;
}

}  // namespace btrack::power
