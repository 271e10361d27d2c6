// SPDX-License-Identifier: Apache-2.0
// Clock marks: sleep and a changed wall clock are found, slew is not mistaken for either.
#include "btrack/power/trace.hpp"

#include <gtest/gtest.h>

namespace btrack::power {
namespace {

ClockMark mark(double monotonic_s, double boottime_s, double realtime_s) {
  const auto ns = [](double s) { return static_cast<std::int64_t>(s * 1e9); };
  return {steady_from_ns(ns(monotonic_s)), ns(monotonic_s), ns(realtime_s), ns(boottime_s)};
}

TEST(ClockMarks, SleepShowsInBootTimeOnly) {
  const std::vector<ClockMark> marks{mark(10, 10, 1000), mark(20, 20, 1010), mark(30, 90, 1080)};
  const auto asleep = suspensions(marks);
  ASSERT_EQ(asleep.size(), 1U);
  EXPECT_EQ(asleep[0].begin, marks[1].monotonic);
}

TEST(ClockMarks, SetTimeIsAStepAndSlewIsNot) {
  const std::vector<ClockMark> marks{mark(10, 10, 1000), mark(20, 20, 1010.005), mark(30, 30, 950)};
  EXPECT_TRUE(suspensions(marks).empty());
  ASSERT_EQ(clock_steps(marks).size(), 1U);
  EXPECT_EQ(clock_steps(marks)[0].end, marks[2].monotonic);
}

TEST(ClockMarks, TheSystemsClocksAgreeWithThemselves) {
  const std::vector<ClockMark> marks{clock_mark(), clock_mark()};
  EXPECT_TRUE(suspensions(marks).empty());
  EXPECT_TRUE(clock_steps(marks).empty());
}

}  // namespace
}  // namespace btrack::power
