// SPDX-License-Identifier: Apache-2.0
// Integer differences, wrap against reset, gaps, and gauges turned into energy.
#include "btrack/power/track.hpp"

#include <algorithm>
#include <cmath>

namespace btrack::power {
namespace {

using std::chrono::nanoseconds;

constexpr double kGaugeUnit = 1e-9;  // a gauge's energy is kept in whole nanojoules

nanoseconds to_nanoseconds(Seconds s) { return std::chrono::duration_cast<nanoseconds>(s); }

double seconds(nanoseconds t) { return Seconds(t).count(); }

nanoseconds median_spacing(const std::vector<Reading>& readings) {
  std::vector<nanoseconds> spacing;
  for (std::size_t i = 1; i < readings.size(); ++i) {
    spacing.push_back(readings[i].time - readings[i - 1].time);
  }
  if (spacing.empty()) return {};
  const auto middle = spacing.begin() + static_cast<std::ptrdiff_t>(spacing.size() / 2);
  std::nth_element(spacing.begin(), middle, spacing.end());
  return *middle;
}

}  // namespace

std::uint64_t counter_difference(std::uint64_t old_count, std::uint64_t new_count,
                                 std::uint64_t modulus) {
  if (modulus == 0 || new_count >= old_count) return new_count - old_count;
  return new_count + (modulus - old_count);
}

Seconds guard_interval(const Channel& channel) {
  constexpr double kLongest = 10.0;
  if (channel.kind == ChannelKind::power_gauge || channel.modulus == 0) return Seconds(kLongest);
  const double range_j = static_cast<double>(channel.modulus) * channel.si_per_count;
  return Seconds(std::min(kLongest, 0.2 * range_j / channel.power_limit.value()));
}

TrackBuilder::TrackBuilder(const Channel& channel)
    : channel_(channel), period_(to_nanoseconds(channel.update_period)) {
  const bool gauge = channel.kind == ChannelKind::power_gauge;
  track_.joules_per_count = gauge ? kGaugeUnit : channel.si_per_count;
}

void TrackBuilder::add(const Reading& reading) {
  const bool first = track_.readings == 0;
  const bool beyond = channel_.modulus != 0 && reading.count >= channel_.modulus;
  constexpr auto kUseless = reading_flags::failed | reading_flags::refused;
  if ((reading.flags & kUseless) != 0 || beyond) {
    track_.faults.push_back({Fault::failed, reading.time, reading.time});
    return;
  }
  if (!first && reading.time <= track_.last_read) return;  // no time passed: nothing to learn
  if (first) track_.first_read = reading.time;
  if (channel_.kind == ChannelKind::power_gauge) {
    gauge_.push_back(reading);
  } else {
    add_counter(reading);
  }
  track_.last_read = reading.time;
  ++track_.readings;
}

/// The update lies between the last reading that did not show it (or one period back) and the first
/// that does: its middle is taken, half its length is the doubt.
void TrackBuilder::add_node(SteadyTime seen, std::uint64_t count, double variance) {
  nanoseconds age = period_;
  if (!track_.nodes.empty()) age = std::min(age, seen - track_.last_read);
  track_.nodes.push_back({seen - age / 2, age / 2, count, variance});
}

void TrackBuilder::add_fault(Fault fault, SteadyTime end, double low_j, double high_j) {
  track_.faults.push_back({fault, track_.last_read, end, low_j, high_j});
}

void TrackBuilder::add_counter(const Reading& reading) {
  if (track_.nodes.empty()) {
    add_node(reading.time, 0);
  } else if (reading.count == last_count_) {
    return;  // a stale repeat, or a domain that rests
  } else {
    const std::uint64_t delta = advance(reading);
    const std::uint64_t total = track_.nodes.back().count;
    // After a rest, the energy came since the last stale repeat, not evenly since the last update.
    constexpr std::uint64_t kFewCounts = 8;
    if (delta > kFewCounts && track_.last_read - last_change_ > 2 * period_) {
      track_.nodes.push_back({track_.last_read - period_ / 2, period_ / 2, total});
    }
    add_node(reading.time, total + delta);
  }
  last_count_ = reading.count;
  last_change_ = reading.time;
}

/// Counts from the last reading to this one; lists a wrap, a reset, an ambiguous gap.
std::uint64_t TrackBuilder::advance(const Reading& reading) {
  const double unit = channel_.si_per_count;
  // Both readings may show an update of one period before, hence two periods more.
  const double most_j =
      channel_.power_limit.value() * seconds(reading.time - track_.last_read + 2 * period_) + unit;
  const auto joules = [&](std::uint64_t counts) { return static_cast<double>(counts) * unit; };

  const bool backwards = reading.count < last_count_;
  const std::uint64_t delta = counter_difference(last_count_, reading.count, channel_.modulus);
  if (joules(delta) > most_j) {
    const bool restarted = backwards && joules(reading.count) <= most_j;
    const std::uint64_t known = restarted ? reading.count : 0;
    add_fault(backwards ? Fault::reset : Fault::implausible, reading.time, joules(known),
              most_j - joules(known));
    return known;
  }
  if (backwards) add_fault(Fault::wrapped, reading.time, 0.0, 0.0);
  if (channel_.modulus != 0) {
    const double range_j = joules(channel_.modulus);
    const double more_wraps = std::floor((most_j - joules(delta)) / range_j);
    if (more_wraps >= 1.0) add_fault(Fault::gap, reading.time, 0.0, more_wraps * range_j);
  }
  return delta;
}

/// A value stands for the mean over the update period before it was renewed; what lies between two
/// such periods is interpolated, and its doubt is that of a uniform value between the neighbours.
void TrackBuilder::integrate_gauge() {
  const nanoseconds usual = std::max(2 * period_, 3 * median_spacing(gauge_));
  double joules = 0.0;
  double variance = 0.0;
  double last_watts = 0.0;
  for (std::size_t i = 0; i < gauge_.size(); ++i) {
    const Reading& reading = gauge_[i];
    const double watts = static_cast<double>(reading.count) * channel_.si_per_count;
    const bool first = track_.nodes.empty();
    if (!first) {
      track_.last_read = gauge_[i - 1].time;
      const bool stale = reading.count == last_count_ && reading.time - last_change_ < period_;
      if (stale) continue;
    }
    add_node(reading.time, 0);
    Node& node = track_.nodes.back();
    if (!first) {
      const Node& before = track_.nodes[track_.nodes.size() - 2];
      const nanoseconds length = node.time - before.time;
      const nanoseconds gap = std::max(nanoseconds(0), length - period_ * 3 / 2);
      joules += watts * seconds(length - gap) + 0.5 * (watts + last_watts) * seconds(gap);
      variance += std::pow((watts - last_watts) * seconds(gap), 2) / 12.0;
      if (length > usual) track_.faults.push_back({Fault::interpolated, before.time, node.time});
    }
    node.count = static_cast<std::uint64_t>(std::llround(joules / kGaugeUnit));
    node.variance = variance;
    last_watts = watts;
    last_count_ = reading.count;
    last_change_ = reading.time;
  }
  if (!gauge_.empty()) track_.last_read = gauge_.back().time;
  std::ranges::stable_sort(track_.faults, {}, &FaultSpan::begin);
}

Track TrackBuilder::finish() && {
  if (channel_.kind == ChannelKind::power_gauge) integrate_gauge();
  return std::move(track_);
}

}  // namespace btrack::power
