// SPDX-License-Identifier: Apache-2.0
// What a short trial of every channel shows: does it answer, does it move, is it possible?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "btrack/core/quantity.hpp"
#include "btrack/power/trace.hpp"

namespace btrack::power {

/// The trial of one channel. `doubts` are words for programs, the flags of energy figures
/// (docs/method.md) among them: "failed-readings", "refused-readings", "not-renewed".
struct ChannelHealth {
  std::string id;
  std::uint64_t readings = 0;  ///< all, the good and the others
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;        ///< values that the channel cannot have
  std::optional<Seconds> renewed;   ///< mean time between two new values; nothing: it stood still
  std::optional<Watts> power;       ///< mean over the trial, where the figure is not missing
  std::vector<std::string> doubts;  ///< empty: nothing was found
};

/// One for each channel of the trace, over all its readings. A gauge that stands still may be right
/// (an idle fan); a counter that does while it was read over three of its periods is in doubt.
std::vector<ChannelHealth> examine(const PowerTrace& trace);

}  // namespace btrack::power
