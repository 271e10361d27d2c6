// SPDX-License-Identifier: Apache-2.0
// The doctor's trial: what moves, what stands, what fails; and the administrator's lines.
#include "btrack/power/examination.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "btrack/power/admin_line.hpp"

namespace btrack::power {
namespace {

/// Two seconds at 100 Hz of a counter of 1 uJ that is renewed every 20 ms at 50 W.
PowerTrace trace_of(Channel channel, std::uint64_t (*count)(int), std::uint32_t (*flags)(int)) {
  PowerTrace trace;
  trace.channels.push_back(std::move(channel));
  for (int i = 0; i <= 200; ++i) {
    trace.readings.push_back({0, flags(i), steady_from_ns(i * 10'000'000LL), count(i)});
  }
  return trace;
}

Channel counter() {
  Channel channel;
  channel.id = "test/counter";
  channel.si_per_count = 1e-6;
  channel.update_period = Seconds(0.02);
  channel.power_limit = Watts(200);
  return channel;
}

std::uint64_t fifty_watts(int i) {
  return 5'000'000ULL + static_cast<std::uint64_t>(i / 2) * 1'000'000;
}
std::uint32_t good(int) { return reading_flags::ok; }

TEST(Examination, AGoodCounterShowsItsPeriodAndItsPower) {
  const auto health = examine(trace_of(counter(), fifty_watts, good)).at(0);
  EXPECT_EQ(health.readings, 201U);
  EXPECT_TRUE(health.doubts.empty());
  ASSERT_TRUE(health.renewed);
  EXPECT_NEAR(health.renewed->count(), 0.02, 1e-9);
  ASSERT_TRUE(health.power);
  EXPECT_NEAR(health.power->value(), 50.0, 1.0);
}

TEST(Examination, ACounterThatStandsStillIsInDoubtAndHasNoPower) {
  const auto health = examine(trace_of(
                                  counter(), [](int) { return std::uint64_t{77}; }, good))
                          .at(0);
  EXPECT_FALSE(health.renewed);
  EXPECT_NE(std::ranges::find(health.doubts, "not-renewed"), health.doubts.end());
}

TEST(Examination, FailedAndImpossibleReadingsAreCountedApart) {
  const auto flags = [](int i) {
    if (i % 7 == 0) return reading_flags::failed;
    return i % 50 == 1 ? reading_flags::refused : reading_flags::ok;
  };
  const auto health = examine(trace_of(counter(), fifty_watts, flags)).at(0);
  EXPECT_EQ(health.failed, 29U);
  EXPECT_EQ(health.refused, 4U);
  EXPECT_NE(std::ranges::find(health.doubts, "failed-readings"), health.doubts.end());
  EXPECT_NE(std::ranges::find(health.doubts, "refused-readings"), health.doubts.end());
}

TEST(Examination, AnEmptyTraceIsNoHealth) {
  PowerTrace trace;
  trace.channels.push_back(counter());
  const auto health = examine(trace).at(0);
  EXPECT_EQ(health.readings, 0U);
  EXPECT_FALSE(health.power);
}

TEST(AdminLine, BelongsToADriverAndOnlyWhereItHelps) {
  EXPECT_NE(admin_line("perf", ErrorKind::denied).find("perf_event_paranoid"), std::string::npos);
  EXPECT_NE(admin_line("powercap", ErrorKind::denied).find("tmpfiles.d"), std::string::npos);
  EXPECT_NE(admin_line("msr", ErrorKind::denied).find("setcap"), std::string::npos);
  EXPECT_TRUE(admin_line("perf", ErrorKind::not_found).empty());
  EXPECT_TRUE(admin_line("no such driver", ErrorKind::denied).empty());
}

}  // namespace
}  // namespace btrack::power
