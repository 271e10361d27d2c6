// SPDX-License-Identifier: Apache-2.0
// Integer differences, wrap against reset, glitches and gaps.
#include "btrack/power/track.hpp"

#include <algorithm>
#include <cmath>

#include "btrack/power/nodes.hpp"

namespace btrack::power {
namespace {

using std::chrono::nanoseconds;

double seconds(nanoseconds t) { return Seconds(t).count(); }

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

std::string_view fault_flag(Fault fault) {
  switch (fault) {
    case Fault::wrapped:
      return "wrapped";
    case Fault::reset:
      return "reset";
    case Fault::gap:
      return "gap";
    case Fault::unread:
      return "unread";
    case Fault::implausible:
      return "implausible";
    case Fault::glitch:
      return "glitch";
    case Fault::frozen:
      return "frozen";
    case Fault::failed:
      return "failed-readings";
    case Fault::refused:
      return "refused-readings";
    case Fault::interpolated:
      break;
  }
  return "interpolated";
}

TrackBuilder::TrackBuilder(const Channel& channel)
    : channel_(channel), period_(std::chrono::duration_cast<nanoseconds>(channel.update_period)) {}

void TrackBuilder::add(const Reading& reading) {
  const bool counter = channel_.kind == ChannelKind::energy_counter;
  const bool beyond = counter && channel_.modulus != 0 && reading.count >= channel_.modulus;
  const bool impossible = !counter && joules(reading.count) > channel_.power_limit.value();
  if ((reading.flags & reading_flags::failed) != 0) {
    track_.faults.push_back({Fault::failed, reading.time, reading.time});
    return;
  }
  if ((reading.flags & reading_flags::refused) != 0 || beyond || impossible) {
    track_.faults.push_back({Fault::refused, reading.time, reading.time});
    return;
  }
  if (last_ && reading.time <= last_->time) return;  // no time passed: nothing to learn
  if (counter) {
    add_counter(reading);
  } else {
    add_gauge(reading);
  }
}

/// A reading that no energy explains is held back: if the next one follows from the last good one,
/// it was a glitch, and if the next one follows from it, the counter did jump.
void TrackBuilder::add_counter(const Reading& reading) {
  if (!last_ || (follows(*last_, reading) && !held_)) return accept(reading);
  if (!held_) {
    held_ = reading;
    return;
  }
  if (reading.time <= held_->time) return;
  if (follows(*last_, reading)) {
    add_fault(Fault::glitch, held_->time, 0.0, 0.0);
    held_.reset();
    return accept(reading);
  }
  const Reading jumped = *held_;
  held_ = reading;
  if (!follows(jumped, reading)) return add_fault(Fault::glitch, jumped.time, 0.0, 0.0);
  held_.reset();
  accept_jump(jumped);
  accept(reading);
}

/// What the power limit allows between two readings. Both may show an update of one period before,
/// hence two periods more.
double TrackBuilder::most_j(SteadyTime from, SteadyTime to) const {
  return channel_.power_limit.value() * seconds(to - from + 2 * period_) + channel_.si_per_count;
}

bool TrackBuilder::follows(const Reading& from, const Reading& to) const {
  const auto delta = counter_difference(from.count, to.count, channel_.modulus);
  return joules(delta) <= most_j(from.time, to.time);
}

void TrackBuilder::accept(const Reading& reading) {
  if (!last_) return grow(reading, 0);
  const std::uint64_t delta = counter_difference(last_->count, reading.count, channel_.modulus);
  if (reading.count < last_->count) undo_wrap(reading, delta);
  const double most = most_j(last_->time, reading.time);
  const double range_j = joules(channel_.modulus);
  const double more_wraps =
      channel_.modulus == 0 ? 0.0 : std::floor((most - joules(delta)) / range_j);
  if (more_wraps >= 1.0) {
    add_fault(Fault::gap, reading.time, 0.0, more_wraps * range_j);
  } else if (reading.time - last_->time > guard_interval(channel_)) {
    add_fault(Fault::unread, reading.time, 0.0, 0.0);
  }
  grow(reading, delta);
}

/// A counter that is near its range and restarts looks like one that wraps. The doubt is by how
/// much the wrap's energy differs from what the power before it suggests.
void TrackBuilder::undo_wrap(const Reading& reading, std::uint64_t delta) {
  const auto [lowest_w, highest_w] = recent_powers();
  const double gap_s = seconds(reading.time - last_->time);
  // What it may differ by once more; a few powers say little about their range.
  constexpr std::size_t kFew = 8;
  const double least_w = updates_.size() < kFew ? 0.5 * highest_w : 0.0;
  const double range_w = std::max(highest_w - lowest_w, least_w);
  const bool known = updates_.size() > 1;
  const double low_j = known ? joules(delta) - (lowest_w - range_w) * gap_s : 0.0;
  const double high_j = known ? (highest_w + range_w) * gap_s - joules(delta) : 0.0;
  add_fault(Fault::wrapped, reading.time, std::clamp(low_j, 0.0, joules(delta)),
            std::max(0.0, high_j));
}

/// The counter went where no energy explains it: after a restart, what it shows is known to have
/// come since; the rest is between nothing and what the power limit allows.
void TrackBuilder::accept_jump(const Reading& reading) {
  const double most = most_j(last_->time, reading.time);
  const bool backwards = reading.count < last_->count;
  const bool restarted = backwards && joules(reading.count) <= most;
  const std::uint64_t known = restarted ? reading.count : 0;
  add_fault(backwards ? Fault::reset : Fault::implausible, reading.time, joules(known),
            most - joules(known));
  grow(reading, known);
}

/// Lowest and highest mean power between the last updates, for comparison only.
std::pair<double, double> TrackBuilder::recent_powers() const {
  constexpr std::size_t kBack = 8;
  std::pair<double, double> range{};
  const std::size_t oldest = updates_.size() - std::min(kBack, updates_.size());
  for (std::size_t i = oldest + 1; i < updates_.size(); ++i) {
    const Update& now = updates_[i];
    const double watts = joules(now.growth) / seconds(now.seen - updates_[i - 1].seen);
    const bool first = i == oldest + 1;
    range.first = first ? watts : std::min(range.first, watts);
    range.second = first ? watts : std::max(range.second, watts);
  }
  return range;
}

void TrackBuilder::grow(const Reading& reading, std::uint64_t delta) {
  const bool stamped = (reading.flags & reading_flags::stamped) != 0;
  if (updates_.empty()) {
    updates_.push_back({reading.time, reading.time, reading.time, 0, 0, stamped});
  } else if (delta == 0 && !stamped) {
    updates_.back().last = reading.time;  // a stale repeat, or a domain that rests
  } else {
    const std::uint64_t total = updates_.back().count + delta;
    updates_.push_back({last_->time, reading.time, reading.time, total, delta, stamped});
  }
  if (track_.readings == 0) track_.first_read = reading.time;
  track_.last_read = reading.time;
  ++track_.readings;
  last_ = reading;
}

/// A gauge's value that comes again within a period is a stale repeat; after a period, a new one.
void TrackBuilder::add_gauge(const Reading& reading) {
  const bool stamped = (reading.flags & reading_flags::stamped) != 0;
  const bool same = last_ && reading.count == last_->count;
  if (!last_) {
    updates_.push_back({reading.time, reading.time, reading.time, reading.count, 0, stamped});
  } else if (same && !stamped && reading.time - updates_.back().seen < period_) {
    updates_.back().last = reading.time;
  } else {
    const auto growth = same ? 0 : std::max(reading.count, last_->count);
    updates_.push_back(
        {last_->time, reading.time, reading.time, reading.count, growth, stamped, same});
  }
  if (track_.readings == 0) track_.first_read = reading.time;
  track_.last_read = reading.time;
  ++track_.readings;
  last_ = reading;
}

void TrackBuilder::add_fault(Fault fault, SteadyTime end, double low_j, double high_j) {
  track_.faults.push_back({fault, last_->time, end, low_j, high_j});
}

Track TrackBuilder::finish() && {
  if (held_) accept_jump(*held_);
  if (channel_.kind == ChannelKind::power_gauge) {
    place_gauge(channel_, updates_, track_);
  } else {
    place_counter(channel_, updates_, track_);
  }
  std::ranges::stable_sort(track_.faults, {}, &FaultSpan::begin);
  return std::move(track_);
}

}  // namespace btrack::power
