// SPDX-License-Identifier: Apache-2.0
// Gauges as windows: what each value is the mean of, and what lies between two such windows.
#include <algorithm>
#include <cmath>
#include <optional>

#include "btrack/power/nodes.hpp"

namespace btrack::power {
namespace {

using std::chrono::nanoseconds;

constexpr double kUnit = 1e-9;  // a gauge's energy is kept in whole nanojoules

nanoseconds to_nanoseconds(Seconds s) { return std::chrono::duration_cast<nanoseconds>(s); }
double seconds(nanoseconds t) { return Seconds(t).count(); }

/// The spacing within which half of the time lies: bursts of readings do not count for more.
nanoseconds usual_spacing(const std::vector<Update>& updates) {
  std::vector<nanoseconds> spacing;
  nanoseconds all{};
  for (std::size_t i = 1; i < updates.size(); ++i) {
    spacing.push_back(updates[i].seen - updates[i - 1].seen);
    all += spacing.back();
  }
  std::ranges::sort(spacing);
  nanoseconds sum{};
  for (const nanoseconds s : spacing) {
    sum += s;
    if (2 * sum >= all) return s;
  }
  return {};
}

/// Grows a track by windows in time order.
class Reconstruction {
 public:
  Reconstruction(const Channel& channel, Track& track, nanoseconds usual)
      : unit_(channel.si_per_count), track_(track), usual_(usual) {}

  /// The mean over [end - length, end] was `value`; `half`: how far the end may be off.
  void add(SteadyTime end, nanoseconds length, nanoseconds half, std::uint64_t value) {
    const double watts = static_cast<double>(value) * unit_;
    SteadyTime begin = end - length;
    if (!track_.nodes.empty()) {
      const Node before = track_.nodes.back();
      if (end <= before.time) return;
      begin = std::max(begin, before.time);
      const nanoseconds gap = begin - before.time;
      if (gap > nanoseconds(0)) bridge(begin, half, watts);
      if (end - before.time > usual_) {
        track_.faults.push_back({Fault::interpolated, before.time, begin});
      }
    } else {
      push(begin, half);
    }
    joules_ += watts * seconds(end - begin);
    covered_ += end - begin;
    push(end, half);
    last_watts_ = watts;
  }

 private:
  /// Linear from value to value; the doubt is that of a uniform power between the two.
  void bridge(SteadyTime to, nanoseconds half, double watts) {
    const double gap_s = seconds(to - track_.nodes.back().time);
    joules_ += 0.5 * (watts + last_watts_) * gap_s;
    variance_ += std::pow((watts - last_watts_) * gap_s, 2) / 12.0;
    push(to, half);
  }

  void push(SteadyTime time, nanoseconds half) {
    const auto count = static_cast<std::uint64_t>(std::llround(joules_ / kUnit));
    track_.nodes.push_back({time, half, count, variance_, Seconds(covered_)});
  }

  double unit_;
  Track& track_;
  nanoseconds usual_;
  double joules_ = 0.0;
  double variance_ = 0.0;
  double last_watts_ = 0.0;
  nanoseconds covered_{};
};

/// What runs draws something: 0 W between two other values is a sensor that had none to give.
bool shows_nothing(const std::vector<Update>& updates, std::size_t i, Domain domain) {
  const bool device = domain == Domain::package || domain == Domain::gpu ||
                      domain == Domain::gpu_card || domain == Domain::module;
  const bool between = i > 0 && i + 1 < updates.size();
  return device && between && updates[i].count == 0 && updates[i - 1].count > 0 &&
         updates[i + 1].count > 0;
}

/// Which of the hardware's renewals a reading showed.
class Renewals {
 public:
  Renewals(const TickLock& lock, nanoseconds period) : lock_(lock), period_(period) {}

