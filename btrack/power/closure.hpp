// SPDX-License-Identifier: Apache-2.0
// Closure checks: channels that contradict each other or physics, found after each measurement.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "btrack/power/energy.hpp"

namespace btrack::power {

/// What one channel's power did inside the window.
struct Activity {
  double lowest_w = 0.0;
  double highest_w = 0.0;
  bool constant = false;  ///< many readings, all of them equal
};

/// Channels whose figures cannot all be right; their grade is `at_best` or worse.
struct Contradiction {
  std::string flag;  ///< "parts-exceed-whole", "beyond-limit", "constant-under-load" ...
  std::vector<std::size_t> channels;
  Grade at_best = Grade::F;
  std::string note;
};

/// The checks of measurement.md 5 (b), over one report and one Activity per channel:
/// - a channel holds its parts: whole >= sum(parts) - 2 U (F);
/// - mean power is at most the channel's physical limit (F);
/// - a whole is not constant while one of its parts changes by more than a tenth of it (F);
/// - two readings of one counter agree within their edges and 0.5 % (D);
/// - memory of sockets whose packages work alike is not more than 10 times apart (D).
std::vector<Contradiction> find_contradictions(std::span<const Channel> channels,
                                               const EnergyReport& report, Window window,
                                               std::span<const Activity> activities);

/// Marks the figures with flag, note and grade; the total too where it contains one of them.
void mark_contradictions(const std::vector<Contradiction>& contradictions, EnergyReport& report);

}  // namespace btrack::power
