// SPDX-License-Identifier: Apache-2.0
// The virtual hardware: from true energy to the count that a read sees.
#include "btrack/rig/virtual_sensor.hpp"

#include <algorithm>
#include <cmath>

#include "btrack/rig/dice.hpp"

namespace btrack::rig {
namespace {

using power::ChannelKind;
using power::Reading;
namespace flags = power::reading_flags;

/// In [-1, 1), the same for the same tick.
double noise(std::int64_t k, std::uint64_t salt) {
  return 2.0 * unit_interval(scrambled(static_cast<std::uint64_t>(k) ^ (salt << 56U))) - 1.0;
}

std::uint64_t counts(double value) {
  return static_cast<std::uint64_t>(std::max(0.0, std::floor(value)));
}

}  // namespace

VirtualSensor::VirtualSensor(power::Channel channel, Hardware hardware, Fault fault,
                             const Waveform* truth, VirtualClock* clock)
    : channel_(std::move(channel)),
      hardware_(hardware),
      fault_(fault),
      truth_(*truth),
      clock_(*clock),
      unit_(hardware.unit > 0.0 ? hardware.unit : channel_.si_per_count),
      perf_next_s_(hardware.perf_timer_s) {}

double VirtualSensor::tick(std::int64_t k) const {
  const double period = hardware_.period_s * (1.0 + hardware_.drift);
  return hardware_.phase_s + period * (static_cast<double>(k) + hardware_.jitter * noise(k, 1));
}

std::int64_t VirtualSensor::tick_before(double t) const {
  const double period = hardware_.period_s * (1.0 + hardware_.drift);
  auto k = static_cast<std::int64_t>(std::floor((t - hardware_.phase_s) / period));
  while (tick(k + 1) <= t) ++k;
  while (tick(k) > t) --k;
  return k;
}

/// Energy that the counter has added up to tick `k`.
double VirtualSensor::energy_at(std::int64_t k) {
  const Hardware& h = hardware_;
  if (h.window_s <= 0.0 || h.window_s >= h.period_s) {
    return h.gain * truth_.joules(tick(k)) + h.offset_w * tick(k);
  }
  // A part of each period stands for all of it; followed from the first tick that was asked for.
  if (summed_to_ < 0) {
    summed_to_ = k;
    sum_ = truth_.joules(tick(k));
  }
  for (; summed_to_ < k; ++summed_to_) {
    const double end = tick(summed_to_ + 1);
    sum_ += truth_.joules(end - h.window_s, end) / h.window_s * (end - tick(summed_to_));
  }
  return h.gain * sum_ + h.offset_w * tick(k);
}

std::uint64_t VirtualSensor::counter_at(std::int64_t k) {
  double joules = energy_at(k);
  if (hardware_.filter > 0.0) {
    const double step = truth_.joules(tick(k - 1), tick(k));
    joules += 0.5 * hardware_.filter * step * noise(k, 2);
  }
  joules -= lost_j_;
  std::uint64_t start = hardware_.start;
  if (tick(k) >= fault_.reset_at_s) {
    joules -= hardware_.gain * truth_.joules(fault_.reset_at_s);
    start = 0;
  }
  const std::uint64_t shown = start + counts(joules / unit_);
  return channel_.modulus == 0 ? shown : shown % channel_.modulus;
}

std::uint64_t VirtualSensor::gauge_at(std::int64_t k) {
  const Hardware& h = hardware_;
  const double end = tick(k);
  const double covered = h.average_s > 0.0  ? h.average_s
                         : h.window_s > 0.0 ? h.window_s
                                            : end - tick(k - 1);
  double watts = truth_.joules(end - covered, end) / covered;
  if (h.rise_s > 0.0) {
    if (summed_to_ < 0) {
      summed_to_ = k - 64;
      sum_ = truth_.joules(tick(k - 65), tick(k - 64)) / h.period_s;
    }
    for (; summed_to_ < k; ++summed_to_) {
      const double length = tick(summed_to_ + 1) - tick(summed_to_);
      const double mean = truth_.joules(tick(summed_to_), tick(summed_to_ + 1)) / length;
      sum_ += (mean - sum_) * -std::expm1(-length / h.rise_s);
    }
    watts = sum_;
  }
  return counts((h.gain * watts + h.offset_w) / unit_ + 0.5);
}

std::uint64_t VirtualSensor::value_at(double t) {
  const double seen = std::min(t, t < fault_.frozen_to_s ? fault_.frozen_from_s : t);
  const double visible = seen - hardware_.latency_s;
  const std::int64_t k = tick_before(visible);
  if (channel_.kind == ChannelKind::power_gauge) return gauge_at(k);
  if (visible - tick(k) < hardware_.torn_s) {
    constexpr std::uint64_t kLow = 0xffff;  // the low half is written first
    const std::uint64_t before = counter_at(k - 1);
    return (before & ~kLow) | (counter_at(k) & kLow);
  }
  return counter_at(k);
}

/// rapl.c adds the difference of two 32-bit looks as a signed number.
std::uint64_t VirtualSensor::perf_value(double t) {
  const double units_per_count = channel_.si_per_count / 0x1.0p-14;
  const auto look = [&](double when) {
    const double joules = energy_at(tick_before(when));
    const auto raw = static_cast<std::uint32_t>(static_cast<std::uint64_t>(joules / 0x1.0p-14));
    const auto signed_difference = static_cast<std::int32_t>(raw - perf_last_);
    if (perf_begun_) {
      perf_count_ += static_cast<std::uint64_t>(
          static_cast<std::int64_t>(static_cast<double>(signed_difference) / units_per_count));
    }
    perf_begun_ = true;
    perf_last_ = raw;
  };
  for (; perf_next_s_ < t; perf_next_s_ += hardware_.perf_timer_s) look(perf_next_s_);
  look(t);
  return perf_count_;
}

Result<void> VirtualSensor::read(std::span<Reading> out) {
  const double begin = clock_.seconds();
  const bool slow = begin >= fault_.slow_from_s;
  const double cost = slow ? fault_.slow_read_s : hardware_.read_s;
  const double middle = begin + cost / 2;
  clock_.advance(cost);
  ++reads_;
  Reading& reading = out[0];
  reading = {0, flags::ok, at(middle), 0};
  const bool closed = middle >= fault_.failed_from_s && middle < fault_.failed_to_s;
  if (closed || (fault_.failed_each > 0 && reads_ % fault_.failed_each == 0)) {
    reading.flags = flags::failed;
    return {};
  }
  const double real = middle >= fault_.suspend_at_s ? middle + fault_.suspend_s : middle;
  if (hardware_.lost_per_read_s > 0.0) {
    const double since = real - last_read_s_;
    const double lost = std::min(0.954 * since, hardware_.lost_per_read_s);
    if (since > 0.0) lost_j_ += truth_.joules(last_read_s_, real) / since * lost;
  }
  last_read_s_ = real;
  reading.count = hardware_.perf_timer_s > 0.0 ? perf_value(real) : value_at(real);
  if (fault_.sentinel_each > 0 && reads_ % fault_.sentinel_each == 0) {
    reading.count = fault_.sentinel;
  }
  if (fault_.stamped) {
    reading.flags |= flags::stamped;
    reading.time = at(tick(tick_before(real - hardware_.latency_s)) - fault_.stamp_lag_s);
  }
  return {};
}

}  // namespace btrack::rig
