// SPDX-License-Identifier: Apache-2.0
// The machine's own clocks.
#include "btrack/core/clock.hpp"

#include <fmt/chrono.h>

namespace btrack {

SteadyTime SystemClock::now() const { return std::chrono::steady_clock::now(); }

std::chrono::system_clock::time_point SystemClock::wall() const {
  return std::chrono::system_clock::now();
}

std::string utc_text(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace btrack
