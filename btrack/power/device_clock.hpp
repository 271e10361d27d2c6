// SPDX-License-Identifier: Apache-2.0
// Time stamps of another clock (a device's, or the wall clock) as instants of CLOCK_MONOTONIC.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "btrack/core/clock.hpp"

namespace btrack::power {

/// Keeps the interval that holds the offset between the two clocks: each stamp that is known to lie
/// between two instants of the host narrows it, the clocks' drift widens it with time. The upper
/// end is thus the filter of the smallest delay. Stamps that contradict it by more than that mean
/// that the other clock was set. Never allocates.
class DeviceClock {
 public:
  /// `drift`: by how much one clock may run fast against the other, 50e-6 for crystals that nobody
  /// steers; 0 for clocks of the same host.
  explicit DeviceClock(double drift = 0.0) : drift_(drift) {}

  /// The other clock showed `stamp_ns` at some instant from `earliest` to `latest`: the two ends of
  /// a read of that clock; or, for the stamp of a value, `latest` the end of its read and
  /// `earliest` the begin of its read less the longest time that a value stands.
  void observe(std::int64_t stamp_ns, SteadyTime earliest, SteadyTime latest);

  struct Instant {
    SteadyTime time{};
    std::chrono::nanoseconds half{};  ///< the stamp was taken within time +- half
  };
  /// Nothing before the first observation.
  [[nodiscard]] std::optional<Instant> at(std::int64_t stamp_ns) const;
  /// How often the other clock was set so far: stamps from before cannot be compared with later
  /// ones.
  [[nodiscard]] std::uint32_t steps() const { return steps_; }

 private:
  double drift_;
  bool known_ = false;
  std::int64_t low_ = 0;  // bounds of host - other, nanoseconds, as of `seen_`
  std::int64_t high_ = 0;
  SteadyTime seen_{};
  std::uint32_t steps_ = 0;
};

/// Observes the system's wall clock (CLOCK_REALTIME), which NVML and many BMCs stamp with.
void observe_wall(DeviceClock& wall, const Clock& host);

}  // namespace btrack::power
