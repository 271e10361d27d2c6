// SPDX-License-Identifier: Apache-2.0
// Energy of windows on synthetic counters: exact where it can be, missing where not.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "btrack/power/energy.hpp"
#include "btrack/power/track.hpp"
#include "tests/power/synthetic.hpp"

namespace btrack::power {
namespace {

using test::at;
using test::every;
using test::expect_inside;
using test::flagged;
using test::measure;
using test::rapl;
using test::trace_of;
using test::Wave;
using test::window;

TEST(Energy, ConstantPowerIsExactAtTenHertz) {
  const auto figure = measure(trace_of(rapl(), Wave{}, every(0.1, 0, 10)), window(1.234, 6.789));
  EXPECT_EQ(figure.source, EnergySource::measured);
  EXPECT_NEAR(figure.value.value(), 100 * 5.555, 100 * 5.555 * 1e-4);
  EXPECT_EQ(figure.grade, Grade::C);
  EXPECT_TRUE(figure.flags.empty());
  EXPECT_EQ(figure.coverage, std::vector<std::string>{"package-0"});
  EXPECT_NEAR(figure.low.value(), 0.97 * 555.5, 0.5);
  EXPECT_NEAR(figure.high.value(), 1.03 * 555.5, 0.5);
}

TEST(Energy, SineWithSampledEdgesWithinATenThousandth) {
  const Wave wave{100, 60, 0.73};
  auto times = every(0.1, 0, 8);
  times.insert(times.end(), {1.2341, 6.5672});
  std::ranges::sort(times);
  const auto figure = measure(trace_of(rapl(), wave, times), window(1.2342, 6.5671));
  EXPECT_NEAR(figure.value.value() / wave.joules(1.2342, 6.5671), 1.0, 1e-4);
}

TEST(Energy, OneKilohertzPollOfASquareWaveStaysWithinOnePeriodAtTheEdges) {
  Channel c = rapl();
  c.gain = {};
  const Wave wave{100, 50, 0.05, true};
  auto times = every(0.00093, 0, 5);
  std::mt19937_64 random(3);
  for (double& t : times) t += std::uniform_real_distribution<double>(0, 0.0004)(random);
  const EnergyMeter meter(trace_of(c, wave, times));
  int inside = 0;
  for (int i = 0; i < 100; ++i) {
    const double begin = 0.5127 + 0.0237 * i;
    const double truth = wave.joules(begin, begin + 1);
    const auto figure = meter.measure(window(begin, begin + 1)).total;
    EXPECT_NEAR(figure.value.value(), truth, 150 * 0.001);
    EXPECT_LT((figure.high - figure.low).value(), 2.5 * 150 * 0.001);
    inside += figure.low.value() <= truth && truth <= figure.high.value() ? 1 : 0;
  }
  EXPECT_GE(inside, 93);
}

TEST(Energy, TooShortIsNeverZero) {
  const auto figure = measure(trace_of(rapl(), Wave{}, every(0.1, 0, 3)), window(1.0, 1.0015));
  EXPECT_EQ(figure.source, EnergySource::missing);
  EXPECT_NE(figure.note.find("not resolvable"), std::string::npos);
  EXPECT_NE(figure.note.find("< "), std::string::npos);
  EXPECT_GE(figure.high.value(), 0.15);
  EXPECT_LE(figure.high.value(), 25.0);
}

TEST(Energy, BetweenTwoDistantUpdatesTheIntervalIsHonest) {
  // A burst of 50 ms between two readings 100 ms apart: the mean over the interval is all we see.
  const Wave wave{100, 100, 0.1, true};
  const auto figure = measure(trace_of(rapl(), wave, every(0.1, 0, 3)), window(1.00, 1.05));
  if (figure.source == EnergySource::measured) expect_inside(figure, 10);
  EXPECT_GE(figure.high.value(), 10);
  EXPECT_GT(figure.grade, Grade::D);
}

TEST(Energy, OutsideTheTrace) {
  const auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10));
  const auto a_little = measure(trace, window(5, 10.2));
  EXPECT_TRUE(flagged(a_little, "extrapolated"));
  EXPECT_EQ(a_little.grade, Grade::E);  // 4 % of the window, at up to 1000 W: wide, and one down
  expect_inside(a_little, 520);
  const auto far = measure(trace, window(5, 20));
  EXPECT_EQ(far.source, EnergySource::missing);
  EXPECT_NE(far.note.find("outside"), std::string::npos);
  EXPECT_EQ(measure(trace, window(3, 3)).source, EnergySource::missing);
  EXPECT_EQ(measure(PowerTrace{}, window(1, 2)).source, EnergySource::missing);
}

