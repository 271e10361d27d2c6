// SPDX-License-Identifier: Apache-2.0
// Which instant is next: a regular round, an edge, or a poll of a burst.
#include "btrack/rig/virtual_sampler.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "btrack/rig/dice.hpp"

namespace btrack::rig {
namespace {

using power::EdgeState;
using power::PowerTrace;
using power::Reading;
using std::chrono::nanoseconds;

nanoseconds to_ns_duration(Seconds s) { return std::chrono::duration_cast<nanoseconds>(s); }

class Run {
 public:
  Run(VirtualSensor& sensor, VirtualClock& clock, const Schedule& schedule)
      : sensor_(sensor), clock_(clock), schedule_(schedule), dice_(schedule.seed) {
    const auto& channel = sensor.channels()[0];
    trace_.channels = {channel};
    state_.period = to_ns_duration(channel.update_period);
    state_.safe_period = to_ns_duration(channel.safe_period);
  }

  PowerTrace over(std::span<const Region> regions) && {
    std::vector<double> edges;
    for (const Region& region : regions) {
      edges.push_back(region.begin_s);
      edges.push_back(region.end_s);
    }
    const double end = edges.back() + schedule_.lead_in_s;
    clock_.advance_to(std::max(0.0, edges.front() - schedule_.lead_in_s));
    read();
    double regular = clock_.seconds() + schedule_.period_s;
    auto edge = edges.begin();
    while (regular <= end || edge != edges.end()) {
      const auto burst = schedule_.bursts && armed_
                             ? power::next_poll(schedule_.edges, state_, clock_.now())
                             : std::nullopt;
      if (!burst) armed_ = false;
      const double poll = burst ? seconds_of(*burst) : kNever;
      const double until_edge = edge == edges.end() ? kNever : *edge;
      if (until_edge <= std::min(poll, regular)) {
        at_edge(*edge++);
      } else if (poll < regular) {
        wake(poll);
        read();
      } else {
        wake(regular);
        read();
        const double late = std::max(0.0, clock_.seconds() - regular);
        regular += schedule_.period_s * (1.0 + std::floor(late / schedule_.period_s));
      }
    }
    return std::move(trace_);
  }

 private:
  /// The calling thread reads at once: the edge is just after the begin's read, before the end's.
  void at_edge(double when) {
    clock_.advance_to(when);
    read();
    state_.edge = at(when);
    state_.ticks_seen = 0;
    armed_ = true;
  }

  void wake(double when) {
    const bool sleeps = when - clock_.seconds() > 100e-6;
    clock_.advance_to(when);
    if (sleeps && schedule_.late) {
      clock_.advance(-157e-6 * std::log1p(-dice_.uniform()));
      if (dice_.chance(0.001)) clock_.advance(dice_.uniform(0.0, 11e-3));
    }
    if (schedule_.stall_each_s > 0.0 && clock_.seconds() > next_stall_) {
      next_stall_ = clock_.seconds() + schedule_.stall_each_s * dice_.uniform(0.5, 1.5);
      clock_.advance(schedule_.stall_s);
    }
  }

  void read() {
    const auto since = clock_.now() - last_time_;
    if (begun_ && since < state_.safe_period) return;
    Reading reading;
    const bool answered = sensor_.read({&reading, 1}).has_value();
    if (!answered) reading.flags = power::reading_flags::failed;
    if ((reading.flags & power::reading_flags::failed) == 0) {
      const auto between = reading.time - last_time_;
      if (begun_ && reading.count != last_count_ &&
          power::encloses_tick(schedule_.edges, state_, between)) {
        state_.tick = last_time_ + between / 2;
        if (armed_) ++state_.ticks_seen;
      }
      last_time_ = reading.time;
      last_count_ = reading.count;
      begun_ = true;
    }
    if (schedule_.lost_share > 0.0 && dice_.chance(schedule_.lost_share)) {
      ++trace_.lost;
    } else {
      trace_.readings.push_back(reading);
    }
  }

  VirtualSensor& sensor_;
  VirtualClock& clock_;
  const Schedule& schedule_;
  Dice dice_;
  PowerTrace trace_;
  EdgeState state_;
  bool armed_ = false;
  bool begun_ = false;
  SteadyTime last_time_{};
  std::uint64_t last_count_ = 0;
  double next_stall_ = 0.0;
};

}  // namespace

PowerTrace sample(VirtualSensor& sensor, VirtualClock& clock, const Schedule& schedule,
                  std::span<const Region> regions) {
  return Run(sensor, clock, schedule).over(regions);
}

}  // namespace btrack::rig
