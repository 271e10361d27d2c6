// SPDX-License-Identifier: Apache-2.0
// Tells values that a counter can have from those it cannot, without forgetting that it may
// restart.
#pragma once

#include <cstdint>
#include <limits>

#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// AMD's energy counter has shown impossible values (github.com/ROCm/amdsmi issue 38): one value
/// that cannot follow the last good one is refused. If the next can follow it, the counter has
/// restarted: it is taken from there, and the backward step is the track's to judge.
class CounterGuard {
 public:
  explicit CounterGuard(const Channel& channel)
      : counts_per_s_(channel.power_limit.value() / channel.si_per_count) {}

  [[nodiscard]] bool accept(SteadyTime time, std::uint64_t count) {
    if (count == std::numeric_limits<std::uint64_t>::max()) return false;  // "not available"
    if (!good_.known || follows(good_, time, count) ||
        (suspect_.known && follows(suspect_, time, count))) {
      good_ = {time, count, true};
      suspect_.known = false;
      return true;
    }
    suspect_ = {time, count, true};
    return false;
  }

 private:
  struct Seen {
    SteadyTime time{};
    std::uint64_t count = 0;
    bool known = false;
  };

  [[nodiscard]] bool follows(const Seen& seen, SteadyTime time, std::uint64_t count) const {
    constexpr double kStale = 0.1;  // seconds by which a value may lag behind its read
    const double most = counts_per_s_ * (Seconds(time - seen.time).count() + kStale);
    return count >= seen.count && static_cast<double>(count - seen.count) <= most;
  }

  double counts_per_s_;
  Seen good_;
  Seen suspect_;
};

}  // namespace btrack::power
