// SPDX-License-Identifier: Apache-2.0
// Front, selection with its honesty rules, marginal steps; and the degenerate cases.
#include "btrack/analysis/trade_off.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace btrack::analysis {
namespace {

using power::EnergySource;
using power::Grade;

/// Energy +-5 % as a whole, repetitions +-1 %, both of energy and of time.
Candidate point(std::string name, double accuracy, double joules, double seconds) {
  Candidate c;
  c.run = "run-" + name;
  c.workload = std::move(name);
  c.accuracy = accuracy;
  c.energy_per_1000.source = EnergySource::measured;
  c.energy_per_1000.grade = Grade::C;
  c.energy_per_1000.value = Joules(joules);
  c.energy_per_1000.low = Joules(joules * 0.95);
  c.energy_per_1000.high = Joules(joules * 1.05);
  c.energy_per_1000.coverage = {"package-0", "dram-0"};
  c.seconds_per_1000 = Seconds(seconds);
  c.repeated_joules = {joules, joules * 0.99, joules * 1.01, 0.95, 5};
  c.repeated_seconds = {seconds, seconds * 0.99, seconds * 1.01, 0.95, 5};
  return c;
}

Candidate estimate(std::string name, double accuracy, double joules, double seconds) {
  Candidate c = point(std::move(name), accuracy, joules, seconds);
  c.energy_per_1000.source = EnergySource::estimated;
  c.energy_per_1000.grade = Grade::E;
  c.energy_per_1000.coverage = {"estimate/cpu"};
  return c;
}

TEST(Front, DropsOnlyWhatIsBeatenOnEveryAxis) {
  const std::vector<Candidate> all = {point("small", 0.80, 1, 1), point("mid", 0.85, 2, 2),
                                      point("beaten", 0.84, 3, 2), point("fast", 0.84, 3, 0.5),
                                      point("big", 0.90, 9, 9)};
  EXPECT_EQ(pareto_front(all), (std::vector<bool>{true, true, false, true, true}));
}

TEST(Front, DegenerateCases) {
  EXPECT_TRUE(pareto_front({}).empty());
  const std::vector<Candidate> one = {point("a", 0.8, 1, 1)};
  EXPECT_EQ(pareto_front(one), std::vector<bool>{true});
  const std::vector<Candidate> equal = {point("a", 0.8, 1, 1), point("b", 0.8, 1, 1)};
  EXPECT_EQ(pareto_front(equal), (std::vector<bool>{true, true}));
  std::vector<Candidate> missing = {point("a", 0.8, 1, 1), point("b", 0.9, 0, 1)};
  missing[1].energy_per_1000.source = EnergySource::missing;
  EXPECT_EQ(pareto_front(missing), (std::vector<bool>{true, false}));
}

TEST(Front, EstimatesAndMeasurementsDoNotBeatEachOther) {
  const std::vector<Candidate> mixed = {point("measured", 0.8, 5, 5),
                                        estimate("modelled", 0.9, 1, 1)};
  EXPECT_EQ(pareto_front(mixed), (std::vector<bool>{true, true}));
}

TEST(Select, TheLeastEnergyAmongTheAccurateEnough) {
  const std::vector<Candidate> all = {point("low", 0.842, 1, 1), point("good", 0.89, 2, 5),
                                      point("dear", 0.91, 8, 2)};
  const auto s = select_model(all, 0.88, Objective::energy).value();
  EXPECT_EQ(s.best, 1U);
  EXPECT_TRUE(s.tied.empty());
  ASSERT_EQ(s.rejected.size(), 2U);
  EXPECT_EQ(s.rejected[0].reason, "accuracy 84.2 % is below the required 88 %");
  EXPECT_EQ(s.rejected[1].reason,
            "8.00 J per 1,000 inferences against 2.00 J of good: 4.00 times as much");
  const auto by_time = select_model(all, 0.88, Objective::time).value();
  EXPECT_EQ(by_time.best, 2U);
  EXPECT_EQ(by_time.rejected[1].reason,
            "5.00 s per 1,000 inferences against 2.00 s of dear: 2.50 times as much");
  EXPECT_EQ(select_model(all, 0.842, Objective::energy)->best, 0U);  // the limit itself is enough
}

TEST(Select, DegenerateCases) {
  const auto none = select_model({}, 0.5, Objective::energy).value();
  EXPECT_FALSE(none.best);
  EXPECT_TRUE(none.rejected.empty());
  const std::vector<Candidate> one = {point("a", 0.8, 1, 1)};
  EXPECT_EQ(select_model(one, 0.8, Objective::energy)->best, 0U);
  const auto refused = select_model(one, 0.81, Objective::energy).value();
  EXPECT_FALSE(refused.best);
  EXPECT_EQ(refused.rejected.size(), 1U);
  const std::vector<Candidate> equal = {point("a", 0.8, 1, 1), point("b", 0.8, 1, 1)};
  const auto tie = select_model(equal, 0.5, Objective::energy).value();
  EXPECT_EQ(tie.best, 0U);
  EXPECT_EQ(tie.tied, std::vector<std::size_t>{1});
  for (const double wrong : {-0.1, 1.1, 88.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(select_model(one, wrong, Objective::energy).error().kind, ErrorKind::usage);
  }
}

TEST(Select, ACommonGainCancelsAndOnlyRepeatabilityDecides) {
  // 4 % apart: the whole intervals (+-5 %) overlap, those of the repetitions (+-1 %) do not.
  std::vector<Candidate> pair = {point("a", 0.9, 100, 1), point("b", 0.9, 104, 1)};
  std::swap(pair[1].energy_per_1000.coverage[0], pair[1].energy_per_1000.coverage[1]);
  EXPECT_TRUE(select_model(pair, 0.5, Objective::energy)->tied.empty());
  pair[1].energy_per_1000.coverage = {"package-0"};  // another sum: the gains differ
  EXPECT_EQ(select_model(pair, 0.5, Objective::energy)->tied, std::vector<std::size_t>{1});
}

TEST(Select, OneRepetitionCannotTellApart) {
  std::vector<Candidate> pair = {point("a", 0.9, 1, 1), point("b", 0.9, 10, 10)};
  const double infinity = std::numeric_limits<double>::infinity();
  pair[1].repeated_joules = pair[1].repeated_seconds = {10, -infinity, infinity, 0.95, 1};
  EXPECT_EQ(select_model(pair, 0.5, Objective::energy)->tied, std::vector<std::size_t>{1});
  EXPECT_EQ(select_model(pair, 0.5, Objective::time)->tied, std::vector<std::size_t>{1});
}

TEST(Select, EstimatesAreNotRankedAgainstMeasurements) {
  const std::vector<Candidate> mixed = {point("m", 0.9, 5, 5), estimate("e", 0.9, 1, 1)};
  const auto refused = select_model(mixed, 0.5, Objective::energy);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_EQ(refused.error().message,
            "estimated energies cannot be ranked against measured ones: estimated (grade E) are "
            "run-e (e); measured are run-m (m)");
  EXPECT_FALSE(refused.error().remedy.empty());
  EXPECT_EQ(select_model(mixed, 0.5, Objective::time)->best, 1U);
  const std::vector<Candidate> alike = {estimate("e", 0.9, 1, 1), estimate("f", 0.9, 2, 1)};
  EXPECT_EQ(select_model(alike, 0.5, Objective::energy)->best, 0U);
  // A mixture in which one kind is not accurate enough is none.
  const std::vector<Candidate> apart = {point("m", 0.9, 5, 5), estimate("e", 0.7, 1, 1)};
  EXPECT_EQ(select_model(apart, 0.8, Objective::energy)->best, 0U);
}

TEST(Select, MissingAndInvalidEnergiesAreRejectedWithTheReason) {
  std::vector<Candidate> all = {point("gone", 0.9, 0, 1), point("bad", 0.9, 1, 1),
                                point("good", 0.9, 5, 5)};
  all[0].energy_per_1000 = {};
  all[1].energy_per_1000.grade = Grade::F;
  const auto s = select_model(all, 0.5, Objective::energy).value();
  EXPECT_EQ(s.best, 2U);
  ASSERT_EQ(s.rejected.size(), 2U);
  EXPECT_EQ(s.rejected[0].reason, "its inference energy is missing");
  EXPECT_EQ(s.rejected[1].reason, "its inference energy is invalid (grade F)");
}

TEST(Steps, PriceEachPointOfAccuracy) {
  const std::vector<Candidate> all = {point("top", 0.90, 10, 9), point("low", 0.80, 1, 1),
                                      point("mid", 0.85, 2, 2), point("beaten", 0.82, 5, 5)};
  const auto steps = marginal_steps(all);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].from, 1U);
  EXPECT_EQ(steps[0].to, 2U);
  EXPECT_NEAR(steps[0].accuracy_points, 5.0, 1e-9);
  EXPECT_NEAR(steps[0].extra_energy_per_1000.value(), 1.0, 1e-12);
  EXPECT_NEAR(steps[0].marginal_energy_per_point.value(), 0.2, 1e-9);
  EXPECT_NEAR(steps[0].saving_if_step_down, 0.5, 1e-12);
  EXPECT_EQ(steps[1].to, 0U);
  EXPECT_NEAR(steps[1].marginal_energy_per_point.value(), 1.6, 1e-9);
  EXPECT_NEAR(steps[1].saving_if_step_down, 0.8, 1e-12);
}

TEST(Steps, DegenerateCases) {
  EXPECT_TRUE(marginal_steps({}).empty());
  const std::vector<Candidate> one = {point("a", 0.8, 1, 1)};
  EXPECT_TRUE(marginal_steps(one).empty());
  const std::vector<Candidate> equal = {point("a", 0.8, 1, 1), point("b", 0.8, 1, 1)};
  EXPECT_TRUE(marginal_steps(equal).empty());  // no division by no points
  const std::vector<Candidate> mixed = {point("m", 0.8, 1, 1), estimate("e", 0.9, 2, 2)};
  EXPECT_TRUE(marginal_steps(mixed).empty());
}

}  // namespace
}  // namespace btrack::analysis
