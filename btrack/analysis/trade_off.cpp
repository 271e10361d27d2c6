// SPDX-License-Identifier: Apache-2.0
// Pareto front, selection and marginal steps.
#include "btrack/analysis/trade_off.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "btrack/core/text.hpp"

namespace btrack::analysis {
namespace {

using power::EnergySource;
using power::Grade;

double joules(const Candidate& c) { return c.energy_per_1000.value.value(); }
bool estimated(const Candidate& c) {
  return c.energy_per_1000.source == EnergySource::estimated || c.energy_per_1000.grade == Grade::E;
}
bool has_energy(const Candidate& c) { return c.energy_per_1000.source != EnergySource::missing; }

bool dominates(const Candidate& a, const Candidate& b) {
  const bool no_worse = a.accuracy >= b.accuracy && joules(a) <= joules(b) &&
                        a.seconds_per_1000 <= b.seconds_per_1000;
  const bool better =
      a.accuracy > b.accuracy || joules(a) < joules(b) || a.seconds_per_1000 < b.seconds_per_1000;
  return no_worse && better;
}

double cost(const Candidate& c, Objective objective) {
  return objective == Objective::energy ? joules(c) : c.seconds_per_1000.count();
}

/// Percentages with the digits that tell them apart, "88" and "88.25" alike.
std::string percent(double share) { return fmt::format("{:.4g} %", share * 100.0); }

std::string obstacle(const Candidate& c, double min_accuracy, Objective objective) {
  if (!(c.accuracy >= min_accuracy)) {
    return fmt::format("accuracy {} is below the required {}", percent(c.accuracy),
                       percent(min_accuracy));
  }
  if (objective == Objective::time) return {};
  if (!has_energy(c)) return "its inference energy is missing";
  if (c.energy_per_1000.grade == Grade::F) return "its inference energy is invalid (grade F)";
  return {};
}

struct Interval {
  double low;
  double high;
};
bool overlap(Interval a, Interval b) { return a.low <= b.high && b.low <= a.high; }

bool shares_gain(const Candidate& a, const Candidate& b) {
  const auto sorted = [](std::vector<std::string> coverage) {
    std::sort(coverage.begin(), coverage.end());
    return coverage;
  };
  return a.energy_per_1000.source == b.energy_per_1000.source &&
         sorted(a.energy_per_1000.coverage) == sorted(b.energy_per_1000.coverage);
}

/// A sample of the repetitions may be absent (hand-made candidates): it then says nothing.
std::optional<Interval> repeatability(const stats::Estimate& e) {
  if (e.n == 0) return std::nullopt;
  return Interval{e.low, e.high};
}

bool told_apart(const Candidate& a, const Candidate& b, Objective objective) {
  const bool energy = objective == Objective::energy;
  if (!energy || shares_gain(a, b)) {
    const auto of_a = repeatability(energy ? a.repeated_joules : a.repeated_seconds);
    const auto of_b = repeatability(energy ? b.repeated_joules : b.repeated_seconds);
    if (of_a && of_b) return !overlap(*of_a, *of_b);
    if (!energy) return false;
  }
  return !overlap({a.energy_per_1000.low.value(), a.energy_per_1000.high.value()},
                  {b.energy_per_1000.low.value(), b.energy_per_1000.high.value()});
}

std::string run_names(std::span<const Candidate> candidates,
                      const std::vector<std::size_t>& which) {
  std::vector<std::string> names;
  names.reserve(which.size());
  for (const std::size_t i : which) {
    names.push_back(fmt::format("{} ({})", candidates[i].run, candidates[i].workload));
  }
  return join(names, ", ");
}

Result<void> refuse_mixture(std::span<const Candidate> candidates,
                            const std::vector<std::size_t>& accepted) {
  std::vector<std::size_t> estimates;
  std::vector<std::size_t> measurements;
  for (const std::size_t i : accepted) {
    (estimated(candidates[i]) ? estimates : measurements).push_back(i);
  }
  if (estimates.empty() || measurements.empty()) return {};
  return fail(ErrorKind::usage,
              fmt::format("estimated energies cannot be ranked against measured ones: estimated "
                          "(grade E) are {}; measured are {}",
                          run_names(candidates, estimates), run_names(candidates, measurements)),
              "leave out one kind, run the estimated ones again on a machine with a counter, or "
              "select by time");
}

std::string why_not_best(const Candidate& c, const Candidate& best, Objective objective) {
  const double ratio = cost(c, objective) / cost(best, objective);
  const bool energy = objective == Objective::energy;
  return fmt::format("{} {} per 1,000 inferences against {} {} of {}: {} times as much",
                     significant(cost(c, objective)), energy ? "J" : "s",
                     significant(cost(best, objective)), energy ? "J" : "s", best.workload,
                     significant(ratio));
}

void rank(std::span<const Candidate> candidates, const std::vector<std::size_t>& accepted,
          Selection& selection) {
  const Objective objective = selection.objective;
  // The first of equals by cost; of equal costs the more accurate, then the earlier.
  const std::size_t best =
      *std::min_element(accepted.begin(), accepted.end(), [&](std::size_t a, std::size_t b) {
        const double cost_a = cost(candidates[a], objective);
        const double cost_b = cost(candidates[b], objective);
        return cost_a != cost_b ? cost_a < cost_b : candidates[a].accuracy > candidates[b].accuracy;
      });
  selection.best = best;
  for (const std::size_t i : accepted) {
    const Candidate& c = candidates[i];
    if (i == best) continue;
    if (told_apart(c, candidates[best], objective)) {
      selection.rejected.push_back(
          {c.workload, c.run, why_not_best(c, candidates[best], objective)});
    } else {
      selection.tied.push_back(i);
    }
  }
}

}  // namespace

std::vector<bool> pareto_front(std::span<const Candidate> candidates) {
  std::vector<bool> front;
  for (const Candidate& c : candidates) {
    front.push_back(has_energy(c) &&
                    std::none_of(candidates.begin(), candidates.end(), [&](const Candidate& other) {
                      return has_energy(other) && estimated(other) == estimated(c) &&
                             dominates(other, c);
                    }));
  }
  return front;
}

Result<Selection> select_model(std::span<const Candidate> candidates, double min_accuracy,
                               Objective objective) {
  if (!(min_accuracy >= 0.0 && min_accuracy <= 1.0)) {
    return fail(ErrorKind::usage,
                fmt::format("the minimum accuracy {} is not in [0, 1]", min_accuracy),
                "give a share such as 0.88 for 88 %");
  }
  Selection selection;
  selection.min_accuracy = min_accuracy;
  selection.objective = objective;
  std::vector<std::size_t> accepted;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& c = candidates[i];
    std::string reason = obstacle(c, min_accuracy, objective);
    if (reason.empty()) {
      accepted.push_back(i);
    } else {
      selection.rejected.push_back({c.workload, c.run, std::move(reason)});
    }
  }
  if (accepted.empty()) return selection;
  if (objective == Objective::energy) {
    if (const auto pure = refuse_mixture(candidates, accepted); !pure) return fail(pure.error());
  }
  rank(candidates, accepted, selection);
  return selection;
}

