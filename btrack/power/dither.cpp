// SPDX-License-Identifier: Apache-2.0
// Phases of the groups of a loop, and their energies together.
#include "btrack/power/dither.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "btrack/power/assess.hpp"
#include "btrack/power/grade.hpp"
#include "btrack/stats/estimate.hpp"

namespace btrack::power {
namespace {

using std::chrono::nanoseconds;

/// measurement.md 5 (a) 8 asks for 8 phases. With 17, what is left of a load in step with a sensor
/// that covers a quarter or a fifth of its period is below 0.3 % of the load's swing. A prime: the
/// phases are as many and as even for a load of a half, a third ... a sixteenth of the period.
constexpr std::size_t kPhases = 17;
constexpr double kGroupPeriods = 20.0;
constexpr double kPaddingPeriods = 2.0;

/// Terms that the dithered groups replace by their scatter.
bool settled(const BudgetTerm& term) {
  return term.name == "part-time" || term.name == "aliasing" || term.name == "power-at-edges" ||
         term.name == "power-within-update" || term.name == "edges";
}

}  // namespace

Seconds warm_up_reads(Seconds nominal_period) {
  constexpr double kShare = 0.0618;  // of a period: from the golden ratio
  return nominal_period * kShare;
}

/// A least-squares line through the changes that two close readings enclose, over their ticks.
std::optional<Seconds> learned_period(const PowerTrace& trace, std::uint32_t channel) {
  constexpr double kTight = 0.25;  // of a period between the readings around a change
  constexpr double kFewest = 20.0;
  constexpr double kIrregular = 1.0 / 6.0;  // of a period: such changes follow no clock
  if (channel >= trace.channels.size()) return std::nullopt;
  const double nominal = trace.channels[channel].update_period.count();
  double n = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0;
  double tick = 0.0;
  double last_s = 0.0;
  std::optional<Reading> before;
  for (const Reading& reading : trace.readings) {
    if (reading.channel != channel || reading.flags != reading_flags::ok) continue;
    const bool changed = before && reading.count != before->count;
    const double apart = changed ? Seconds(reading.time - before->time).count() : 0.0;
    if (changed && apart <= kTight * nominal) {
      const double now_s = Seconds(reading.time - trace.readings.front().time).count() - apart / 2;
      if (n > 0.0) tick += std::round((now_s - last_s) / nominal);
      last_s = now_s;
      n += 1.0;
      x += tick;
      y += now_s;
      xx += tick * tick;
      xy += tick * now_s;
      yy += now_s * now_s;
    }
    before = reading;
  }
  const double spread = xx - x * x / std::max(1.0, n);
  if (n < kFewest || spread <= 0.0) return std::nullopt;
  const double slope = (xy - x * y / n) / spread;
  const double residual = std::max(0.0, yy - y * y / n - slope * slope * spread);
  if (std::sqrt(residual / n) > kIrregular * slope) return std::nullopt;
  return Seconds(slope);
}

LoopPlan plan_loop(std::size_t repetitions, Seconds repetition, Seconds period,
                   std::uint64_t seed) {
  LoopPlan plan;
  plan.period = period;
  plan.read_every = period / 2.0;
  const double in_a_period = period / std::max(repetition, Seconds(1e-9));
  const double shortest = std::ceil(kGroupPeriods * in_a_period);
  plan.padding = static_cast<std::size_t>(std::ceil(kPaddingPeriods * in_a_period));
  const std::size_t shared = (repetitions + kPhases - 1) / kPhases;
  plan.per_group = std::max({std::size_t{1}, shared, static_cast<std::size_t>(shortest)});
  std::mt19937_64 random(seed);
  const double offset = std::uniform_real_distribution<double>(0.0, 1.0)(random);
  for (std::size_t i = 0; i < kPhases; ++i) {
    const double phase = (static_cast<double>(i) + offset) / static_cast<double>(kPhases);
    plan.phases.push_back(period * phase);
  }
  std::ranges::shuffle(plan.phases, random);
  return plan;
}

SteadyTime group_start(const LoopPlan& plan, std::size_t group, SteadyTime origin,
                       SteadyTime not_before) {
  const double passed = Seconds(not_before - origin) / plan.period;
  const double wanted = plan.phases[group % plan.phases.size()] / plan.period;
  const double wait = wanted - (passed - std::floor(passed));
  const Seconds until = plan.period * (wait < 0.0 ? wait + 1.0 : wait);
  return not_before + std::chrono::duration_cast<nanoseconds>(until);
}

EnergyFigure energy_per_repetition(const EnergyMeter& meter, std::span<const Window> groups,
                                   const LoopPlan& plan) {
  constexpr std::size_t kFewest = 4;
  const double count = static_cast<double>(plan.per_group);
  EnergyFigure result;
  std::vector<double> joules;
  std::vector<BudgetTerm> terms;
  bool invalid = false;
  for (const Window& group : groups) {
    EnergyFigure figure = meter.measure(group).total;
    for (const auto& flag : figure.flags) {
      if (flag != "aliasing") add_flag(result, flag);
    }
    if (figure.source == EnergySource::missing) {
      result.note = figure.note;
      continue;
    }
    invalid |= figure.grade == Grade::F;
    result.source = figure.source;
    result.coverage = figure.coverage;
    joules.push_back(figure.value.value() / count);
    for (BudgetTerm term : meter.budget(group).total.terms) {
      if (settled(term)) continue;
      // Of the mean: common terms and bounds of the groups add up linearly in combine(), the others
      // in quadrature.
      const double share = count * static_cast<double>(groups.size());
      term.below = term.below / share;
      term.above = term.above / share;
      terms.push_back(std::move(term));
    }
  }
  if (joules.size() < kFewest || joules.size() < groups.size()) {
    const auto note = fmt::format("{} of {} groups of the loop have an energy; {}", joules.size(),
                                  groups.size(), result.note);
    result = {};
    result.note = note;
    return result;
  }
  const auto mean = stats::mean(joules);
  const double n = static_cast<double>(joules.size());
  const Joules scatter(stats::standard_deviation(joules) / std::sqrt(n));
  terms.push_back({"repeatability", "", TermKind::type_a, TermShape::normal, scatter, scatter,
                   n - 1.0, false, "scatter of the dithered groups"});
  add_flag(result, "dithered");
  set_interval(result, combine(Joules(mean.value), std::move(terms)));
  GradeFacts facts;
  facts.invalid = invalid;
  result.grade = grade_of(result, facts);
  return result;
}

}  // namespace btrack::power
