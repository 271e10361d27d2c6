// SPDX-License-Identifier: Apache-2.0
// The interval of an offset, narrowed by observations and widened by drift.
#include "btrack/power/device_clock.hpp"

#include <algorithm>
#include <cmath>

namespace btrack::power {

void DeviceClock::observe(std::int64_t stamp_ns, SteadyTime earliest, SteadyTime latest) {
  const std::int64_t low = to_ns(earliest) - stamp_ns;
  const std::int64_t high = to_ns(latest) - stamp_ns;
  if (high < low) return;
  if (known_) {
    const auto age = static_cast<double>((latest - seen_).count());
    const std::int64_t widened = std::llround(std::max(0.0, age) * drift_);
    const std::int64_t both_low = std::max(low, low_ - widened);
    const std::int64_t both_high = std::min(high, high_ + widened);
    // Clocks that are read one after the other may differ by their resolution.
    constexpr std::int64_t kResolution = 2'000;
    if (both_low <= both_high + kResolution) {
      low_ = std::min(both_low, both_high);
      high_ = std::max(both_low, both_high);
      seen_ = latest;
      return;
    }
    ++steps_;
  }
  known_ = true;
  low_ = low;
  high_ = high;
  seen_ = latest;
}

std::optional<DeviceClock::Instant> DeviceClock::at(std::int64_t stamp_ns) const {
  if (!known_) return std::nullopt;
  const std::int64_t half = (high_ - low_ + 1) / 2;
  return Instant{steady_from_ns(stamp_ns + low_ + (high_ - low_) / 2),
                 std::chrono::nanoseconds(half)};
}

void observe_wall(DeviceClock& wall, const Clock& host) {
  const SteadyTime before = host.now();
  const auto shown =
      std::chrono::duration_cast<std::chrono::nanoseconds>(host.wall().time_since_epoch());
  wall.observe(shown.count(), before, host.now());
}

}  // namespace btrack::power
