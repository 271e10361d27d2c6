// SPDX-License-Identifier: Apache-2.0
// The look schedule, the target rule and the settle rule.
#include "btrack/stats/stopping.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace btrack::stats {
namespace {

constexpr std::array<std::size_t, 7> kLooks = {5, 7, 10, 14, 20, 28, 40};
constexpr double kWorthwhileGain = 0.05;  // the 5 % rule
constexpr int kRunning = 2;               // one look alone may be luck

std::size_t look_after(std::size_t repetitions) {
  for (const std::size_t look : kLooks) {
    if (look > repetitions) return look;
  }
  return static_cast<std::size_t>(std::ceil(static_cast<double>(repetitions) * std::sqrt(2.0)));
}

}  // namespace

std::string_view stop_reason_name(StopReason reason) {
  switch (reason) {
    case StopReason::not_finished:
      return "not_finished";
    case StopReason::converged:
      return "converged";
    case StopReason::converged_above_target:
      return "converged_above_target";
    case StopReason::budget:
      return "budget";
  }
  return "not_finished";
}

StoppingRule::StoppingRule(StoppingLimits limits) : limits_(limits) {
  limits_.min_repetitions = std::max<std::size_t>(limits_.min_repetitions, 1);
  limits_.max_repetitions = std::max(limits_.max_repetitions, limits_.min_repetitions);
  next_look_ = limits_.min_repetitions;
}

void StoppingRule::add(double value) {
  if (finished()) return;
  if (!std::isfinite(value)) {
    throw std::invalid_argument("StoppingRule: a repetition must be a finite number");
  }
  sample_.push_back(value);
  if (sample_.size() == next_look_ || sample_.size() == limits_.max_repetitions) look();
}

void StoppingRule::look() {
  next_look_ = std::min(look_after(sample_.size()), limits_.max_repetitions);
  const double width = estimate()->relative_half_width();
  looks_below_target_ = width <= limits_.relative_target ? looks_below_target_ + 1 : 0;
  const bool gained = !last_width_ || width < *last_width_ * (1.0 - kWorthwhileGain);
  looks_without_gain_ = gained ? 0 : looks_without_gain_ + 1;
  last_width_ = width;
  if (looks_below_target_ >= kRunning) {
    reason_ = StopReason::converged;
  } else if (sample_.size() >= limits_.max_repetitions) {
    reason_ = StopReason::budget;
  } else if (looks_without_gain_ >= kRunning && looks_below_target_ == 0) {
    reason_ = StopReason::converged_above_target;
  }
}

std::optional<Estimate> StoppingRule::estimate() const {
  if (sample_.empty()) return std::nullopt;
  return widened(mean(sample_, limits_.confidence), kOptionalLooksFactor);
}

}  // namespace btrack::stats