std::vector<Step> marginal_steps(std::span<const Candidate> candidates) {
  const std::vector<bool> front = pareto_front(candidates);
  std::vector<std::size_t> rungs;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (front[i]) rungs.push_back(i);
  }
  std::stable_sort(rungs.begin(), rungs.end(), [&](std::size_t a, std::size_t b) {
    const Candidate& x = candidates[a];
    const Candidate& y = candidates[b];
    return x.accuracy != y.accuracy ? x.accuracy < y.accuracy : joules(x) < joules(y);
  });
  // Of equal accuracies only the thriftiest is a rung: the others buy time, not accuracy.
  const auto same = [&](std::size_t a, std::size_t b) {
    return candidates[a].accuracy == candidates[b].accuracy;
  };
  rungs.erase(std::unique(rungs.begin(), rungs.end(), same), rungs.end());
  std::vector<Step> steps;
  for (std::size_t i = 1; i < rungs.size(); ++i) {
    const Candidate& from = candidates[rungs[i - 1]];
    const Candidate& to = candidates[rungs[i]];
    if (estimated(from) != estimated(to)) continue;
    Step step{rungs[i - 1], rungs[i]};
    step.accuracy_points = (to.accuracy - from.accuracy) * 100.0;
    step.extra_energy_per_1000 = to.energy_per_1000.value - from.energy_per_1000.value;
    step.marginal_energy_per_point = step.extra_energy_per_1000 / step.accuracy_points;
    step.saving_if_step_down = joules(to) > 0.0 ? 1.0 - joules(from) / joules(to) : 0.0;
    steps.push_back(step);
  }
  return steps;
}

}  // namespace btrack::analysis
