// SPDX-License-Identifier: Apache-2.0
// Channels survive the way through JSON; what is missing is named.
#include "btrack/power/trace_json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace btrack::power {
namespace {

TEST(ChannelJson, ChannelsComeBackExactly) {
  Channel c;
  c.id = "powercap/package-0/dram";
  c.label = "CPU package 0 DRAM";
  c.domain = Domain::dram;
  c.kind = ChannelKind::power_gauge;
  c.evidence = Evidence::estimated;
  c.si_per_count = 1.52587890625e-05;
  c.modulus = std::numeric_limits<std::uint64_t>::max();
  c.update_period = Seconds(0.1);
  c.window = Seconds(0.025);
  c.latency = Seconds(0.01);
  c.safe_period = Seconds(0.002);
  c.offset = Watts(5);
  c.device = "0000:3b:00.0";
  c.note = "mig,not-visible";
  c.beside = true;
  c.filtered = true;
  c.power_limit = Watts(350.5);
  c.gain = {0.95, 1.05};
  c.gain_source = "policy";
  c.part_of = "powercap/package-0";
  const std::vector<Channel> channels = {c, Channel{}};
  const auto back = channels_from_json(channels_to_json(channels));
  ASSERT_TRUE(back) << back.error().message;
  ASSERT_EQ(back->size(), 2U);
  EXPECT_EQ(channels_to_json(*back), channels_to_json(channels));
  EXPECT_EQ((*back)[0].modulus, c.modulus);
  EXPECT_EQ((*back)[0].part_of, c.part_of);
  EXPECT_EQ((*back)[0].note, c.note);
  EXPECT_EQ((*back)[1].part_of, std::nullopt);
  EXPECT_EQ(channels_from_json("[{}]").error().message, "channels[0].id is missing");
}

TEST(ChannelJson, FieldsOfLaterVersionsTakeTheirDefaults) {
  const auto back = channels_from_json(
      R"([{"id":"a","label":"","domain":"package","kind":"energy_counter","evidence":"measured",)"
      R"("si_per_count":1,"modulus":0,"update_period_s":0.001,"power_limit_w":1000,"gain_low":1,)"
      R"("gain_high":1,"gain_source":"","part_of":null}])");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_FALSE(back->front().beside);
  EXPECT_FALSE(back->front().filtered);
  EXPECT_EQ(back->front().window, Seconds(0));
}

TEST(ClockJson, MarksComeBackExactly) {
  const std::vector<ClockMark> marks{{steady_from_ns(1), 2, -3, 4}, clock_mark()};
  const auto back = clocks_from_json(clocks_to_json(marks));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(clocks_to_json(*back), clocks_to_json(marks));
  EXPECT_FALSE(clocks_from_json("[[1,2]]"));
}

TEST(ChannelJson, WhatIsWrongIsNamed) {
  const auto problem = [](std::string_view text) {
    return channels_from_json(text).error().message;
  };
  EXPECT_EQ(problem("{}"), "channels should be an array of objects");
  EXPECT_EQ(problem(R"([{"id":1}])"), "channels[0].id is of the wrong type");
  EXPECT_EQ(problem(R"([{"id":"a","label":"","domain":"roof"}])"),
            "channels[0].domain should be the name of a domain, not 'roof'");
}

}  // namespace
}  // namespace btrack::power
