// SPDX-License-Identifier: Apache-2.0
// The families of faults that sensors are known for (measurement.md 5 (h)), as a table of trials.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "btrack/rig/trial.hpp"

namespace btrack::rig {

enum class Expectation {
  corrected,  ///< the true energy is in the interval all the same
  flagged,    ///< or something is said: refused, grade F, a flag
};

struct FaultCase {
  int family = 0;  ///< 1 to 18
  std::string_view name;
  Expectation expectation = Expectation::corrected;
  Trial (*make)(Dice& dice);
};
/// Faults of single sensors. Families that are about several sensors (8, 9: what is inside what,
/// partial access, virtual machines) are the topologies.
std::span<const FaultCase> fault_cases();

struct FaultResult {
  const FaultCase* fault = nullptr;
  int trials = 0;
  int contained = 0;
  int flagged = 0;           ///< not contained, and something was said
  int silent = 0;            ///< not contained, nothing said
  int silent_errors = 0;     ///< of these, more than 3 U off
  double worst_error = 0.0;  ///< relative, of those that were not refused

  /// Corrected: the stated 95 % and no silent error; flagged: nothing silent at all.
  [[nodiscard]] bool passed() const;
};
/// Each case at `trials` random phases.
std::vector<FaultResult> run_faults(std::uint64_t seed, int trials);

}  // namespace btrack::rig
