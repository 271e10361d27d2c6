// SPDX-License-Identifier: Apache-2.0
// The raw record of a run: every channel's description and every reading, in time order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// All clocks of the system at one instant, nanoseconds: they drift apart when the machine sleeps
/// (BOOTTIME runs on) or somebody sets the time (REALTIME jumps).
struct ClockMark {
  SteadyTime monotonic{};
  std::int64_t raw_ns = 0;
  std::int64_t realtime_ns = 0;
  std::int64_t boottime_ns = 0;
};
ClockMark clock_mark();

struct PowerTrace {
  std::vector<Channel> channels;
  std::vector<Reading> readings;
  std::uint64_t lost = 0;         ///< readings that found the ring full
  std::vector<ClockMark> clocks;  ///< at the begin, every 10 s, at the end
};

/// Stretches between neighbouring clock marks in which the machine slept: no counter of that time
/// can be trusted.
std::vector<Window> suspensions(std::span<const ClockMark> marks);
/// Stretches in which REALTIME was set: wall-clock stamps of devices are off there.
std::vector<Window> clock_steps(std::span<const ClockMark> marks);

/// Mean power between neighbouring counter updates (or gauge values), for plots.
struct PowerPoint {
  SteadyTime time{};
  Watts power{};
};
std::vector<PowerPoint> power_series(const PowerTrace& trace, std::uint32_t channel);

}  // namespace btrack::power
