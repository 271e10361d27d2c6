// SPDX-License-Identifier: Apache-2.0
// Gauges as windows: what each value is the mean of, and what lies between two such windows.
#include <algorithm>
#include <cmath>

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
  TickLock::Tick tick;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    // A value that repeats was renewed unseen: whole periods after the update before.
    const auto periods = i > 0 ? (updates[i].seen - tick.time) / period : 0;
    const bool counted = updates[i].assumed && periods > 0;
    tick = counted ? TickLock::Tick{tick.time + periods * period, tick.half}
                   : instant_of(updates[i], lock);
    tick.time = std::min(tick.time, updates[i].seen);
    power.add(tick.time - back, length, tick.half, updates[i].count);
  }
}

}  // namespace btrack::power