TEST(Energy, LastUpdateBeforeTheEdgeIsEnough) {
  auto times = every(0.1, 0, 5);
  times.push_back(5.0234);
  const auto figure = measure(trace_of(rapl(), Wave{}, times), window(0.05, 5.0233));
  EXPECT_NEAR(figure.value.value(), 497.33, 0.06);
  EXPECT_TRUE(figure.flags.empty());
}

TEST(Energy, OneJouleUnitIsCoarseButRight) {
  Channel c = rapl();
  c.si_per_count = 1.0;
  const auto figure = measure(trace_of(c, Wave{}, every(0.1, 0, 10)), window(1, 6));
  EXPECT_NEAR(figure.value.value(), 500, 1.5);
  expect_inside(figure, 500);
}

TEST(Energy, TotalTakesTheAntichainAndKeepsDuplicatesVisible) {
  Channel psys = rapl("psys");
  Channel package = rapl("package-0");
  package.part_of = "psys";
  Channel mmio = rapl("mmio/package-0");
  mmio.duplicate_of = "package-0";
  PowerTrace trace;
  trace.channels = {package, mmio, psys};
  for (const double t : every(0.1, 0, 10)) {
    for (std::uint32_t i = 0; i < 3; ++i) {
      const double watts = i == 2 ? 150 : 100;
      trace.readings.push_back(
          {i, reading_flags::ok, at(t), test::shown(trace.channels[i], Wave{watts}, t)});
    }
  }
  const auto report = EnergyMeter(trace).measure(window(1, 9));
  EXPECT_NEAR(report.total.value.value(), 1200, 1);
  EXPECT_EQ(report.total.coverage, std::vector<std::string>{"psys"});
  ASSERT_EQ(report.channels.size(), 3U);
  EXPECT_NEAR(report.channels[1].energy.value.value(), 800, 1);
}

TEST(Energy, AMissingPartMakesTheTotalMissing) {
  PowerTrace trace = trace_of(rapl("package-0"), Wave{}, every(0.1, 0, 10));
  trace.channels.push_back(rapl("package-1"));
  trace.readings.push_back({1, reading_flags::failed, at(2), 0});
  const auto total = EnergyMeter(trace).measure(window(1, 9)).total;
  EXPECT_EQ(total.source, EnergySource::missing);
  EXPECT_NE(total.note.find("package-1"), std::string::npos);
}

TEST(Energy, EstimateIsGradeEWithItsAsymmetricInterval) {
  Channel c = rapl("estimate");
  c.evidence = Evidence::estimated;
  c.gain = {0.5, 3.125};
  const auto figure = measure(trace_of(c, Wave{}, every(0.1, 0, 10)), window(1, 9));
  EXPECT_EQ(figure.source, EnergySource::estimated);
  EXPECT_EQ(figure.grade, Grade::E);
  EXPECT_NEAR(figure.low.value(), 400, 1);
  EXPECT_NEAR(figure.high.value(), 2500, 1);
}

