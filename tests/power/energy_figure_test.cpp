// SPDX-License-Identifier: Apache-2.0
// Arithmetic of figures that carry an interval and a grade.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "btrack/power/energy.hpp"
#include "btrack/power/track.hpp"
#include "tests/power/synthetic.hpp"

namespace btrack::power {
namespace {

using test::at;
using test::every;
using test::expect_inside;
using test::flagged;
using test::measure;
using test::rapl;
using test::trace_of;
using test::Wave;
using test::window;

EnergyFigure figure(double value, Grade grade = Grade::C) {
  EnergyFigure f;
  f.source = EnergySource::measured;
  f.grade = grade;
  f.value = Joules(value);
  f.low = Joules(0.9 * value);
  f.high = Joules(1.2 * value);
  f.coverage = {"a"};
  return f;
}

TEST(EnergyFigure, SumIsLinearAndKeepsTheWorse) {
  const auto sum = figure(10) + figure(20, Grade::D);
  EXPECT_DOUBLE_EQ(sum.value.value(), 30);
  EXPECT_DOUBLE_EQ(sum.low.value(), 27);
  EXPECT_DOUBLE_EQ(sum.high.value(), 36);
  EXPECT_EQ(sum.grade, Grade::D);
  EXPECT_EQ(sum.coverage, std::vector<std::string>{"a"});
}

TEST(EnergyFigure, MissingStaysMissingAndEstimatesAreNotMixedIn) {
  EnergyFigure none;
  none.note = "no counter";
  EXPECT_EQ((figure(10) + none).source, EnergySource::missing);
  EXPECT_EQ((none + figure(10)).note, "no counter");
  auto estimate = figure(5, Grade::E);
  estimate.source = EnergySource::estimated;
  const auto mixed = figure(10) + estimate;
  EXPECT_EQ(mixed.source, EnergySource::missing);
  EXPECT_FALSE(mixed.note.empty());
  EXPECT_EQ((estimate + estimate).source, EnergySource::estimated);
}

TEST(EnergyFigure, PerItem) {
  EXPECT_DOUBLE_EQ((figure(10) / 4).high.value(), 3);
  EXPECT_EQ((figure(10) / 0).source, EnergySource::missing);
  EXPECT_EQ(energy_source_from(energy_source_name(EnergySource::estimated)),
            EnergySource::estimated);
}

}  // namespace
}  // namespace btrack::power
