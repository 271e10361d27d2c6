// SPDX-License-Identifier: Apache-2.0
// Which model is worth its energy: Pareto front, candidate under limits, price of each accuracy
// point.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/results/record.hpp"
#include "btrack/stats/estimate.hpp"

namespace btrack::analysis {

/// One model as a point of the trade-off; made from a complete record.
struct Candidate {
  std::string run;  ///< id of the record
  std::string workload;
  double accuracy = 0.0;                ///< in [0, 1], last epoch, test set
  power::EnergyFigure energy_per_1000;  ///< 1,000 inferences
  Seconds seconds_per_1000{};           ///< 1,000 inferences, mean over the repetitions
  power::EnergyFigure train_energy;     ///< missing where the run did not train
  Seconds train_time{};
  std::int64_t parameters = 0;
  /// 95 % intervals of repeatability, per 1,000 inferences, from the repetitions (seconds; joules).
  /// Infinite for a single repetition.
  stats::Estimate repeated_seconds;
  stats::Estimate repeated_joules;
};

/// The records that can be compared (complete, with accuracy and an inference energy), newest of
/// each workload and settings, in the order of `records` (newest last); and why each of the others
/// cannot.
struct Comparable {
  std::vector<Candidate> candidates;
  std::vector<std::pair<std::string, std::string>> left_out;  ///< run id, reason
};
Comparable comparable(std::span<const results::RunRecord> records);

/// For each candidate: is it on the front of (accuracy up, energy down, seconds down)? Uses point
/// values; equal points are on it together.
std::vector<bool> pareto_front(std::span<const Candidate> candidates);

enum class Objective { energy, time };

struct Rejection {
  std::string workload;
  std::string run;
  std::string reason;  ///< "accuracy 84.2 % is below the required 88 %"
};

struct Selection {
  std::optional<std::size_t> best;  ///< index into the candidates
  std::vector<std::size_t> tied;    ///< accepted, but not told apart from the best at 95 %
  std::vector<Rejection> rejected;  ///< every candidate that is neither
  double min_accuracy = 0.0;
  Objective objective = Objective::energy;
};

/// The candidate with the least energy (or time) per inference among those of at least
/// `min_accuracy` in [0, 1] (else a usage error).
///
/// Estimates (grade E) are never ranked by energy against measurements: mixing them among the
/// accepted is a usage error that names the runs. Figures of grade F are rejected.
///
/// Two candidates are tied where their 95 % intervals overlap. Energies with the same source and
/// the same coverage share the sensor's gain (or the model's), which cancels when they are
/// compared: for those the interval is that of the repetitions alone (measurement without the
/// common gain, GUM 5.2). Otherwise it is the whole interval of the figure. Times always use the
/// repetitions.
Result<Selection> select_model(std::span<const Candidate> candidates, double min_accuracy,
                               Objective objective);

/// From one rung to the next more accurate one: what a point of accuracy costs.
struct Step {
  std::size_t from = 0;  ///< index into the candidates
  std::size_t to = 0;
  double accuracy_points = 0.0;        ///< percentage points gained
  Joules extra_energy_per_1000{};      ///< point values' difference
  Joules marginal_energy_per_point{};  ///< extra energy / points
  double saving_if_step_down = 0.0;    ///< share of the upper rung's energy, below 0 where it costs
};
/// Over the candidates of the front, by rising accuracy; of equal accuracies the one of least
/// energy. No step between a measured and an estimated energy.
std::vector<Step> marginal_steps(std::span<const Candidate> candidates);

}  // namespace btrack::analysis