  /// The renewal behind an update; `before` is that of the update before it.
  [[nodiscard]] TickLock::Tick of(const Update& update,
                                  std::optional<TickLock::Tick> before) const {
    if (update.stamped || tight(update, lock_.period())) return instant_of(update, lock_);
    auto tick = lock_.last_before(update.seen);
    // Too close to a renewal when it was first read, it may be clear from when it was still shown.
    if (!tick) tick = lock_.last_before(update.last);
    if (!tick || tick->time > update.seen + period_ / 4) tick = shown_at(update.seen);
    if (!tick) {
      // A value that repeats was renewed unseen: whole periods after the update before.
      const auto periods = before ? (update.seen - before->time) / period_ : 0;
      const bool counted = update.assumed && periods > 0;
      return counted ? TickLock::Tick{before->time + periods * period_, before->half}
                     : instant_of(update, lock_);
    }
    // Another value than before: another renewal, and one that the last reading did not see yet.
    const bool same = before && tick->time < before->time + period_ / 2;
    const bool missed = update.before != update.seen && tick->time + period_ / 4 < update.before;
    if (!update.assumed && (same || missed) && tick->time + period_ * 3 / 4 <= update.seen) {
      tick->time += period_;
    }
    return *tick;
  }

  /// The last renewal at `t`. Too close to one to be certain, it is taken to be on the likelier
  /// side: a reading moved to the middle of its period would be off by half of one, among others
  /// that are not.
  [[nodiscard]] std::optional<TickLock::Tick> shown_at(SteadyTime t) const {
    if (const auto certain = lock_.last_before(t)) return certain;
    auto tick = lock_.last_before(t - period_ / 2);
    if (tick && t >= tick->time + period_) tick->time += period_;
    return tick;
  }

 private:
  const TickLock& lock_;
  nanoseconds period_;
};

}  // namespace

void place_gauge(const Channel& channel, const std::vector<Update>& updates, Track& track) {
  const TickLock lock(updates, channel.update_period);
  track.joules_per_count = kUnit;
  track.period = lock.period();
  track.locked = lock.locked();
  const nanoseconds period = to_nanoseconds(track.period);
  const nanoseconds window = to_nanoseconds(channel.window);
  // A mean over more than a period overlaps the next one: it is taken as the power in its middle,
  // and what that does to an edge is in the edge's doubt (energy.cpp).
  const bool overlaps = window > period + period / 20;
  const nanoseconds length = window == nanoseconds(0) || overlaps ? period : window;
  const nanoseconds back =
      to_nanoseconds(channel.latency) + (overlaps ? (window - period) / 2 : nanoseconds(0));
  const nanoseconds usual = std::max(2 * period, 3 * usual_spacing(updates));
  Reconstruction power(channel, track, usual);
  const Renewals renewals(lock, period);
  std::vector<TickLock::Tick> ticks;
  for (const Update& update : updates) {
    const auto before = ticks.empty() ? std::nullopt : std::optional(ticks.back());
    ticks.push_back(renewals.of(update, before));
    ticks.back().time = std::min(ticks.back().time, update.seen);
  }
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const Update& update = updates[i];
    if (shows_nothing(updates, i, channel.domain)) {
      track.faults.push_back({Fault::glitch, update.before, update.last});
      continue;
    }
    // Repeated just before the next renewal: still the value before, a little late.
    const bool stale = update.assumed && i + 1 < updates.size() && !updates[i + 1].assumed &&
                       ticks[i + 1].time - ticks[i].time < period / 2;
    if (stale) continue;
    power.add(ticks[i].time - back, length, ticks[i].half, update.count);
    // Still shown after later renewals, before the next one that was seen: they came to the same.
    const auto last = renewals.shown_at(update.last);
    if (!last || update.stamped) continue;
    SteadyTime end = last->time + period / 2;
    if (i + 1 < ticks.size()) end = std::min(end, ticks[i + 1].time - period / 2);
    for (SteadyTime t = ticks[i].time + period; t < end; t += period) {
      power.add(t - back, length, ticks[i].half, update.count);
    }
  }
}

}  // namespace btrack::power
