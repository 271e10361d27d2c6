// SPDX-License-Identifier: Apache-2.0
// A sensor on virtual hardware: it shows a known true power as real counters and gauges would, with
// their ticks, windows, units and faults.
#pragma once

#include <limits>
#include <memory>

#include "btrack/power/sensor.hpp"
#include "btrack/rig/virtual_clock.hpp"
#include "btrack/rig/waveform.hpp"

namespace btrack::rig {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// How the hardware behaves, which need not be what its channel says. Seconds unless named.
struct Hardware {
  double period_s = 0.001;  ///< between updates
  double jitter = 0.0;      ///< of an update, as a share of the period (below 0.5)
  double phase_s = 0.0003;  ///< of the first update
  double drift = 0.0;       ///< the device's own clock: period * (1 + drift)
  double window_s = 0.0;    ///< what an update covers, back from it; 0: since the last one
  double average_s = 0.0;   ///< a gauge that shows the mean of so long; 0: of its window
  double rise_s = 0.0;      ///< time constant of an RC low pass before the gauge
  double latency_s = 0.0;   ///< from the update to where a read can see it
  double unit = 0.0;        ///< joules or watts of one count; 0: as the channel says
  double gain = 1.0;        ///< shown = gain * true + offset
  double offset_w = 0.0;
  double filter = 0.0;      ///< energy filtering: noise of an update, as a share of its energy
  std::uint64_t start = 0;  ///< the counter at virtual second 0
  double read_s = 1.1e-6;   ///< how long a read takes
  double torn_s = 0.0;      ///< how long after an update its low half is new and its high half old
  double perf_timer_s = 0.0;  ///< signed 32-bit differences of perf, updated at reads and every ...
  double lost_per_read_s = 0.0;  ///< energy that each read takes from the counter (Dauner 2026)
};

/// What goes wrong, and when.
struct Fault {
  double frozen_from_s = kNever;  ///< the value stays
  double frozen_to_s = kNever;
  double reset_at_s = kNever;     ///< the counter restarts at 0
  double failed_from_s = kNever;  ///< reads fail: unplugged, permission lost, EIO
  double failed_to_s = kNever;
  std::uint64_t failed_each = 0;    ///< every n-th read fails
  std::uint64_t sentinel_each = 0;  ///< every n-th read gives `sentinel`
  std::uint64_t sentinel = 0;
  double suspend_at_s = kNever;  ///< the monotonic clock stands while the hardware runs on
  double suspend_s = 0.0;
  double slow_from_s = kNever;  ///< reads take `slow_read_s` from here
  double slow_read_s = 0.0;
  bool stamped = false;      ///< readings carry the device's own time
  double stamp_lag_s = 0.0;  ///< by which that time is early
};

class VirtualSensor final : public power::Sensor {
 public:
  /// One channel. The clock and the waveform must outlive the sensor.
  VirtualSensor(power::Channel channel, Hardware hardware, Fault fault, const Waveform* truth,
                VirtualClock* clock);

  [[nodiscard]] std::span<const power::Channel> channels() const override { return {&channel_, 1}; }
  /// Moves the virtual clock on by what a read costs.
  Result<void> read(std::span<power::Reading> out) override;

 private:
  [[nodiscard]] double tick(std::int64_t k) const;
  [[nodiscard]] std::int64_t tick_before(double t) const;
  double energy_at(std::int64_t k);
  std::uint64_t counter_at(std::int64_t k);
  std::uint64_t gauge_at(std::int64_t k);
  std::uint64_t value_at(double t);
  std::uint64_t perf_value(double t);

  power::Channel channel_;
  Hardware hardware_;
  Fault fault_;
  const Waveform& truth_;
  VirtualClock& clock_;
  double unit_;
  std::uint64_t reads_ = 0;
  double last_read_s_ = 0.0;
  double lost_j_ = 0.0;
  std::int64_t summed_to_ = -1;  // tick up to which part-time energy or the low pass was followed
  double sum_ = 0.0;
  std::uint32_t perf_last_ = 0;
  double perf_next_s_ = 0.0;
  std::uint64_t perf_count_ = 0;
  bool perf_begun_ = false;
};

}  // namespace btrack::rig
