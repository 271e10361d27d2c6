// SPDX-License-Identifier: Apache-2.0
// When to stop repeating a measurement: a value object, copied per run.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "btrack/stats/estimate.hpp"

namespace btrack::stats {

/// Looking several times makes an early stop by luck likelier; intervals are widened by this factor
/// (docs/method.md, repetitions; the project's policy value).
inline constexpr double kOptionalLooksFactor = 1.1;

struct StoppingLimits {
  std::size_t min_repetitions = 5;
  std::size_t max_repetitions = 20;  ///< raised to the minimum where it is below it
  double relative_target = 0.02;     ///< half-width of the interval / |mean|
  double confidence = 0.95;
};

enum class StopReason {
  not_finished,
  converged,               ///< below the target at two looks running
  converged_above_target,  ///< further repetitions no longer narrow the interval
  budget,                  ///< the maximum number of repetitions is reached
};
/// "converged_above_target": the stable name in records.
std::string_view stop_reason_name(StopReason reason);

/// Looks at the sample only after 5, 7, 10, 14, 20, 28, 40 ... repetitions (each about sqrt(2)
/// times the last; the minimum and the maximum are looks too), so that the chance of stopping by
/// luck stays small. Independent noise narrows the interval by some 16 % from look to look; where
/// it narrows by less than 5 % at two looks running, the noise has settled above the target.
class StoppingRule {
 public:
  explicit StoppingRule(StoppingLimits limits);

  /// One more repetition, in any unit; ignored once finished. Throws std::invalid_argument unless
  /// finite.
  void add(double value);
  [[nodiscard]] bool finished() const { return reason_ != StopReason::not_finished; }
  [[nodiscard]] StopReason reason() const { return reason_; }
  [[nodiscard]] std::size_t repetitions() const { return sample_.size(); }
  /// Mean of the sample, interval widened by kOptionalLooksFactor; nothing before the first value.
  [[nodiscard]] std::optional<Estimate> estimate() const;

 private:
  void look();

  StoppingLimits limits_;
  std::vector<double> sample_;
  std::size_t next_look_ = 0;
  int looks_below_target_ = 0;  // running
  int looks_without_gain_ = 0;  // running
  std::optional<double> last_width_;
  StopReason reason_ = StopReason::not_finished;
};

}  // namespace btrack::stats
