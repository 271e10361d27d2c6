// SPDX-License-Identifier: Apache-2.0
// The raw record of a run: every channel's description and every reading, in time order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "btrack/power/sensor.hpp"

namespace btrack::power {

struct PowerTrace {
  std::vector<Channel> channels;
  std::vector<Reading> readings;
  std::uint64_t lost = 0;  ///< readings that found the ring full
};

/// Mean power between neighbouring counter updates (or gauge values), for plots.
struct PowerPoint {
  SteadyTime time{};
  Watts power{};
};
std::vector<PowerPoint> power_series(const PowerTrace& trace, std::uint32_t channel);

}  // namespace btrack::power
