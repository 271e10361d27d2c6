// SPDX-License-Identifier: Apache-2.0
// Two idle windows, their scatter, their drift, and the difference of two budgets.
#include "btrack/power/baseline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "btrack/core/text.hpp"
#include "btrack/power/assess.hpp"
#include "btrack/power/relations.hpp"
#include "btrack/stats/estimate.hpp"

namespace btrack::power {
namespace {

// measurement.md 5 (c): at least 30 s and 20 updates; settled within 3 W or 1 %; drift beyond 2 %
// or 3 u.
constexpr Seconds kShortest{30.0};
constexpr double kUpdates = 20.0;
constexpr double kSettledWatts = 3.0;
constexpr double kSettledShare = 0.01;
constexpr double kDriftShare = 0.02;
constexpr double kDriftSigmas = 3.0;

constexpr int kBlocks = 10;
constexpr std::size_t kFewestBlocks = 4;
constexpr double kNormal95 = 1.96;

double seconds(Window window) { return window.length().count(); }
SteadyTime middle(Window window) { return window.begin + (window.end - window.begin) / 2; }

/// Mean powers of ten equal parts of the window, those that have one.
std::vector<double> block_powers(const EnergyMeter& meter, Window window) {
  std::vector<double> powers;
  const auto step = (window.end - window.begin) / kBlocks;
  for (int i = 0; i < kBlocks; ++i) {
    const Window block{window.begin + i * step, window.begin + (i + 1) * step};
    const auto figure = meter.measure(block).total;
    if (figure.source == EnergySource::missing) continue;
    powers.push_back(figure.value.value() / seconds(block));
  }
  return powers;
}

BudgetTerm scaled(BudgetTerm term, double factor) {
  term.below = term.below * factor;
  term.above = term.above * factor;
  return term;
}

/// What `scale` times the idle energy adds to the doubt of the difference. A gain or offset of the
/// same channel is one and the same error on both sides, so its share is taken off.
void subtract(std::vector<BudgetTerm>& terms, const std::vector<BudgetTerm>& idle, double scale) {
  for (const BudgetTerm& whole : idle) {
    BudgetTerm term = scaled(whole, scale);
    const auto same = std::ranges::find_if(terms, [&](const BudgetTerm& t) {
      return term.common && t.common && t.name == term.name && t.channel == term.channel &&
             t.source == term.source;
    });
    if (same == terms.end()) {
      std::swap(term.below, term.above);
      terms.push_back(std::move(term));
    } else {
      same->below = same->below - term.below;
      same->above = same->above - term.above;
    }
  }
}

/// A gain error of a negative difference points the other way.
void turn_negative(std::vector<BudgetTerm>& terms) {
  for (BudgetTerm& term : terms) {
    if (term.below >= Joules(0) && term.above >= Joules(0)) continue;
    const Joules below = term.below;
    term.below = std::max(Joules(0), -1.0 * term.above);
    term.above = std::max(Joules(0), -1.0 * below);
  }
}

/// What power may have done between the two windows.
BudgetTerm drift_term(double watts, Seconds length) {
  const Joules u(0.5 * std::abs(watts) * length.count() / std::sqrt(3.0));
  BudgetTerm term;
  term.name = "baseline-drift";
  term.below = term.above = u;
  term.source = "idle power lies between that before and that after";
  return term;
}

Grade by_width(Grade grade, double relative) {
  if (relative > 0.25 || !std::isfinite(relative)) return std::max(grade, Grade::E);
  return relative > 0.10 ? std::max(grade, Grade::D) : grade;
}

void add_flags(std::vector<std::string>& flags, const std::vector<std::string>& more) {
  for (const auto& flag : more) {
    if (std::ranges::find(flags, flag) == flags.end()) flags.push_back(flag);
  }
}

}  // namespace

double IdleFigure::change() const { return value > Watts(0) ? (after - before) / value : 0.0; }

Seconds slowest_period(std::span<const Channel> channels) {
  Seconds slowest{};
  for (const auto i : total_channels(channels)) {
    slowest = std::max(slowest, channels[i].update_period);
  }
  return slowest;
}

Seconds idle_length(Seconds slowest_period) {
  return std::max(kShortest, kUpdates * slowest_period);
}

IdlePower::Side IdlePower::side_of(Window window) const {
  Side side;
  side.window = window;
  side.figure = meter_->measure(window).total;
  if (side.figure.source == EnergySource::missing) return side;
  side.watts = side.figure.value.value() / seconds(window);
  side.budget = meter_->budget(window).total;
  const auto powers = block_powers(*meter_, window);
  if (powers.size() < kFewestBlocks) return side;
  const auto [low, high] = std::ranges::minmax(powers);
  side.settled = high - low <= std::max(kSettledWatts, kSettledShare * side.watts);
  const double n = static_cast<double>(powers.size());
  const Joules u(stats::standard_deviation(powers) / std::sqrt(n) * seconds(window));
  auto terms = side.budget.terms;
  terms.push_back({"baseline-scatter", "", TermKind::type_a, TermShape::normal, u, u, n - 1.0,
                   false, "scatter of ten parts of the idle window"});
  side.budget = combine(side.budget.value, std::move(terms));
  return side;
}

/// Measured with the same gain, so only what the two do not share counts.
bool IdlePower::drifted() const {
  const double difference = std::abs(after_.watts - before_.watts);
  const double u = std::hypot(before_.budget.spread.value() / seconds(before_.window),
                              after_.budget.spread.value() / seconds(after_.window)) /
                   kNormal95;
  const double mean = 0.5 * (before_.watts + after_.watts);
  return difference > kDriftShare * mean || difference > kDriftSigmas * u;
}

IdlePower::IdlePower(const EnergyMeter& meter, Seconds period, Window before, Window after)
    : meter_(&meter), before_(side_of(before)), after_(side_of(after)) {
  for (const auto& [side, name] : {std::pair(&before_, "before"), std::pair(&after_, "after")}) {
    add_flags(figure_.flags, side->figure.flags);
    const bool missing = side->figure.source == EnergySource::missing;
    if (!missing && side->figure.grade != Grade::F) continue;
    figure_.note = fmt::format("the idle power {} the work is {}: {}", name,
                               missing ? "missing" : "invalid", side->figure.note);
    return;
  }
  judge(period);
}

void IdlePower::judge(Seconds period) {
  figure_.source = before_.figure.source;
  figure_.coverage = before_.figure.coverage;
  figure_.before = Watts(before_.watts);
  figure_.after = Watts(after_.watts);
  figure_.value = 0.5 * (figure_.before + figure_.after);
  std::vector<BudgetTerm> terms{drift_term(after_.watts - before_.watts, Seconds(1))};
  for (const Side* side : {&before_, &after_}) {
    for (const auto& term : side->budget.terms) {
      terms.push_back(scaled(term, 0.5 / seconds(side->window)));
    }
  }
  const auto budget = combine(Joules(figure_.value.value()), std::move(terms));  // of one second
  figure_.low = Watts(std::max(0.0, (budget.value - budget.below).value()));
  figure_.high = Watts((budget.value + budget.above).value());
  const double half = std::max(budget.below, budget.above).value();
  figure_.grade =
      by_width(std::max(before_.figure.grade, after_.figure.grade), half / figure_.value.value());
  if (drifted()) {
    add_flags(figure_.flags, {"baseline-drift"});
    figure_.grade = std::max(figure_.grade, Grade::D);
    figure_.note = fmt::format(
        "idle power changed by {:+.1f} % while the work ran, from {} W to {} W",
        100.0 * figure_.change(), significant(before_.watts), significant(after_.watts));
  }
  if (!before_.settled || !after_.settled) add_flags(figure_.flags, {"unsettled"});
  const double shortest = std::min(seconds(before_.window), seconds(after_.window));
  if (shortest < 0.99 * idle_length(period).count()) {
    add_flags(figure_.flags, {"short-baseline"});
  }
}

EnergyBudget IdlePower::net_budget(Window window) const {
  const auto gross = meter_->budget(window).total;
  if (gross.terms.empty() || figure_.source == EnergySource::missing) return {};
  const double length = seconds(window);
  const Seconds passed = middle(window) - middle(before_.window);
  const Seconds whole = middle(after_.window) - middle(before_.window);
  const double to_after = std::clamp(passed / whole, 0.0, 1.0);
  double idle_j = 0.0;
  auto terms = gross.terms;
  for (const auto& [side, weight] :
       {std::pair(&before_, 1.0 - to_after), std::pair(&after_, to_after)}) {
    const double scale = weight * length / seconds(side->window);
    idle_j += weight * side->watts * length;
    subtract(terms, side->budget.terms, scale);
  }
  turn_negative(terms);
  terms.push_back(drift_term(after_.watts - before_.watts, Seconds(length)));
  return combine(gross.value - Joules(idle_j), std::move(terms));
}

EnergyFigure IdlePower::net(Window window) const {
  const auto gross = meter_->measure(window).total;
  EnergyFigure net;
  net.coverage = gross.coverage;
  net.flags = gross.flags;
  net.note = gross.note;
  const bool known = gross.source != EnergySource::missing;
  if (!known || figure_.source == EnergySource::missing) {
    if (known) net.note = figure_.note;
    net.high = gross.high;
    return net;
  }
  const auto budget = net_budget(window);
  net.source = gross.source;
  net.value = budget.value;
  net.low = budget.value - budget.below;
  net.high = budget.value + budget.above;
  net.spread = budget.spread;
  add_flags(net.flags, figure_.flags);
  if (net.low <= Joules(0)) add_flag(net, "not-above-idle");
  const double half = std::max(budget.below, budget.above).value();
  const double relative = net.value > Joules(0) ? half / net.value.value() : HUGE_VAL;
  net.grade = by_width(std::max(gross.grade, figure_.grade), relative);
  if (net.note.empty()) net.note = figure_.note;
  return net;
}

}  // namespace btrack::power
