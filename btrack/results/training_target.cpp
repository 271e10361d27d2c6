// SPDX-License-Identifier: Apache-2.0
// The first epoch that reached the target, and the sums until then.
#include "btrack/results/training_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace btrack::results {

std::optional<TrainingTarget> training_target(const RunRecord& record) {
  if (!record.settings.target_accuracy || phase_items(record, phase::train) <= 0) return {};
  TrainingTarget target;
  target.accuracy = *record.settings.target_accuracy;
  for (const Quality& quality : record.qualities) {
    if (quality.metric != "accuracy" || quality.value < target.accuracy) continue;
    target.epochs = std::min(target.epochs.value_or(quality.index + 1), quality.index + 1);
  }
  if (!target.epochs) {
    target.energy.note =
        fmt::format("the accuracy of {:.2f} % was not reached", target.accuracy * 100.0);
    return target;
  }
  RunRecord until;
  std::ranges::copy_if(record.windows, std::back_inserter(until.windows),
                       [&](const PhaseWindow& w) { return w.index < *target.epochs; });
  target.time = phase_time(until, phase::train);
  target.energy = phase_energy(until, phase::train);
  return target;
}

}  // namespace btrack::results
