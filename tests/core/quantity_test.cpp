// SPDX-License-Identifier: Apache-2.0
// Units multiply and divide as physics says, and nothing else compiles.
#include "btrack/core/quantity.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace btrack {
namespace {

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
static_assert(Addable<Joules, Joules>);
static_assert(!Addable<Joules, Watts>);
static_assert(!std::is_convertible_v<double, Joules>);

TEST(Quantity, PowerTimesTimeIsEnergy) {
  EXPECT_DOUBLE_EQ((Watts(50.0) * Seconds(2.0)).value(), 100.0);
  EXPECT_DOUBLE_EQ((Joules(100.0) / Seconds(4.0)).value(), 25.0);
  EXPECT_DOUBLE_EQ(Joules(3.0) / Joules(2.0), 1.5);
  EXPECT_LT(Joules(1.0), Joules(2.0));
}

}  // namespace
}  // namespace btrack
