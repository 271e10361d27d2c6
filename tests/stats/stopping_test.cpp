// SPDX-License-Identifier: Apache-2.0
// The stopping rule, repetition by repetition.
#include "btrack/stats/stopping.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace btrack::stats {
namespace {

/// Adds what `value(i)` gives, i from 1, until the rule stops (or 1,000 are in).
template <class Function>
StoppingRule run(StoppingLimits limits, Function value) {
  StoppingRule rule(limits);
  for (int i = 1; i <= 1000 && !rule.finished(); ++i) rule.add(value(i));
  return rule;
}

/// +1 and -1 in turn: a deviation that neither grows nor shrinks.
double alternating(int i) { return i % 2 == 0 ? 1.0 : -1.0; }

TEST(Stopping, SteadyValuesNeedTwoLooks) {
  StoppingRule rule({.min_repetitions = 5, .max_repetitions = 20, .relative_target = 0.02});
  for (int i = 1; i <= 6; ++i) {
    rule.add(3.0);
    EXPECT_FALSE(rule.finished()) << i;
  }
  rule.add(3.0);
  EXPECT_EQ(rule.reason(), StopReason::converged);
  EXPECT_EQ(rule.repetitions(), 7U);
  rule.add(99.0);
  EXPECT_EQ(rule.repetitions(), 7U);
  EXPECT_EQ(rule.estimate()->value, 3.0);
}

TEST(Stopping, OneLookBelowTheTargetIsNotEnough) {
  // Quiet at the look of 5, one outlier before the look of 7, then quiet again.
  const auto rule = run({.min_repetitions = 5, .max_repetitions = 100, .relative_target = 0.02},
                        [](int i) { return i == 6 ? 101.0 : 100.0 + 0.1 * alternating(i); });
  EXPECT_EQ(rule.reason(), StopReason::converged);
  EXPECT_EQ(rule.repetitions(), 7U);  // 1 % off once is still inside 2 %

  const auto disturbed =
      run({.min_repetitions = 5, .max_repetitions = 100, .relative_target = 0.02},
          [](int i) { return i == 6 ? 110.0 : 100.0; });
  EXPECT_EQ(disturbed.reason(), StopReason::converged);
  EXPECT_EQ(disturbed.repetitions(), 20U);  // wide at 7, 10; below at 14 and at 20
}

TEST(Stopping, IndependentNoiseAboveTheTargetRunsToTheBudget) {
  const auto rule = run({.min_repetitions = 5, .max_repetitions = 20, .relative_target = 0.02},
                        [](int i) { return 10.0 + alternating(i); });
  EXPECT_EQ(rule.reason(), StopReason::budget);
  EXPECT_EQ(rule.repetitions(), 20U);
}

TEST(Stopping, NoiseThatGrowsSettlesAboveTheTarget) {
  const auto rule = run({.min_repetitions = 5, .max_repetitions = 1000, .relative_target = 0.02},
                        [](int i) { return 100.0 + i * alternating(i); });
  EXPECT_EQ(rule.reason(), StopReason::converged_above_target);
  EXPECT_LT(rule.repetitions(), 40U);
  EXPECT_GT(rule.estimate()->relative_half_width(), 0.02);
}

TEST(Stopping, LooksOnlyOnSchedule) {
  StoppingRule rule({.min_repetitions = 3, .max_repetitions = 12, .relative_target = 0.5});
  for (const double v : {1.0, 1.0, 1.0}) rule.add(v);
  EXPECT_FALSE(rule.finished());  // first look, at the minimum
  rule.add(1.0);
  EXPECT_FALSE(rule.finished());  // 4 is no look
  rule.add(1.0);
  EXPECT_TRUE(rule.finished());  // 5 is
}

TEST(Stopping, TheMaximumIsALook) {
  const auto rule = run({.min_repetitions = 5, .max_repetitions = 6, .relative_target = 0.02},
                        [](int) { return 1.0; });
  EXPECT_EQ(rule.reason(), StopReason::converged);
  EXPECT_EQ(rule.repetitions(), 6U);
}

TEST(Stopping, OneRepetitionIsABudgetWithAnInfiniteInterval) {
  const auto rule = run({.min_repetitions = 1, .max_repetitions = 1}, [](int) { return 5.0; });
  EXPECT_EQ(rule.reason(), StopReason::budget);
  EXPECT_EQ(rule.repetitions(), 1U);
  EXPECT_TRUE(std::isinf(rule.estimate()->high));
}

TEST(Stopping, AMaximumBelowTheMinimumIsRaised) {
  const auto rule = run({.min_repetitions = 5, .max_repetitions = 2}, [](int i) { return i; });
  EXPECT_EQ(rule.repetitions(), 5U);
  EXPECT_EQ(rule.reason(), StopReason::budget);
}

TEST(Stopping, TheIntervalIsWidenedForOptionalLooks) {
  StoppingRule rule({});
  EXPECT_FALSE(rule.estimate().has_value());
  for (const double v : {1.0, 2.0, 3.0, 4.0, 5.0}) rule.add(v);
  const double half = 2.7764451051977934 * std::sqrt(2.5 / 5.0);
  EXPECT_NEAR(rule.estimate()->half_width(), 1.1 * half, 1e-9);
}

TEST(Stopping, RefusesWhatIsNoNumber) {
  StoppingRule rule({});
  EXPECT_THROW(rule.add(std::nan("")), std::invalid_argument);
  EXPECT_THROW(rule.add(std::numeric_limits<double>::infinity()), std::invalid_argument);
}

TEST(Stopping, ACopyGoesItsOwnWay) {
  StoppingRule first({});
  first.add(1.0);
  StoppingRule second = first;
  second.add(2.0);
  EXPECT_EQ(first.repetitions(), 1U);
  EXPECT_EQ(second.repetitions(), 2U);
}

TEST(Stopping, ReasonsHaveStableNames) {
  EXPECT_EQ(stop_reason_name(StopReason::converged), "converged");
  EXPECT_EQ(stop_reason_name(StopReason::converged_above_target), "converged_above_target");
  EXPECT_EQ(stop_reason_name(StopReason::budget), "budget");
  EXPECT_EQ(stop_reason_name(StopReason::not_finished), "not_finished");
}

}  // namespace
}  // namespace btrack::stats
