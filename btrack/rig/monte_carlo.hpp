// SPDX-License-Identifier: Apache-2.0
// Random scenarios: how often the true energy is in the stated 95 % interval, and whether a wrap, a
// reset or a gap is ever missed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "btrack/rig/trial.hpp"

namespace btrack::rig {

struct Honesty {
  std::string name;  ///< a source, or a group of waveforms
  std::uint64_t scenarios = 0;
  std::uint64_t refused = 0;
  std::uint64_t bounded = 0;        ///< flagged `aliasing`: a physical bound instead of 95 %
  std::uint64_t outside_bound = 0;  ///< of those, the truth is not within the bound
  std::uint64_t contained = 0;      ///< of those with a stated 95 % interval
  std::uint64_t silent_errors = 0;  ///< more than 3 U off, nothing said
  double half_width_sum = 0.0;      ///< of the stated intervals, as a share of the value

  [[nodiscard]] std::uint64_t stated() const { return scenarios - refused - bounded; }
  [[nodiscard]] double share() const;
  [[nodiscard]] double mean_half_width() const;
};

struct HonestyReport {
  Honesty all;
  std::vector<Honesty> by_source;
  std::vector<Honesty> by_length;  ///< region in update periods: "0.1-2", "2-20", "20-100", "> 100"
  std::vector<Honesty> by_load;
};

using Progress = std::function<void(double done)>;  ///< share, 0 to 1; may be empty

/// Scenario `number` of `seed`; the same for ever.
struct Scenario {
  Trial trial;
  std::size_t source = 0;
  std::size_t load = 0;
};
Scenario random_scenario(std::uint64_t seed, std::uint64_t number);

HonestyReport interval_honesty(std::uint64_t seed, std::uint64_t scenarios,
                               const Progress& progress = {});

struct CounterCases {
  std::uint64_t cases = 0;
  std::uint64_t wraps = 0;
  std::uint64_t resets = 0;
  std::uint64_t gaps = 0;        ///< unread for longer than a wrap takes
  std::uint64_t undetected = 0;  ///< wrong energy, and no fault listed
  /// A counter that restarts and passes, unread, the value it had, or that was about to wrap:
  /// its readings are those of a counter that did not restart.
  std::uint64_t indistinguishable = 0;
};
/// Random 32-bit and 64-bit counters, read at random intervals up to 20 minutes.
CounterCases counter_cases(std::uint64_t seed, std::uint64_t cases, const Progress& progress = {});

}  // namespace btrack::rig
