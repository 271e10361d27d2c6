// SPDX-License-Identifier: Apache-2.0
// Stamps of another clock as instants of ours.
#include "btrack/power/device_clock.hpp"

#include <gtest/gtest.h>

namespace btrack::power {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kOffset = 1'700'000'000'000'000'000;  // the wall clock is ahead by this

SteadyTime at(std::int64_t microseconds) { return steady_from_ns(microseconds * 1000); }
std::int64_t wall(std::int64_t microseconds) { return kOffset + microseconds * 1000; }

TEST(DeviceClock, KnowsNothingBeforeTheFirstObservation) {
  EXPECT_FALSE(DeviceClock().at(wall(1)));
}

TEST(DeviceClock, EachObservationNarrowsTheDoubt) {
  DeviceClock clock;
  clock.observe(wall(1000), at(990), at(1030));
  ASSERT_TRUE(clock.at(wall(5000)));
  EXPECT_EQ(clock.at(wall(5000))->half, 20us);
  clock.observe(wall(2000), at(1998), at(2050));  // low end known better, high end not
  EXPECT_EQ(clock.at(wall(5000))->half, 16us);
  clock.observe(wall(3000), at(2900), at(3001));
  const auto mapped = clock.at(wall(5000));
  EXPECT_LE(mapped->half, 2us);
  EXPECT_LE(std::chrono::abs(mapped->time - at(5000)), mapped->half);
  EXPECT_EQ(clock.steps(), 0U);
}

TEST(DeviceClock, StampsOfOldValuesAreFilteredByTheSmallestDelay) {
  // A value stands for up to 100 ms; the read that comes 1 ms after its renewal decides.
  DeviceClock clock(50e-6);
  for (const std::int64_t age : {80'000, 40'000, 1'000, 60'000, 99'000}) {
    const std::int64_t read = 10'000'000 + age;
    clock.observe(wall(10'000'000), at(read - 100'000), at(read));
  }
  const auto mapped = clock.at(wall(10'000'000));
  ASSERT_TRUE(mapped);
  EXPECT_LE(std::chrono::abs(mapped->time - at(10'000'000)), mapped->half);
  EXPECT_LE(mapped->half, 1500us);
}

TEST(DeviceClock, ADriftingClockIsFollowedInsideItsDoubt) {
  DeviceClock clock(50e-6);
  for (std::int64_t t = 1'000'000; t < 600'000'000; t += 100'000) {
    const std::int64_t shown = t + t / 25'000;  // 40 ppm fast
    clock.observe(wall(shown), at(t - 20), at(t + 20));
    const auto mapped = clock.at(wall(shown));
    ASSERT_LE(std::chrono::abs(mapped->time - at(t)), mapped->half);
    ASSERT_LE(mapped->half, 25us);
  }
  EXPECT_EQ(clock.steps(), 0U);
}

TEST(DeviceClock, AStepOfTheWallClockIsSeenAndFollowed) {
  DeviceClock clock;
  clock.observe(wall(1000), at(999), at(1001));
  constexpr std::int64_t kStep = 3'600'000'000;
  clock.observe(wall(2000 + kStep), at(1999), at(2001));
  EXPECT_EQ(clock.steps(), 1U);
  EXPECT_LE(std::chrono::abs(clock.at(wall(3000 + kStep))->time - at(3000)), 2us);
  clock.observe(wall(4000 - kStep), at(3999), at(4001));
  EXPECT_EQ(clock.steps(), 2U);
}

TEST(DeviceClock, TheSystemsWallClockIsKnownToAFewMicroseconds) {
  DeviceClock wall_clock;
  const SystemClock system;
  for (int i = 0; i < 100; ++i) observe_wall(wall_clock, system);
  const SteadyTime before = system.now();
  const auto stamp = std::chrono::nanoseconds(system.wall().time_since_epoch()).count();
  const SteadyTime after = system.now();
  const auto mapped = wall_clock.at(stamp);
  ASSERT_TRUE(mapped);
  EXPECT_GE(mapped->time + mapped->half + 2us, before);
  EXPECT_LE(mapped->time - mapped->half - 2us, after);
  EXPECT_LT(mapped->half, 1ms);
}

}  // namespace
}  // namespace btrack::power
