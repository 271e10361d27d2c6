// SPDX-License-Identifier: Apache-2.0
// Three significant digits, a unit on every number, and intervals with every energy.
#include "btrack/report/format.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace btrack::report {
namespace {

TEST(Format, NumbersHaveThreeDigitsAndGroups) {
  EXPECT_EQ(number(0.012345), "0.0123");
  EXPECT_EQ(number(123456.0), "123,000");
  EXPECT_EQ(number(999.6), "1,000");
  EXPECT_EQ(number(-1234.0), "-1,230");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "-");
  EXPECT_EQ(count(61706), "61,706");
  EXPECT_EQ(percent(0.912), "91.2 %");
}

TEST(Format, AnAccuracyJustBelowTheRequirementLooksBelowIt) {
  EXPECT_EQ(accuracy(0.8799), "87.99 %");
  EXPECT_EQ(accuracy(1.0), "100.00 %");
  EXPECT_EQ(accuracy(0.0), "0.00 %");
  EXPECT_EQ(required_accuracy(0.88), "88.00 %");
  EXPECT_EQ(required_accuracy(0.87995), "87.995 %");
  EXPECT_EQ(required_accuracy(0.9), "90.00 %");
  EXPECT_EQ(points(0.56), "0.56");
}

TEST(Format, UnitsFollowTheSize) {
  EXPECT_EQ(joules(Joules(8.214)), "8.21 J");
  EXPECT_EQ(joules(Joules(0.9996)), "1.00 J");
  EXPECT_EQ(joules(Joules(12345.0)), "12.3 kJ");
  EXPECT_EQ(joules(Joules(0.0)), "0 J");
  EXPECT_EQ(duration(Seconds(0.000812)), "812 µs");
  EXPECT_EQ(duration(Seconds(18.0)), "18.0 s");
  EXPECT_EQ(duration(Seconds(816.0)), "13.6 min");
  EXPECT_EQ(duration(Seconds(7200.0)), "2.00 h");
}

TEST(Format, AnEnergyNeverStandsWithoutItsInterval) {
  power::EnergyFigure energy;
  EXPECT_EQ(energy_cell(energy), "-");
  energy.high = Joules(0.2);  // too short to measure: an upper bound, never 0 J
  EXPECT_EQ(energy_cell(energy), "< 0.200");
  energy.source = power::EnergySource::measured;
  energy.value = Joules(8.2);
  energy.low = Joules(6.1);
  energy.high = Joules(11.3);
  EXPECT_EQ(energy_cell(energy), "8.20 [6.10, 11.3]");
}

}  // namespace
}  // namespace btrack::report
