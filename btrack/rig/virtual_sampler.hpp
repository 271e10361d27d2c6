// SPDX-License-Identifier: Apache-2.0
// The sampler's schedule in virtual time: regular rounds, a round at each edge of a region, and the
// bursts of edge_plan.hpp, with late wake-ups and lost samples.
#pragma once

#include <span>
#include <vector>

#include "btrack/power/edge_plan.hpp"
#include "btrack/power/trace.hpp"
#include "btrack/rig/virtual_sensor.hpp"

namespace btrack::rig {

struct Schedule {
  double period_s = 0.1;
  double lead_in_s = 1.0;  ///< sampling begins so long before the first region, and ends after it
  power::EdgePolicy edges;
  bool bursts = true;
  /// Delay of a timer: median 109 us, p99 0.7 ms, 1 in 1000 up to 11 ms (measurement.md 4).
  bool late = true;
  double stall_each_s = 0.0;  ///< the machine stands for `stall_s` that often
  double stall_s = 0.2;
  double lost_share = 0.0;  ///< readings that find the ring full
  std::uint64_t seed = 1;
};

/// Samples one sensor from before the first window to after the last; windows in time order, in
/// virtual seconds.
struct Region {
  double begin_s = 0.0;
  double end_s = 0.0;
  [[nodiscard]] Window window() const { return {at(begin_s), at(end_s)}; }
};
power::PowerTrace sample(VirtualSensor& sensor, VirtualClock& clock, const Schedule& schedule,
                         std::span<const Region> regions);

}  // namespace btrack::rig
