// SPDX-License-Identifier: Apache-2.0
// A trace goes to text and back, and through the replay sensor, without a changed bit.
#include "btrack/power/replay_sensor.hpp"

#include <gtest/gtest.h>

#include "btrack/power/energy.hpp"
#include "btrack/power/trace_file.hpp"
#include "tests/power/fake_tree.hpp"
#include "tests/power/synthetic.hpp"

namespace btrack::power {
namespace {

PowerTrace sample_trace() {
  Channel odd = test::rapl("odd");
  odd.label = "a \"quoted\" label, 電力";
  odd.si_per_count = 6.103515625e-05 * (1 + 1e-15);
  odd.part_of = "package-0";
  odd.duplicate_of = "other";
  odd.kind = ChannelKind::power_gauge;
  odd.evidence = Evidence::estimated;
  odd.gain_source = "somewhere";
  PowerTrace trace = test::trace_of(test::rapl(), test::Wave{}, test::every(0.1, 0, 3));
  trace.channels.push_back(odd);
  trace.readings.push_back({1, reading_flags::failed, steady_from_ns(-5), UINT64_MAX});
  trace.lost = 17;
  return trace;
}

void expect_equal(const PowerTrace& a, const PowerTrace& b) {
  EXPECT_EQ(a.lost, b.lost);
  ASSERT_EQ(a.readings.size(), b.readings.size());
  for (std::size_t i = 0; i < a.readings.size(); ++i) {
    EXPECT_EQ(a.readings[i].channel, b.readings[i].channel);
    EXPECT_EQ(a.readings[i].flags, b.readings[i].flags);
    EXPECT_EQ(a.readings[i].time, b.readings[i].time);
    EXPECT_EQ(a.readings[i].count, b.readings[i].count);
  }
  EXPECT_EQ(trace_to_text(a), trace_to_text(b));  // the channels, field by field
}

TEST(TraceFile, RoundTripIsExact) {
  const test::FakeTree tree;
  const auto file = tree.root() / "trace.txt";
  ASSERT_TRUE(save_trace(sample_trace(), file));
  const auto loaded = load_trace(file);
  ASSERT_TRUE(loaded) << loaded.error().message;
  expect_equal(sample_trace(), *loaded);
  EXPECT_EQ(loaded->channels[1].si_per_count, sample_trace().channels[1].si_per_count);
  EXPECT_EQ(loaded->channels[1].kind, ChannelKind::power_gauge);
  EXPECT_EQ(loaded->channels[1].evidence, Evidence::estimated);
  EXPECT_EQ(loaded->channels[1].part_of, "package-0");
}

TEST(TraceFile, BadTextNamesTheLine) {
  const std::string good = trace_to_text(sample_trace());
  const auto message = [](std::string_view text) {
    const auto trace = trace_from_text(text, "t.txt");
    return trace ? std::string() : trace.error().message;
  };
  EXPECT_EQ(message(good), "");
  EXPECT_NE(message("").find("t.txt:1"), std::string::npos);
  EXPECT_NE(message("{\"format\":\"other\"}\n").find("header"), std::string::npos);
  EXPECT_NE(message("garbage\n").find("header"), std::string::npos);
  EXPECT_NE(message("{\"format\":\"btrack-trace\",\"version\":1}\n").find("incomplete"),
            std::string::npos);
  EXPECT_NE(message("{\"format\":\"btrack-trace\",\"version\":2}\n").find("newer"),
            std::string::npos);
  EXPECT_NE(message(good.substr(0, good.size() - 3)).find("within a line"), std::string::npos);
  EXPECT_NE(message(good + "0 0 1\n").find(":34:"), std::string::npos);
  EXPECT_NE(message(good + "9 0 1 1\n").find("channel flags"), std::string::npos);
  EXPECT_FALSE(load_trace("/nonexistent/trace"));
}

TEST(Replay, PlaysEveryReadingBackAndThenFails) {
  const PowerTrace trace = sample_trace();
  ReplaySensor sensor(trace);
  ASSERT_EQ(sensor.channels().size(), 2U);
  PowerTrace played;
  played.channels.assign(sensor.channels().begin(), sensor.channels().end());
  std::vector<Reading> out(2);
  while (!sensor.finished()) {
    ASSERT_TRUE(sensor.read(out));
    played.readings.push_back(out[0]);
  }
  const Window window = test::window(0.5, 2.5);
  EXPECT_EQ(EnergyMeter(played).measure(window).total.value.value(),
            EnergyMeter(trace).measure(window).total.value.value());
  ASSERT_TRUE(sensor.read(out));
  EXPECT_EQ(out[0].flags, reading_flags::failed);
  EXPECT_EQ(out[1].flags, reading_flags::failed);
}

}  // namespace
}  // namespace btrack::power