// Wraps at random places, random read times, random loads: the truth is inside, always, when gain
// is exact and nothing is flagged.
TEST(Energy, TruthIsInsideTheIntervalInRandomCases) {
  std::mt19937_64 random(20261123);
  const auto uniform = [&](double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random);
  };
  int inside = 0;
  constexpr int kCases = 200;
  for (int i = 0; i < kCases; ++i) {
    Channel c = rapl();
    c.gain = {};
    const Wave wave{uniform(50, 300), uniform(0, 50), uniform(0.4, 3), uniform(0, 1) < 0.5};
    std::vector<double> times;
    const double period = uniform(0.0007, 0.1);
    for (double t = 0; t < 4; t += uniform(0.9, 1.3) * period) times.push_back(t);
    const double begin = uniform(0.2, 1.5);
    const double end = begin + uniform(0.1, 2);
    times.insert(times.end(), {begin - 2e-6, end + 2e-6});
    std::ranges::sort(times);
    const auto start = static_cast<std::uint64_t>(uniform(0.9999, 1.0) * 4294967295.0);
    const auto f = measure(trace_of(c, wave, times, start), {at(begin), at(end)});
    ASSERT_EQ(f.source, EnergySource::measured) << f.note;
    const double truth = wave.joules(begin, end);
    EXPECT_NEAR(f.value.value() / truth, 1.0, 0.02);
    inside += f.low.value() <= truth && truth <= f.high.value() ? 1 : 0;
  }
  EXPECT_GE(inside, kCases * 95 / 100);
}

TEST(Energy, ASleepInTheWindowMakesItInvalid) {
  auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10));
  const auto mark = [](double monotonic_s, double boottime_s) {
    return ClockMark{at(monotonic_s), 0, 0, to_ns(at(boottime_s))};
  };
  trace.clocks = {mark(0, 0), mark(4, 4), mark(6, 66), mark(10, 70)};
  EXPECT_EQ(measure(trace, window(1, 3)).grade, Grade::C);
  const auto slept = measure(trace, window(3, 7));
  EXPECT_EQ(slept.grade, Grade::F);
  EXPECT_TRUE(flagged(slept, "suspended"));
}

TEST(Energy, AFilteredCounterIsAtBestDBelowOneSecond) {
  auto channel = rapl();
  channel.filtered = true;
  const auto trace = trace_of(channel, Wave{}, every(0.01, 0, 10));
  const auto brief = measure(trace, window(1, 1.5));
  EXPECT_EQ(brief.grade, Grade::D);
  EXPECT_TRUE(flagged(brief, "filtered"));
  EXPECT_EQ(measure(trace, window(1, 5)).grade, Grade::C);
}

TEST(Energy, TwoChannelsThatAreOneCounterAreSummedOnce) {
  const Wave wave{60, 40, 0.9};
  PowerTrace trace;
  trace.channels = {rapl("powercap/package-0"), rapl("powercap/package-1")};
  for (const double t : every(0.1, 0, 10)) {
    for (std::uint32_t c = 0; c < 2; ++c) {
      trace.readings.push_back({c, reading_flags::ok, at(t), test::shown(rapl(), wave, t)});
    }
  }
  const auto total = EnergyMeter(trace).measure(window(1, 9)).total;
  EXPECT_NEAR(total.value.value(), wave.joules(1, 9), 5.0);
  EXPECT_TRUE(flagged(total, "mirrored"));
}

TEST(PowerSeries, MeanPowerBetweenUpdatesWithoutSpikes) {
  auto times = every(0.1, 0, 5);
  times.insert(times.end(), {2.00002, 2.5001});
  std::ranges::sort(times);
  const auto series = power_series(trace_of(rapl(), Wave{}, times), 0);
  ASSERT_GE(series.size(), 48U);
  for (const auto& point : series) EXPECT_NEAR(point.power.value(), 100, 1.5);
  EXPECT_TRUE(power_series(PowerTrace{}, 3).empty());
}

}  // namespace
}  // namespace btrack::power
