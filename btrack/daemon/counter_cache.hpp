// SPDX-License-Identifier: Apache-2.0
// Root's counters, read no more often than they tick, for everybody who asks.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "btrack/power/probe.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::daemon {

struct CacheOptions {
  /// No value is renewed more often than this, nor than its counter's own update period: who sees a
  /// counter's single ticks can observe other users' computations (PLATYPUS, CVE-2020-8694).
  Seconds resolution{0};
  bool fine = false;  ///< an administrator's word: every question reads the counter
};

/// The last readings of some sensors. A question within a tick gets the same reading again, with
/// the time stamp of the read.
class CounterCache {
 public:
  CounterCache(std::vector<std::unique_ptr<power::Sensor>> sensors, CacheOptions options,
               const Clock& clock);

  [[nodiscard]] std::span<const power::Channel> channels() const { return channels_; }
  /// One for each channel, in order; valid until the next call. Never allocates.
  std::span<const power::Reading> readings();

 private:
  struct Entry {
    std::unique_ptr<power::Sensor> sensor;
    std::size_t first = 0;  ///< of its channels, in `channels_`
    std::chrono::nanoseconds tick{};
    SteadyTime read{};
    bool ever = false;
  };
  void renew(Entry& entry);

  std::vector<Entry> entries_;
  std::vector<power::Channel> channels_;
  std::vector<power::Reading> readings_;
  const Clock& clock_;
};

/// The sensors of the drivers whose counters Linux gives to root only: powercap, or the registers
/// where there is no powercap. An Error says why there are none.
Result<std::vector<std::unique_ptr<power::Sensor>>> closed_sensors(
    const power::ProbeContext& context);

}  // namespace btrack::daemon
