// SPDX-License-Identifier: Apache-2.0
// Energy between two edges, the terms of its budget, and when there is no energy to state.
#include "btrack/power/assess.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "btrack/core/text.hpp"
#include "btrack/power/curve.hpp"
#include "btrack/power/grade.hpp"
#include "btrack/power/sampling.hpp"

namespace btrack::power {
namespace {

const double kSqrt3 = std::sqrt(3.0);
constexpr double kRectangle95 = 0.95;  // of a rectangle's half-width holds 95 % of it
constexpr auto kKnownWell = std::numeric_limits<double>::infinity();

/// What faults inside the window do to the figure.
struct Damage {
  struct Bound {
    double low_j = 0.0;
    double high_j = 0.0;
  };
  std::map<std::string_view, Bound> bounds;  // by flag
  Seconds lost{};
  bool invalid = false;
};

bool invalidates(Fault fault) {
  return fault == Fault::reset || fault == Fault::gap || fault == Fault::implausible;
}

bool loses_time(Fault fault) {
  return fault == Fault::interpolated || fault == Fault::frozen || fault == Fault::unread;
}

Damage damage_in(const Track& track, Window window, EnergyFigure& figure) {
  Damage damage;
  for (const FaultSpan& span : track.faults) {
    if (span.begin > window.end) break;
    if (span.end < window.begin) continue;
    const auto flag = fault_flag(span.fault);
    add_flag(figure, flag);
    const Seconds inside = std::min(span.end, window.end) - std::max(span.begin, window.begin);
    // Energy that a frozen counter did not show is spread over its standstill.
    const double share = span.fault == Fault::frozen && span.end > span.begin
                             ? inside / Seconds(span.end - span.begin)
                             : 1.0;
    auto& bound = damage.bounds[flag];
    bound.low_j += span.low_j * share;
    bound.high_j += span.high_j * share;
    damage.invalid |= invalidates(span.fault);
    if (loses_time(span.fault)) damage.lost += inside;
  }
  return damage;
}

/// Parts of the window that no reading covers, one update period at each end apart.
struct Outside {
  Seconds length{};
  double low_j = 0.0;
  double high_j = 0.0;
};

/// One channel's readings and the window, while its budget is put together.
class Assessor {
 public:
  Assessor(const Channel& channel, const Track& track, Window window)
      : channel_(channel), track_(track), window_(window), curve_(channel, track) {}

  void run(Assessment& out, const Damage& damage, double lost_share);

 private:
  [[nodiscard]] bool part_time() const {
    return channel_.window > Seconds(0) && channel_.window < 0.98 * track_.period;
  }
  [[nodiscard]] Outside outside() const;
  [[nodiscard]] std::array<double, 2> swings() const;
  void refuse(EnergyFigure& figure, std::string_view why) const;
  void add(std::string_view name, TermKind kind, TermShape shape, double joules,
           std::string_view source);
  void add_scale_terms(double value);
  void add_edge_terms();
  void add_bounds(const Damage& damage, const Outside& outside);
  bool add_sampling_terms(double value, EnergyFigure& figure);

