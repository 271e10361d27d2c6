// SPDX-License-Identifier: Apache-2.0
// Channels that contradict each other, and a second reader that settles a gap.
#include "btrack/power/closure.hpp"

#include <gtest/gtest.h>

#include "tests/power/synthetic.hpp"

namespace btrack::power {
namespace {

using test::at;
using test::every;
using test::flagged;
using test::rapl;
using test::Wave;
using test::window;

/// Channels read at 10 Hz for 12 s, each with its wave.
PowerTrace trace_of(const std::vector<std::pair<Channel, Wave>>& sources) {
  PowerTrace trace;
  for (const auto& source : sources) trace.channels.push_back(source.first);
  for (const double t : every(0.1, 0, 12)) {
    for (std::uint32_t i = 0; i < sources.size(); ++i) {
      trace.readings.push_back(
          {i, reading_flags::ok, at(t), test::shown(sources[i].first, sources[i].second, t)});
    }
  }
  return trace;
}

EnergyReport report_of(const PowerTrace& trace) {
  return EnergyMeter(trace).measure(window(1, 11));
}

Channel part(std::string id, std::string whole, Domain domain = Domain::package) {
  Channel c = rapl(std::move(id));
  c.domain = domain;
  c.part_of = std::move(whole);
  return c;
}

TEST(Closure, PartsMayNotExceedTheWhole) {
  const auto bad = report_of(trace_of(
      {{rapl("psys"), Wave{100}}, {part("p0", "psys"), Wave{80}}, {part("p1", "psys"), Wave{70}}}));
  EXPECT_TRUE(flagged(bad.total, "parts-exceed-whole"));
  EXPECT_EQ(bad.total.grade, Grade::F);
  EXPECT_NE(bad.total.note.find("psys"), std::string::npos);
  const auto good = report_of(trace_of(
      {{rapl("psys"), Wave{151}}, {part("p0", "psys"), Wave{80}}, {part("p1", "psys"), Wave{70}}}));
  EXPECT_EQ(good.total.grade, Grade::C);
  EXPECT_TRUE(good.total.flags.empty());
}

TEST(Closure, ADuplicateIsNoPartTwice) {
  Channel copy = part("mmio/p0", "psys");
  copy.duplicate_of = "p0";
  const auto report = report_of(
      trace_of({{rapl("psys"), Wave{100}}, {part("p0", "psys"), Wave{80}}, {copy, Wave{80}}}));
  EXPECT_TRUE(report.total.flags.empty());
  const auto apart = report_of(
      trace_of({{rapl("psys"), Wave{100}}, {part("p0", "psys"), Wave{80}}, {copy, Wave{20}}}));
  EXPECT_TRUE(flagged(apart.channels[1].energy, "duplicates-disagree"));
  EXPECT_EQ(apart.channels[1].energy.grade, Grade::D);
}

TEST(Closure, MoreThanTheLimitIsInvalid) {
  const std::vector<Channel> channels{rapl("p0")};
  EnergyReport report;
  report.channels = {{"p0", {}}};
  EnergyFigure& f = report.channels[0].energy;
  f.source = EnergySource::measured;
  f.value = f.low = f.high = Joules(20'000);
  const std::vector<Activity> quiet(1);
  EXPECT_TRUE(find_contradictions(channels, report, window(0, 100), quiet).empty());
  const auto found = find_contradictions(channels, report, window(0, 10), quiet);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].flag, "beyond-limit");
}

TEST(Closure, AConstantWholeOverAChangingPart) {
  Channel node = rapl("node");
  node.kind = ChannelKind::power_gauge;
  node.domain = Domain::node;
  node.si_per_count = 1.0;
  node.modulus = 0;
  node.update_period = Seconds(0.1);
  auto trace = trace_of({{node, Wave{}}, {part("p0", "node"), Wave{100, 80, 4.0, true}}});
  for (auto& r : trace.readings) {
    if (r.channel == 0) r.count = 400;
  }
  const auto report = report_of(trace);
  EXPECT_TRUE(flagged(report.channels[0].energy, "constant-under-load"));
  EXPECT_EQ(report.total.grade, Grade::F);
}

TEST(Closure, MemoryOfOneSocketFarAboveTheOther) {
  // Granite Rapids was seen to show 200 W on one socket and 6 W on the other, idle.
  const Channel d0 = [] {
    Channel c = rapl("x/package-0/dram");
    c.domain = Domain::dram;
    return c;
  }();
  Channel d1 = d0;
  d1.id = "x/package-1/dram";
  const auto report = report_of(trace_of({{rapl("x/package-0"), Wave{90}},
                                          {d0, Wave{200}},
                                          {rapl("x/package-1"), Wave{95}},
                                          {d1, Wave{6}}}));
  EXPECT_TRUE(flagged(report.total, "siblings-apart"));
  EXPECT_EQ(report.total.grade, Grade::D);
}

TEST(Twin, SettlesHowOftenACounterWrappedUnread) {
  Channel narrow = rapl("powercap/p0");
  narrow.si_per_count = 1.0 / 65536;  // wraps every 65.5 kJ
  Channel wide = rapl("perf/p0");
  wide.modulus = 0;
  wide.duplicate_of = narrow.id;
  PowerTrace trace;
  trace.channels = {narrow, wide};
  const Wave wave{300};
  auto times = every(0.1, 0, 5);
  const auto later = every(0.1, 600, 605);  // 180 kJ: two or three wraps unseen
  times.insert(times.end(), later.begin(), later.end());
  for (const double t : times) {
    for (std::uint32_t i = 0; i < 2; ++i) {
      trace.readings.push_back(
          {i, reading_flags::ok, at(t), test::shown(trace.channels[i], wave, t)});
    }
  }
  const auto report = EnergyMeter(trace).measure(window(1, 604));
  EXPECT_NEAR(report.total.value.value(), 300 * 603, 1.0);
  EXPECT_FALSE(flagged(report.total, "gap"));
  EXPECT_TRUE(flagged(report.total, "wrapped"));
  std::erase_if(trace.readings, [](const Reading& r) { return r.channel == 1; });
  const auto alone = EnergyMeter(trace).measure(window(1, 604)).total;
  EXPECT_TRUE(flagged(alone, "gap"));
  EXPECT_EQ(alone.grade, Grade::F);
  test::expect_inside(alone, 300 * 603);
}

}  // namespace
}  // namespace btrack::power
