// SPDX-License-Identifier: Apache-2.0
// Values that a counter cannot have are refused once; a counter that began again is followed.
#include "btrack/power/counter_guard.hpp"

#include <gtest/gtest.h>

namespace btrack::power {
namespace {

using std::chrono::milliseconds;

Channel joule_counter() {
  Channel channel;
  channel.si_per_count = 1.0;
  channel.power_limit = Watts(1000.0);
  return channel;
}

SteadyTime at(int ms) { return SteadyTime(milliseconds(ms)); }

TEST(CounterGuard, OneImpossibleValueIsRefusedAndTheNextGoodOneIsTaken) {
  CounterGuard guard(joule_counter());
  EXPECT_TRUE(guard.accept(at(0), 5000));
  EXPECT_TRUE(guard.accept(at(1000), 5900));
  EXPECT_FALSE(guard.accept(at(2000), 900'000));  // 894 kW
  EXPECT_FALSE(guard.accept(at(2100), 12));       // backwards, and not on from the last one
  EXPECT_TRUE(guard.accept(at(3000), 7800));
}

TEST(CounterGuard, ARestartedCounterIsFollowedFromItsSecondValue) {
  CounterGuard guard(joule_counter());
  EXPECT_TRUE(guard.accept(at(0), 50'000));
  EXPECT_FALSE(guard.accept(at(1000), 10));
  EXPECT_TRUE(guard.accept(at(2000), 500));
  EXPECT_TRUE(guard.accept(at(3000), 900));
}

TEST(CounterGuard, TheMarkOfAMissingValueIsNoValue) {
  CounterGuard guard(joule_counter());
  EXPECT_FALSE(guard.accept(at(0), ~std::uint64_t{0}));
  EXPECT_TRUE(guard.accept(at(10), 7));
}

}  // namespace
}  // namespace btrack::power
