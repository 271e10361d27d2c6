// SPDX-License-Identifier: Apache-2.0
// What it took a training to reach the accuracy that was asked for.
#pragma once

#include <optional>

#include "btrack/results/record.hpp"

namespace btrack::results {

/// Time and energy of the train windows up to and including the epoch after which the test
/// accuracy was the target's; the evaluations between them are not in it.
struct TrainingTarget {
  double accuracy = 0.0;               ///< the target, in [0, 1]
  std::optional<std::int64_t> epochs;  ///< until it was reached; absent: it was not
  Seconds time{};
  power::EnergyFigure energy;  ///< missing, with the reason, where it was not reached
};

/// Nothing where the run has no target or no training.
std::optional<TrainingTarget> training_target(const RunRecord& record);

}  // namespace btrack::results
