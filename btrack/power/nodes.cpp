// SPDX-License-Identifier: Apache-2.0
// A counter's updates get their instants; a standstill is told from a rest.
#include "btrack/power/nodes.hpp"

#include <algorithm>
#include <cmath>

namespace btrack::power {
namespace {

using std::chrono::nanoseconds;

nanoseconds to_nanoseconds(Seconds s) { return std::chrono::duration_cast<nanoseconds>(s); }
double seconds(nanoseconds t) { return Seconds(t).count(); }

/// Cores and fabric may draw nothing for a while; packages, memory and devices never do.
bool may_rest(Domain domain) { return domain == Domain::core || domain == Domain::uncore; }

/// How long the counter usually shows one value: the ticks, or the time that one count takes.
nanoseconds usual_stay(const std::vector<Update>& updates, nanoseconds period) {
  std::vector<nanoseconds> stays;
  for (std::size_t i = 1; i < updates.size(); ++i) {
    stays.push_back(updates[i].seen - updates[i - 1].seen);
  }
  if (stays.empty()) return period;
  const auto middle = stays.begin() + static_cast<std::ptrdiff_t>(stays.size() / 2);
  std::nth_element(stays.begin(), middle, stays.end());
  return std::max(period, *middle);
}

/// What one standstill is judged by.
struct Standstill {
  double seconds_long = 0.0;  ///< from the first reading of the value to the last
  double before_w = 0.0;      ///< mean power up to it
  double after_j = 0.0;       ///< what the counter grew by when it moved again
  double resumed_s = 0.0;     ///< from the last reading of the value to the next value
};

/// The energy of the standstill was only shown late: it came with the next update, and within the
/// time since the last stale repeat it cannot have been drawn.
bool caught_up(const Standstill& s) {
  const double expected = s.before_w * (s.seconds_long + s.resumed_s);
  return s.after_j >= 0.5 * expected && s.after_j > 3.0 * s.before_w * s.resumed_s;
}

}  // namespace

TickLock::Tick instant_of(const Update& update, const TickLock& lock) {
  if (update.stamped) return {update.seen, nanoseconds(0)};
  const bool first = update.before == update.seen;
  const nanoseconds width = update.seen - update.before;
  if (tight(update, lock.period())) return {update.seen - width / 2, width / 2};
  // Too close to a tick when it was first read, it may be clear from when it was still shown.
  auto tick = lock.last_before(update.seen);
  if (!tick) tick = lock.last_before(update.last);
  // Earlier than a reading that did not show it yet: this update did not follow the clock.
  const bool after_before = tick && (first || tick->time + tick->half >= update.before);
  if (after_before && tick->time <= update.seen + tick->half) return *tick;
  const nanoseconds period = to_nanoseconds(lock.period());
  const nanoseconds age = first ? period : std::min(period, width);
  return {update.seen - age / 2, age / 2};
}

void place_counter(const Channel& channel, const std::vector<Update>& updates, Track& track) {
  const TickLock lock(updates, channel.update_period);
  track.joules_per_count = channel.si_per_count;
  track.period = lock.period();
  track.locked = lock.locked();
  const nanoseconds period = to_nanoseconds(track.period);
  const nanoseconds latency = to_nanoseconds(channel.latency);
  const nanoseconds usual = usual_stay(updates, period);
  const int patience = may_rest(channel.domain) ? 20 : 5;  // periods without an update
  track.nodes.reserve(updates.size());
  const auto ticks = lock.ticks_of(updates);
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const Update& update = updates[i];
    const auto tick = ticks[i].value_or(instant_of(update, lock));
    const bool last = i + 1 == updates.size();
    // Read too close to a tick to say on which side: its neighbours' instants are known better.
    const bool ambiguous = 4 * tick.half > period && lock.knows(update.seen);
    const bool spared = ambiguous && i > 0 && !last && 4 * track.nodes.back().half < period &&
                        update.seen - track.nodes.back().time < 5 * period;
    if (!spared) {
      track.nodes.push_back({tick.time - latency, tick.half, update.count});
    }
    const nanoseconds stood = update.last - update.seen;
    Standstill s{seconds(stood), 0.0, 0.0, 0.0};
    if (i > 0) {
      const double joules = static_cast<double>(update.count) * channel.si_per_count;
      s.before_w = joules / seconds(update.seen - updates.front().seen);
    }
    // At the power before, the counter should have moved by this many counts.
    constexpr double kManyCounts = 50.0;
    const bool long_stay = stood > std::max(patience * period, 3 * usual) &&
                           s.before_w * s.seconds_long > kManyCounts * channel.si_per_count;
    if (!last) {
      s.after_j = static_cast<double>(updates[i + 1].growth) * channel.si_per_count;
      s.resumed_s = seconds(updates[i + 1].seen - update.last);
    }
    if (long_stay && !last && caught_up(s)) continue;
    if (long_stay && i > 0 && !may_rest(channel.domain)) {
      track.faults.push_back(
          {Fault::frozen, update.seen, update.last, 0.0, s.before_w * s.seconds_long});
    }
    // After a rest, the energy came since the last stale repeat, not evenly since the last update.
    constexpr std::uint64_t kFewCounts = 8;
    if (!last && updates[i + 1].growth > kFewCounts && stood > 2 * period) {
      track.nodes.push_back({update.last - period / 2 - latency, period / 2, update.count});
    }
  }
}

}  // namespace btrack::power
