// SPDX-License-Identifier: Apache-2.0
// Tick lock: period and phase of a counter's updates, learned from changes that were seen closely.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "btrack/core/clock.hpp"
#include "btrack/core/quantity.hpp"

namespace btrack::power {

/// One value that a channel showed: from the first reading that showed it to the last.
struct Update {
  SteadyTime before{};       ///< the last reading without it; of the first update: `seen`
  SteadyTime seen{};         ///< the first reading with it; where stamped, the hardware's instant
  SteadyTime last{};         ///< the last reading with it
  std::uint64_t count = 0;   ///< counters: since the track's begin; gauges: the value itself
  std::uint64_t growth = 0;  ///< counters: since the update before
  bool stamped = false;
  bool assumed = false;  ///< a gauge's value that repeats after a period: no change was seen
};

/// The instants of updates, known to the residual jitter where readings came densely enough to see
/// some of them closely; elsewhere it says nothing. Updates in time order.
class TickLock {
 public:
  TickLock(std::span<const Update> updates, Seconds nominal_period);

  struct Tick {
    SteadyTime time{};
    std::chrono::nanoseconds half{};  ///< the update was within time +- half (95 %)
  };
  /// The last update at or before `t`; nothing where that is not certain.
  [[nodiscard]] std::optional<Tick> last_before(SteadyTime t) const;
  /// The tick of each update, where the readings leave one possible: one read too close to a tick
  /// to be placed by itself is placed by the readings that still show it, and by its neighbours,
  /// which are other ticks.
  [[nodiscard]] std::vector<std::optional<Tick>> ticks_of(std::span<const Update> updates) const;
  /// Whether ticks are known around `t`, although `t` itself may be too close to one.
  [[nodiscard]] bool knows(SteadyTime t) const;
  /// Learned where two neighbouring updates were seen closely, else the nominal one.
  [[nodiscard]] Seconds period() const { return period_; }
  [[nodiscard]] bool locked() const { return !segments_.empty(); }

 private:
  /// A stretch in which ticks can be counted without a doubt: a least-squares line through them.
  struct Segment {
    SteadyTime anchor{};
    double period_s = 0.0;
    double offset_s = 0.0;   // of tick 0 from the anchor
    double noise_s = 0.0;    // standard deviation of one tick around the line
    double sigma_s = 0.0;    // of the period
    double mean_tick = 0.0;  // where the line is known best
    double last_tick = 0.0;
    double ticks = 0.0;
  };
  struct Fit;
  /// The tick at or before `t`, and how long after it `t` is.
  struct Position {
    Tick tick;
    double since_s = 0.0;
    double doubt_s = 0.0;
    double period_s = 0.0;
    [[nodiscard]] bool certain() const {
      return since_s >= doubt_s && period_s - since_s >= doubt_s;
    }
  };
  /// The first and the last tick that an update can be, where lines may be off by their doubt so
  /// many times over; `first` after `last` where the readings contradict the lines even so.
  struct Choice {
    SteadyTime first{};
    SteadyTime last{};
    std::chrono::nanoseconds half{};
  };
  [[nodiscard]] std::optional<Choice> choice(const Update& update, double doubts) const;
  [[nodiscard]] static std::optional<Position> position_in(const Segment& segment, SteadyTime t);
  [[nodiscard]] std::optional<Position> position(SteadyTime t) const;

  Seconds period_;
  bool regular_ = true;  // no update was seen to be left out
  std::vector<Segment> segments_;
};

/// Whether the readings on both sides of the update are close enough to say when it happened.
bool tight(const Update& update, Seconds period);

}  // namespace btrack::power
