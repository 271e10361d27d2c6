// SPDX-License-Identifier: Apache-2.0
// Counting ticks over closely seen changes, and a line through them.
#include "btrack/power/lock.hpp"

#include <algorithm>
#include <cmath>

namespace btrack::power {
namespace {

using std::chrono::nanoseconds;

constexpr double kTightShare = 0.25;     // of a period between the readings around an update
constexpr double kUnknownPeriod = 0.02;  // relative doubt of a nominal period
constexpr double kSeenOnce = 0.003;      // and of one that two updates show, at least: jitter
constexpr std::uint64_t kFewCounts =
    4;  // below, a value changes when a count is full, not at ticks
constexpr double kSigmas = 2.0;

double seconds(nanoseconds t) { return Seconds(t).count(); }

double bracket(const Update& update) { return seconds(update.seen - update.before); }

SteadyTime middle(const Update& update) {
  return update.before + (update.seen - update.before) / 2;
}

bool usable(const Update& update, Seconds period) {
  return tight(update, period) && update.growth >= kFewCounts;
}

/// Median distance of neighbouring updates that were both seen closely: between them the value
/// stood still, so that none was left out.
Seconds learned_period(std::span<const Update> updates, Seconds nominal) {
  std::vector<double> distances;
  for (std::size_t i = 1; i < updates.size(); ++i) {
    const double distance = seconds(middle(updates[i]) - middle(updates[i - 1]));
    const bool both = usable(updates[i], nominal) && usable(updates[i - 1], nominal);
    // Less than half a period: an update that was not atomic, seen half way.
    if (both && distance > 0.5 * nominal.count()) distances.push_back(distance);
  }
  if (distances.empty()) return nominal;
  const auto half = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), half, distances.end());
  return Seconds(*half);
}

}  // namespace

bool tight(const Update& update, Seconds period) {
  const double width = bracket(update);
  return !update.stamped && !update.assumed && width > 0.0 && width <= kTightShare * period.count();
}

/// The sums of a line through (tick number, time).
struct TickLock::Fit {
  explicit Fit(const Update& first) : anchor(middle(first)) { add(0.0, first); }

  void add(double tick, const Update& update) {
    const double y = seconds(middle(update) - anchor);
    n += 1.0;
    x += tick;
    sum_y += y;
    xx += tick * tick;
    xy += tick * y;
    yy += y * y;
    last = tick;
    widest = std::max(widest, bracket(update));
  }

  [[nodiscard]] Segment segment(double period_s) const {
    Segment s{anchor, period_s, 0.0, widest / std::sqrt(12.0), kUnknownPeriod * period_s,
              x / n,  last,     n};
    const double spread = xx - x * x / n;
    if (spread <= 0.0) return s;
    const double covariance = xy - x * sum_y / n;
    s.period_s = covariance / spread;
    s.offset_s = sum_y / n - s.period_s * s.mean_tick;
    const double residual = std::max(0.0, yy - sum_y * sum_y / n - s.period_s * covariance);
    if (n > 2.0) s.noise_s = std::max(s.noise_s, std::sqrt(residual / (n - 2.0)));
    s.sigma_s = s.noise_s / std::sqrt(spread);
    if (n < 3.0) s.sigma_s = std::max(s.sigma_s, kSeenOnce * s.period_s);
    return s;
  }

  SteadyTime anchor;
  double n = 0.0, x = 0.0, sum_y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0;
  double last = 0.0;
  double widest = 0.0;
};

TickLock::TickLock(std::span<const Update> updates, Seconds nominal_period)
    : period_(learned_period(updates, nominal_period)) {
  constexpr double kIrregular = 1.0 / 6.0;  // of a period: such updates follow no clock
  constexpr double kMissedShare = 0.05;
  std::optional<Fit> fit;
  Segment now;
  double left_out = 0.0;
  double counted = 0.0;
  bool neighbour = false;  // the update before was seen closely too
  const auto close_segment = [&] {
    if (fit && now.noise_s < kIrregular * now.period_s) segments_.push_back(now);
  };
  for (const Update& update : updates) {
    if (!usable(update, period_)) {
      neighbour = false;
      continue;
    }
    if (fit) {
      const double ticks =
          (seconds(middle(update) - now.anchor) - now.offset_s) / now.period_s - now.last_tick;
      const double tick = std::round(ticks);
      const double doubt = kSigmas * std::hypot(now.noise_s, now.sigma_s * ticks) / now.period_s;
      if (tick == 0.0) continue;  // the second half of an update that was not atomic
      if (doubt < 0.25 && std::abs(ticks - tick) < std::max(0.1, doubt) + 0.1) {
        if (neighbour) left_out += tick - 1.0;
        counted += neighbour ? tick : 0.0;
        fit->add(now.last_tick + tick, update);
        now = fit->segment(period_.count());
        neighbour = true;
        continue;
      }
      close_segment();
    }
    fit.emplace(update);
    now = fit->segment(period_.count());
    neighbour = true;
  }
  close_segment();
  const auto best = std::ranges::min_element(segments_, {}, &Segment::sigma_s);
  if (best != segments_.end() && best->ticks >= 3.0) period_ = Seconds(best->period_s);
  regular_ = left_out <= kMissedShare * counted;
}

