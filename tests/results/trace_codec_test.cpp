// SPDX-License-Identifier: Apache-2.0
// Traces come back from the store's form exactly; damaged frames are refused.
#include "btrack/results/trace_codec.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace btrack::results {
namespace {

std::vector<power::Reading> steady_trace(int rounds) {
  std::vector<power::Reading> readings;
  for (int i = 0; i < rounds; ++i) {
    for (std::uint32_t c = 0; c < 2; ++c) {
      readings.push_back(
          {c, 0, steady_from_ns(1'000'000'000LL * i + c), 50'000'000ULL * i * (c + 1)});
    }
  }
  return readings;
}

void expect_same(const std::vector<power::Reading>& a, const std::vector<power::Reading>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].channel, b[i].channel);
    EXPECT_EQ(a[i].flags, b[i].flags);
    EXPECT_EQ(a[i].time, b[i].time);
    EXPECT_EQ(a[i].count, b[i].count);
  }
}

TEST(TraceCodec, ReadingsComeBackExactly) {
  auto readings = steady_trace(100);
  readings.push_back({7, power::reading_flags::failed,
                      steady_from_ns(std::numeric_limits<std::int64_t>::max()),
                      std::numeric_limits<std::uint64_t>::max()});
  readings.push_back({7, 0, steady_from_ns(-5), 0});  // a wrap, and a clock that is not ours
  expect_same(unpack_readings(pack_readings(readings)).value(), readings);
  EXPECT_TRUE(unpack_readings(pack_readings({})).value().empty());
}

TEST(TraceCodec, SteadyCountersAreSmall) {
  const auto readings = steady_trace(10'000);  // 480,000 bytes in memory
  EXPECT_LT(pack_readings(readings).size(), 5'000U);
}

TEST(TraceCodec, DamagedFramesAreRefused) {
  const std::string good = pack_readings(steady_trace(100));
  for (std::size_t cut = 0; cut < good.size(); cut += 7) {
    EXPECT_FALSE(unpack_readings(std::string_view(good).substr(0, cut))) << cut;
  }
  EXPECT_FALSE(unpack_readings("not a frame at all"));
}

}  // namespace
}  // namespace btrack::results
