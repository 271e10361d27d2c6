// SPDX-License-Identifier: Apache-2.0
// No value finer than the counter's tick, whoever asks however often; and the packets.
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "btrack/daemon/counter_cache.hpp"
#include "btrack/power/daemon_protocol.hpp"
#include "tests/support/manual_clock.hpp"

namespace btrack::daemon {
namespace {

using power::Channel;
using power::Reading;
using test::ManualClock;

/// Counts its reads; its value is how often it was read.
class ReadCounter final : public power::Sensor {
 public:
  ReadCounter(Channel channel, const Clock& clock, bool refuses = false)
      : channels_{std::move(channel)}, clock_(clock), refuses_(refuses) {}
  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  Result<void> read(std::span<Reading> out) override {
    if (refuses_) return fail(ErrorKind::io, "gone");
    out[0] = {0, power::reading_flags::ok, clock_.now(), ++reads_};
    return {};
  }

 private:
  std::array<Channel, 1> channels_;
  const Clock& clock_;
  std::uint64_t reads_ = 0;
  bool refuses_;
};

Channel channel(const char* id, Seconds period, Seconds safe = Seconds(0)) {
  Channel c;
  c.id = id;
  c.update_period = period;
  c.safe_period = safe;
  return c;
}

CounterCache cache_of(Channel c, CacheOptions options, const Clock& clock) {
  std::vector<std::unique_ptr<power::Sensor>> sensors;
  sensors.push_back(std::make_unique<ReadCounter>(std::move(c), clock));
  return {std::move(sensors), options, clock};
}

/// Different values seen by a question every 10 us over 10 ms.
std::size_t values_in_10_ms(CounterCache cache, ManualClock& clock) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(cache.readings()[0].count);
    clock.advance(std::chrono::microseconds(10));
  }
  return seen.size();
}

TEST(CounterCache, AFloodOfQuestionsSeesOneValueATick) {
  ManualClock clock;
  const auto c = channel("a", Seconds(0.001));
  EXPECT_EQ(values_in_10_ms(cache_of(c, {}, clock), clock), 10U);
}

TEST(CounterCache, AnAdministratorMayMakeItCoarserOrFine) {
  ManualClock clock;
  const auto c = channel("a", Seconds(0.001));
  EXPECT_EQ(values_in_10_ms(cache_of(c, {Seconds(0.005), false}, clock), clock), 2U);
  EXPECT_EQ(values_in_10_ms(cache_of(c, {Seconds(0), true}, clock), clock), 1000U);
}

TEST(CounterCache, WhatDisturbsTheMachineIsReadSeldomEvenIfFine) {
  ManualClock clock;
  const auto c = channel("cores", Seconds(0.001), Seconds(1.0));
  EXPECT_EQ(values_in_10_ms(cache_of(c, {Seconds(0), true}, clock), clock), 1U);
}

TEST(CounterCache, AReadingKeepsTheTimeOfItsRead) {
  ManualClock clock;
  auto cache = cache_of(channel("a", Seconds(0.001)), {}, clock);
  const SteadyTime begin = clock.now();
  EXPECT_EQ(cache.readings()[0].time, begin);
  clock.advance(std::chrono::microseconds(500));
  EXPECT_EQ(cache.readings()[0].time, begin);
  clock.advance(std::chrono::microseconds(500));
  EXPECT_EQ(cache.readings()[0].time, clock.now());
}

TEST(CounterCache, ASensorThatIsGoneFailsAloneAndKeepsItsPlace) {
  ManualClock clock;
  std::vector<std::unique_ptr<power::Sensor>> sensors;
  sensors.push_back(std::make_unique<ReadCounter>(channel("a", Seconds(0.001)), clock, true));
  sensors.push_back(std::make_unique<ReadCounter>(channel("b", Seconds(0.001)), clock));
  CounterCache cache(std::move(sensors), {}, clock);
  const auto readings = cache.readings();
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings[0].flags, power::reading_flags::failed);
  EXPECT_EQ(readings[1].flags, power::reading_flags::ok);
  EXPECT_EQ(readings[1].channel, 1U);
}

TEST(DaemonProtocol, ChannelsAndReadingsSurviveTheirPacket) {
  const std::array channels{channel("powercap/package-0", Seconds(0.001))};
  const auto back = power::channels_from_answer(power::channels_answer(channels));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->at(0).id, "powercap/package-0");
  const std::array readings{Reading{0, 0, steady_from_ns(7), 42}};
  std::string packet;
  power::put_readings_answer(readings, packet);
  std::array<Reading, 1> out{};
  ASSERT_TRUE(power::readings_from_answer(packet, out));
  EXPECT_EQ(out[0].count, 42U);
  EXPECT_EQ(out[0].time, steady_from_ns(7));
}

TEST(DaemonProtocol, AnythingElseIsRefusedWithASentence) {
  std::array<Reading, 1> out{};
  for (const auto* packet :
       {"", "c", "c{}", "c[]", "x", "r", "rshort", "c{\"format\":\"btrackd\"}"}) {
    EXPECT_FALSE(power::channels_from_answer(packet)) << packet;
    EXPECT_FALSE(power::readings_from_answer(packet, out)) << packet;
  }
  const auto newer =
      power::channels_from_answer(R"(c{"format":"btrackd","version":2,"channels":[]})");
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().kind, ErrorKind::unsupported);
  const auto said = power::channels_from_answer(power::error_answer("too many"));
  ASSERT_FALSE(said);
  EXPECT_NE(said.error().message.find("too many"), std::string::npos);
}

}  // namespace
}  // namespace btrack::daemon
