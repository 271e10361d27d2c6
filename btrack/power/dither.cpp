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

/// measurement.md 5 (a) 8 asks for 8 phases. With 16, what is left of a load in step with a sensor
/// that covers a quarter or a fifth of its period is below 0.3 % of the load's swing.
constexpr std::size_t kPhases = 16;
constexpr double kGroupPeriods = 20.0;
constexpr double kPaddingPeriods = 2.0;

/// Terms that the dithered groups replace by their scatter.
bool settled(const BudgetTerm& term) {
  return term.name == "part-time" || term.name == "aliasing" || term.name == "power-at-edges" ||
         term.name == "power-within-update" || term.name == "edges";
}

}  // namespace

LoopPlan plan_loop(std::size_t repetitions, Seconds repetition, Seconds period,
                   std::uint64_t seed) {
  LoopPlan plan;
  plan.period = period;
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
