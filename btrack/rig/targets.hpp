// SPDX-License-Identifier: Apache-2.0
// The accuracy that the power room promises, each with what the rig measured.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/rig/faults.hpp"
#include "btrack/rig/monte_carlo.hpp"
#include "btrack/rig/topology.hpp"

namespace btrack::rig {

struct Target {
  std::string name;
  std::string wanted;
  std::string measured;
  bool met = false;
};

struct RigOptions {
  std::uint64_t seed = 1;
  std::uint64_t scenarios = 10'000;  ///< of interval honesty
  std::uint64_t cases = 1'000'000;   ///< of wraps, resets and gaps
  int trials = 200;                  ///< random phases of each other target
  /// What is done now, and the share of it that is done.
  std::function<void(std::string_view what, double done)> progress;
};

struct RigReport {
  std::vector<Target> targets;
  HonestyReport honesty;
  CounterCases counters;
  std::vector<FaultResult> faults;
  std::vector<TopologyResult> topologies;
  [[nodiscard]] bool all_met() const;
};

/// Everything that needs no hardware; deterministic for equal options. An Error where the topology
/// data cannot be used.
Result<RigReport> run_rig(const RigOptions& options);

/// Error of regions of `length_s` at random phases of source and region, with gain 1.
struct EdgeErrors {
  double rms = 0.0;  ///< relative, of those that were stated
  int refused = 0;
  int outside = 0;  ///< stated, and the truth not in the interval
  int trials = 0;
};
/// `starts_with_region`: the load begins and ends at the region's edges; else it is steady.
EdgeErrors edge_errors(std::string_view source_name, double length_s, bool starts_with_region,
                       const RigOptions& options);

/// Error of periodic loads on a part-time sensor, dithered by plan_loop(), period of the load from
/// half of the sensor's to four thirds of it, and equal to it.
struct PeriodicErrors {
  double mean = 0.0;  ///< of the absolute relative errors
  double worst = 0.0;
  int refused = 0;
  int outside = 0;
  int trials = 0;
};
PeriodicErrors periodic_errors(std::string_view source_name, const RigOptions& options);

}  // namespace btrack::rig