std::optional<TickLock::Position> TickLock::position_in(const Segment& s, SteadyTime t) {
  const double at = seconds(t - s.anchor) - s.offset_s;
  const double tick = std::floor(at / s.period_s);
  const double line =
      s.noise_s * std::sqrt(1.0 + 1.0 / s.ticks);  // of one more tick where the line is known best
  const double doubt = kSigmas * std::hypot(line, s.sigma_s * (tick - s.mean_tick));
  const double since = at - tick * s.period_s;
  if (doubt > kTightShare * s.period_s) return std::nullopt;
  const auto ns = [](double value_s) { return nanoseconds(std::llround(value_s * 1e9)); };
  return Position{{t - ns(since), ns(doubt)}, since, doubt, s.period_s};
}

std::optional<TickLock::Position> TickLock::position(SteadyTime t) const {
  if (!regular_) return std::nullopt;
  // Segments are in time order: only the ones around `t` can know it well.
  const auto next = std::ranges::upper_bound(segments_, t, {}, &Segment::anchor);
  std::optional<Position> best;
  if (next != segments_.end()) best = position_in(*next, t);
  if (next != segments_.begin()) {
    const auto before = position_in(*std::prev(next), t);
    if (before && (!best || before->doubt_s < best->doubt_s)) best = before;
  }
  return best;
}

std::optional<TickLock::Tick> TickLock::last_before(SteadyTime t) const {
  const auto found = position(t);
  return found && found->certain() ? std::optional(found->tick) : std::nullopt;
}

std::optional<TickLock::Choice> TickLock::choice(const Update& update, double doubts) const {
  if (tight(update, period_)) {
    const auto half = (update.seen - update.before) / 2;
    return Choice{update.before + half, update.before + half, half};
  }
  const auto seen = position(update.seen);
  const auto shown = position(update.last);
  if (update.stamped || !seen || !shown) return std::nullopt;
  const auto period = nanoseconds(std::llround(seen->period_s * 1e9));
  Choice all{{}, seen->tick.time, std::max(seen->tick.half, shown->tick.half)};
  const auto just_passed = [&](const Position& p) { return p.since_s < doubts * p.doubt_s; };
  if (seen->period_s - seen->since_s < doubts * seen->doubt_s) all.last += period;
  // A later tick would have shown another value.
  all.first = shown->tick.time;
  if (just_passed(*shown)) all.first -= period;
  if (const auto before = position(update.before); before && update.before != update.seen) {
    const auto later = just_passed(*before) ? nanoseconds(0) : period;
    all.first = std::max(all.first, before->tick.time + later);
  }
  return all;
}

std::vector<std::optional<TickLock::Tick>> TickLock::ticks_of(
    std::span<const Update> updates) const {
  std::vector<std::optional<Choice>> choices;
  choices.reserve(updates.size());
  const auto period = nanoseconds(std::llround(period_.count() * 1e9));
  const auto slack = period / 4;  // ticks of two segments, and jitter, against whole periods
  for (const Update& update : updates) {
    auto found = choice(update, 1.0);
    if (found && found->first > found->last + slack) found = choice(update, 2.0);
    choices.push_back(found);
  }
  for (std::size_t i = 1; i < choices.size(); ++i) {
    if (!choices[i] || !choices[i - 1]) continue;
    while (choices[i]->first < choices[i - 1]->first + period - slack) choices[i]->first += period;
  }
  for (std::size_t i = choices.size(); i-- > 1;) {
    if (!choices[i] || !choices[i - 1]) continue;
    while (choices[i - 1]->last > choices[i]->last - period + slack) choices[i - 1]->last -= period;
  }
  std::vector<std::optional<Tick>> ticks(updates.size());
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (!choices[i]) continue;
    const auto apart = choices[i]->last - choices[i]->first;
    if (std::chrono::abs(apart) < slack) ticks[i] = Tick{choices[i]->last, choices[i]->half};
  }
  return ticks;
}

bool TickLock::knows(SteadyTime t) const { return position(t).has_value(); }

}  // namespace btrack::power