  const Channel& channel_;
  const Track& track_;
  Window window_;
  Curve curve_;
  Curve::Edge begin_;
  Curve::Edge end_;
  std::vector<BudgetTerm> terms_;
};

Outside Assessor::outside() const {
  const Seconds period = track_.period;
  const Seconds before = std::max(Seconds(0), Seconds(track_.first_read - window_.begin) - period);
  const Seconds after = std::max(Seconds(0), Seconds(window_.end - track_.last_read) - period);
  const double limit = channel_.power_limit.value();
  return {before + after, begin_.power_w * before.count() + end_.power_w * after.count(),
          std::max(0.0, limit - begin_.power_w) * before.count() +
              std::max(0.0, limit - end_.power_w) * after.count()};
}

/// What power may have done between the updates around the edges. Where the window shows fewer than
/// two updates, power there may be anything up to twice the mean. A mean over more than a period
/// (1 s averages) moves an eighth of a step across the edge.
std::array<double, 2> Assessor::swings() const {
  std::array joules{begin_.swing_j, end_.swing_j};
  if (end_.node < begin_.node + 2) {
    joules = {std::max(begin_.swing_j, begin_.distance_s * begin_.power_w),
              std::max(end_.swing_j, end_.distance_s * end_.power_w)};
  }
  const bool overlaps =
      channel_.kind == ChannelKind::power_gauge && channel_.window > 1.05 * track_.period;
  if (overlaps) {
    const std::array edges{window_.begin, window_.end};
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const auto [low, high] = curve_.range_around(edges[i], channel_.window);
      joules[i] += (high - low) * channel_.window.count() / 8.0;
    }
  }
  return joules;
}

void Assessor::refuse(EnergyFigure& figure, std::string_view why) const {
  const Seconds length = window_.length();
  double seen_j = curve_.at_most(window_, channel_.power_limit);
  // What a part-time sensor did not look at may be more than what it did.
  if (part_time()) seen_j = std::max(seen_j, (channel_.power_limit * length).value());
  const double most_j = seen_j * channel_.gain.high + channel_.offset.value() * length.count();
  figure.source = EnergySource::missing;
  figure.grade = Grade::F;
  figure.high = Joules(most_j);
  figure.note =
      fmt::format("{}: not resolvable ({}), < {} J", channel_.id, why, significant(most_j));
  add_flag(figure, "not-resolvable");
}

void Assessor::add(std::string_view name, TermKind kind, TermShape shape, double joules,
                   std::string_view source) {
  if (joules <= 0.0) return;
  terms_.push_back({std::string(name), channel_.id, kind, shape, Joules(joules), Joules(joules),
                    kKnownWell, false, std::string(source)});
}

void Assessor::add_scale_terms(double value) {
  BudgetTerm gain{"gain",     channel_.id, TermKind::type_b,    TermShape::rectangular, {}, {},
                  kKnownWell, true,        channel_.gain_source};
  gain.below = Joules(value * (1.0 - channel_.gain.low) / kRectangle95 / kSqrt3);
  gain.above = Joules(value * (channel_.gain.high - 1.0) / kRectangle95 / kSqrt3);
  if (gain.below > Joules(0) || gain.above > Joules(0)) terms_.push_back(gain);
  const Joules offset = channel_.offset * window_.length();
  add("offset", TermKind::type_b, TermShape::rectangular, offset.value() / kRectangle95 / kSqrt3,
      channel_.gain_source);
  if (offset > Joules(0)) terms_.back().common = true;
  if (channel_.kind == ChannelKind::energy_counter) {
    add("quantisation", TermKind::type_b, TermShape::normal, channel_.si_per_count / std::sqrt(6.0),
        "one count at both ends");
  } else {
    add("quantisation", TermKind::type_b, TermShape::rectangular,
        channel_.si_per_count * window_.length().count() / std::sqrt(12.0),
        "half a count of every value");
  }
}

void Assessor::add_edge_terms() {
  for (const auto* edge : {&begin_, &end_}) {
    add("edges", TermKind::type_b, TermShape::rectangular, edge->tick_j,
        "when the updates around the edge happened");
    add("power-within-update", TermKind::type_b, TermShape::rectangular, edge->unseen_j,
        "policy: power within one update period is its mean +-10 %");
  }
  // Where work begins and ends falls anywhere between two updates, unless they are too few to tell.
  constexpr std::size_t kFewUpdates = 4;
  const bool few = end_.node < begin_.node + kFewUpdates;
  for (const double joules : swings()) {
    add("power-at-edges", few ? TermKind::bound : TermKind::type_b, TermShape::rectangular,
        few ? joules : joules / kSqrt3, "change of power between the updates around the edge");
  }
  add("gaps", TermKind::type_b, TermShape::normal, std::sqrt(curve_.variance(begin_, end_)),
      "power between two values is between the two");
}

void Assessor::add_bounds(const Damage& damage, const Outside& outside) {
  const auto bound = [&](std::string_view name, double low_j, double high_j) {
    if (low_j <= 0.0 && high_j <= 0.0) return;
    terms_.push_back({std::string(name), channel_.id, TermKind::bound, TermShape::rectangular,
                      Joules(low_j), Joules(high_j), kKnownWell, false, "readings of this run"});
  };
  for (const auto& [flag, b] : damage.bounds) bound(flag, b.low_j, b.high_j);
  bound("outside-trace", outside.low_j, outside.high_j);
}

/// Returns whether the figure rests on a part of the time only.
bool Assessor::add_sampling_terms(double value, EnergyFigure& figure) {
  PartTime sensor;
  const Seconds length = window_.length();
  const bool partial = part_time();
  sensor.covered = curve_.covered_share(begin_, end_);
  if (partial) sensor.covered = std::min(sensor.covered, channel_.window / track_.period);
  sensor.locked_to_clock = partial;
  sensor.assumed = channel_.note.find(kWindowAssumed) != std::string::npos;
  sensor.powers = curve_.powers_in(window_);
  constexpr int kAroundPeriods = 10;
  const auto reach =
      std::chrono::duration_cast<std::chrono::nanoseconds>(track_.period) * kAroundPeriods;
  sensor.around = curve_.powers_in({window_.begin - reach, window_.end + reach});
  sensor.windows = channel_.kind == ChannelKind::energy_counter
                       ? length / track_.period
                       : static_cast<double>(sensor.powers.size());
  auto doubt = sampling_doubt(sensor, Joules(value), channel_.power_limit, length);
  if (doubt.terms.empty()) return false;
  // What a part-time sensor did not see between two values is in the sampling term, once.
  if (partial) std::erase_if(terms_, [](const BudgetTerm& term) { return term.name == "gaps"; });
  add_flag(figure, partial ? "part-time" : "undersampled");
  if (doubt.aliasing) {
    add_flag(figure, "aliasing");
    figure.note = fmt::format(
        "{}: samples {:.0f} % of the time and the load may be in step with it; repeat the work in "
        "a "
        "dithered loop",
        channel_.id, 100.0 * sensor.covered);
  }
  for (auto& term : doubt.terms) {
    term.channel = channel_.id;
    terms_.push_back(std::move(term));
  }
  return partial;
}

void Assessor::run(Assessment& out, const Damage& damage, double lost_share) {
  EnergyFigure& figure = out.figure;
  const Seconds length = window_.length();
  begin_ = curve_.at(window_.begin);
  end_ = curve_.at(window_.end);
  const Outside beyond = outside();
  const double outside_share = beyond.length / length;
  if (outside_share > 0.10) {
    figure.note = fmt::format("{}: {} s of the window are outside the trace", channel_.id,
                              significant(beyond.length.count()));
    return;
  }
  if (length < 2.0 * track_.period) {
    return refuse(
        figure, fmt::format("{} s, the counter is renewed every {} s", significant(length.count()),
                            significant(track_.period.count())));
  }
  const double value = curve_.between(begin_, end_);
  const auto [begin_swing, end_swing] = swings();
  if (!(value > begin_swing + end_swing + kSqrt3 * (begin_.tick_j + end_.tick_j))) {
    return refuse(figure, "too few updates in the window");
  }
  if (beyond.length > Seconds(0)) add_flag(figure, "extrapolated");
  add_scale_terms(value);
  add_edge_terms();
  add_bounds(damage, beyond);
  GradeFacts facts;
  facts.partial = add_sampling_terms(value, figure);
  if (channel_.filtered && length < Seconds(1.0)) {
    add_flag(figure, "filtered");  // single readings may be off by half
    facts.partial = true;
  }
  facts.doubtful_share = std::max(outside_share + damage.lost / length, lost_share);
  facts.invalid = damage.invalid;
  facts.basis = gain_basis(channel_);
  facts.whole_node = channel_.domain == Domain::node;

  figure.source =
      channel_.evidence == Evidence::measured ? EnergySource::measured : EnergySource::estimated;
  out.budget = combine(Joules(value), std::move(terms_));
  set_interval(figure, out.budget);
  figure.grade = grade_of(figure, facts);
  if (figure.grade == Grade::F) {
    figure.note = fmt::format("{}: {}", channel_.id, join(figure.flags, ", "));
  }
}

}  // namespace

void add_flag(EnergyFigure& figure, std::string_view flag) {
  if (std::ranges::find(figure.flags, flag) == figure.flags.end()) figure.flags.emplace_back(flag);
}

void set_interval(EnergyFigure& figure, const EnergyBudget& budget) {
  figure.value = budget.value;
  figure.low = std::max(Joules(0), budget.value - budget.below);
  figure.high = budget.value + budget.above;
  figure.spread = budget.spread;
}

Assessment assess(const Channel& channel, const Track& track, Window window, double lost_share) {
  Assessment out;
  EnergyFigure& figure = out.figure;
  figure.coverage = {channel.id};
  if (window.length() <= Seconds(0)) {
    figure.note = "the window is empty";
    return out;
  }
  const Damage damage = damage_in(track, window, figure);
  if (lost_share > 0.0) add_flag(figure, "lost-readings");
  if (track.readings == 0) {
    figure.note = fmt::format("{}: no reading succeeded", channel.id);
  } else if (track.nodes.size() < 2) {
    figure.note = fmt::format("{}: the counter never changed; it may be frozen", channel.id);
    add_flag(figure, "frozen");
  } else {
    Assessor(channel, track, window).run(out, damage, lost_share);
  }
  return out;
}

}  // namespace btrack::power
