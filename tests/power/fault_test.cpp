// SPDX-License-Identifier: Apache-2.0
// Wraps, resets, glitches, gaps, standstills: undone, bounded or invalid, and always flagged.
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

TEST(CounterDifference, OneWrapInOnePlace) {
  EXPECT_EQ(counter_difference(10, 25, 100), 15U);
  EXPECT_EQ(counter_difference(90, 5, 100), 15U);
  EXPECT_EQ(counter_difference(UINT64_MAX - 4, 5, 0), 10U);
}

TEST(GuardInterval, FifthOfTheWrapTimeAndTenSecondsAtMost) {
  Channel c = rapl();
  EXPECT_DOUBLE_EQ(guard_interval(c).count(), 10.0);
  c.si_per_count = 1.0 / 65536;
  c.power_limit = Watts(10'000);
  EXPECT_NEAR(guard_interval(c).count(), 0.2 * 65536 / 10'000, 1e-9);
}

TEST(Fault, WrapInsideTheWindow) {
  const auto near_wrap = (1ULL << 32) - 2'000'000;  // 122 J before
  const auto figure =
      measure(trace_of(rapl(), Wave{}, every(0.1, 0, 10), near_wrap), window(0.5, 5.5));
  EXPECT_NEAR(figure.value.value(), 500, 0.05);
  EXPECT_TRUE(flagged(figure, "wrapped"));
  EXPECT_EQ(figure.grade, Grade::C);
}

TEST(Fault, FullWidthCounterWraps) {
  Channel c = rapl();
  c.modulus = 0;
  const auto figure =
      measure(trace_of(c, Wave{}, every(0.1, 0, 10), UINT64_MAX - 1'000'000), window(0.5, 5.5));
  EXPECT_NEAR(figure.value.value(), 500, 0.05);
  EXPECT_EQ(figure.grade, Grade::C);
}

TEST(Fault, ResetIsNotAWrap) {
  auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10), 1'000'000'000);
  for (auto& r : trace.readings) {
    if (r.time > at(4.95)) r.count -= 1'000'000'000 + 490 * 16384;  // the driver starts from 0
  }
  const auto figure = measure(trace, window(0.5, 9.5));
  EXPECT_TRUE(flagged(figure, "reset"));
  EXPECT_EQ(figure.grade, Grade::F);
  expect_inside(figure, 900);
  EXPECT_FALSE(figure.note.empty());
  EXPECT_EQ(measure(trace, window(5.5, 9.5)).grade, Grade::C);  // clean after it
}

TEST(Fault, GapThatMayHideWrapsIsInvalidAndBounded) {
  Channel c = rapl();
  c.si_per_count = 1.0 / 65536;  // 65.5 kJ: 65.5 s at the limit of 1000 W
  auto times = every(0.1, 0, 5);
  const auto later = every(0.1, 800, 805);  // 79.5 kJ of 100 W: one wrap is not seen
  times.insert(times.end(), later.begin(), later.end());
  const auto figure = measure(trace_of(c, Wave{}, times), window(1, 804));
  EXPECT_TRUE(flagged(figure, "gap"));
  EXPECT_EQ(figure.grade, Grade::F);
  expect_inside(figure, 80'300);
}

TEST(Fault, ShortGapOfACounterLosesNothing) {
  auto times = every(0.1, 0, 3);
  const auto later = every(0.1, 9, 12);
  times.insert(times.end(), later.begin(), later.end());
  const Wave wave{100, 40, 0.9};
  const auto figure = measure(trace_of(rapl(), wave, times), window(1, 11));
  EXPECT_NEAR(figure.value.value() / wave.joules(1, 11), 1.0, 1e-2);
  EXPECT_EQ(figure.grade, Grade::C);
}

TEST(Fault, ASingleSentinelIsAGlitchAndCostsNothing) {
  auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10));
  trace.readings[50].count = 4'294'967'294;
  trace.readings[70].count -= 3;  // not atomic: a moment behind
  const auto figure = measure(trace, window(1, 9));
  EXPECT_EQ(figure.grade, Grade::C);
  EXPECT_TRUE(flagged(figure, "glitch"));
  EXPECT_NEAR(figure.value.value(), 800, 0.1);
}

TEST(Fault, ImplausibleJumpIsInvalid) {
  auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10));
  for (auto& r : trace.readings) {
    if (r.time > at(5)) r.count += 100'000'000;  // 6 kJ in a tenth of a second
  }
  const auto figure = measure(trace, window(1, 9));
  EXPECT_EQ(figure.grade, Grade::F);
  EXPECT_TRUE(flagged(figure, "implausible"));
  expect_inside(figure, 800);
}

TEST(Fault, FailedReadingsAreLeftOutAndNamed) {
  auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10));
  trace.readings[30].flags = reading_flags::failed;
  trace.readings[30].count = 0;
  const auto figure = measure(trace, window(1, 9));
  EXPECT_NEAR(figure.value.value(), 800, 0.1);
  EXPECT_TRUE(flagged(figure, "failed-readings"));
  EXPECT_EQ(figure.grade, Grade::C);
}

TEST(Fault, FrozenCounterIsMissing) {
  auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10));
  for (auto& r : trace.readings) r.count = 77;
  EXPECT_EQ(measure(trace, window(1, 9)).source, EnergySource::missing);
  auto half = trace_of(rapl(), Wave{}, every(0.1, 0, 20));
  for (auto& r : half.readings) {
    if (r.time > at(10)) r.count = half.readings[100].count;
  }
  EXPECT_EQ(measure(half, window(12, 18)).source, EnergySource::missing);
}

TEST(Fault, RestingDomainKeepsItsEnergyWhereItWasUsed) {
  auto trace = trace_of(rapl(), Wave{}, every(0.01, 0, 10));
  const auto resting = trace.readings[200].count;  // nothing drawn from 2 s to 6 s
  for (auto& r : trace.readings) {
    if (r.time > at(2) && r.time <= at(6)) r.count = resting;
    if (r.time > at(6)) r.count -= 400 * 16384;
  }
  EXPECT_NEAR(measure(trace, window(4, 8)).value.value(), 200, 0.5);
}

}  // namespace
}  // namespace btrack::power
