// SPDX-License-Identifier: Apache-2.0
// A Poisson process: its rate, its spread, and that it can be repeated.
#include "btrack/stats/arrivals.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace btrack::stats {
namespace {

std::vector<double> gaps(std::uint64_t seed, std::uint64_t stream, int count) {
  PoissonArrivals arrivals(50.0, seed, stream);
  std::vector<double> all;
  double last = 0.0;
  for (int i = 0; i < count; ++i) {
    const double next = arrivals.next().count();
    all.push_back(next - last);
    last = next;
  }
  return all;
}

TEST(PoissonArrivals, GapsAreExponentialWithTheMeanOfTheRate) {
  constexpr int kCount = 200'000;
  double sum = 0.0;
  double squares = 0.0;
  int beyond_mean = 0;
  for (const double gap : gaps(1, 0, kCount)) {
    EXPECT_GE(gap, 0.0);
    sum += gap;
    squares += gap * gap;
    beyond_mean += gap > 0.02 ? 1 : 0;
  }
  EXPECT_NEAR(sum / kCount, 0.02, 0.0002);
  EXPECT_NEAR(squares / kCount, 2.0 * 0.02 * 0.02, 0.02 * 0.02 * 0.05);
  EXPECT_NEAR(static_cast<double>(beyond_mean) / kCount, std::exp(-1.0), 0.005);
}

TEST(PoissonArrivals, RepeatForTheSameSeedAndStreamOnly) {
  EXPECT_EQ(gaps(5, 2, 100), gaps(5, 2, 100));
  EXPECT_NE(gaps(5, 2, 100), gaps(5, 3, 100));
  EXPECT_NE(gaps(5, 2, 100), gaps(6, 2, 100));
}

TEST(PoissonArrivals, RefuseRatesThatAreNone) {
  for (const double rate : {0.0, -1.0, static_cast<double>(INFINITY), std::nan("")}) {
    EXPECT_THROW(PoissonArrivals(rate, 1, 0), std::invalid_argument);
  }
}

}  // namespace
}  // namespace btrack::stats
