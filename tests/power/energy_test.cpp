// SPDX-License-Identifier: Apache-2.0
// Energy of windows on synthetic counters: exact where it can be, flagged or missing where not.
#include "btrack/power/energy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "btrack/power/track.hpp"
#include "tests/power/synthetic.hpp"

namespace btrack::power {
namespace {

using test::at;
using test::every;
using test::rapl;
using test::trace_of;
using test::Wave;
using test::window;

EnergyFigure measure(const PowerTrace& trace, Window w) {
  return EnergyMeter(trace).measure(w).total;
}

bool flagged(const EnergyFigure& figure, std::string_view flag) {
  return std::ranges::find(figure.flags, flag) != figure.flags.end();
}

void expect_inside(const EnergyFigure& figure, double truth) {
  EXPECT_LE(figure.low.value(), truth);
  EXPECT_GE(figure.high.value(), truth);
}

TEST(CounterDifference, OneWrapInOnePlace) {
  EXPECT_EQ(counter_difference(10, 25, 100), 15U);
  EXPECT_EQ(counter_difference(90, 5, 100), 15U);
  EXPECT_EQ(counter_difference(UINT64_MAX - 4, 5, 0), 10U);
}

TEST(GuardInterval, FifthOfTheWrapTimeAndTenSecondsAtMost) {
  Channel c = rapl();
  EXPECT_DOUBLE_EQ(guard_interval(c).count(), 10.0);
  c.si_per_count = 1.0 / 65536;
  c.power_limit = Watts(10'000);
  EXPECT_NEAR(guard_interval(c).count(), 0.2 * 65536 / 10'000, 1e-9);
}

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
  const double truth = wave.joules(0.5127, 1.5127);
  const auto figure = measure(trace_of(c, wave, every(0.00093, 0, 3)), window(0.5127, 1.5127));
  EXPECT_NEAR(figure.value.value(), truth, 150 * 0.001);
  expect_inside(figure, truth);
  EXPECT_LT((figure.high - figure.low).value(), 2.5 * 150 * 0.001);
}

TEST(Energy, WrapInsideTheWindow) {
  const auto near_wrap = (1ULL << 32) - 2'000'000;  // 122 J before
  const auto figure =
      measure(trace_of(rapl(), Wave{}, every(0.1, 0, 10), near_wrap), window(0.5, 5.5));
  EXPECT_NEAR(figure.value.value(), 500, 0.05);
  EXPECT_TRUE(flagged(figure, "wrapped"));
  EXPECT_EQ(figure.grade, Grade::C);
}

TEST(Energy, FullWidthCounterWraps) {
  Channel c = rapl();
  c.modulus = 0;
  const auto figure =
      measure(trace_of(c, Wave{}, every(0.1, 0, 10), UINT64_MAX - 1'000'000), window(0.5, 5.5));
  EXPECT_NEAR(figure.value.value(), 500, 0.05);
  EXPECT_EQ(figure.grade, Grade::C);
}

TEST(Energy, ResetIsNotAWrap) {
  auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10), 1'000'000'000);
  for (auto& r : trace.readings) {
    if (r.time > at(4.95)) r.count -= 1'000'000'000 + 490 * 16384;  // the driver starts from 0
  }
  const auto figure = measure(trace, window(0.5, 9.5));
  EXPECT_TRUE(flagged(figure, "reset"));
  EXPECT_EQ(figure.grade, Grade::F);
  expect_inside(figure, 900);
  EXPECT_FALSE(figure.note.empty());
  EXPECT_EQ(measure(trace, window(5.5, 9.5)).grade, Grade::C);  // clean after it
}

TEST(Energy, GapThatMayHideWrapsIsInvalidAndBounded) {
  Channel c = rapl();
  c.si_per_count = 1.0 / 65536;  // 65.5 kJ: 65.5 s at the limit of 1000 W
  auto times = every(0.1, 0, 5);
  const auto later = every(0.1, 800, 805);  // 79.5 kJ of 100 W: one wrap is not seen
  times.insert(times.end(), later.begin(), later.end());
  const auto figure = measure(trace_of(c, Wave{}, times), window(1, 804));
  EXPECT_TRUE(flagged(figure, "gap"));
  EXPECT_EQ(figure.grade, Grade::F);
  expect_inside(figure, 80'300);
}

TEST(Energy, ShortGapOfACounterLosesNothing) {
  auto times = every(0.1, 0, 3);
  const auto later = every(0.1, 9, 12);
  times.insert(times.end(), later.begin(), later.end());
  const Wave wave{100, 40, 0.9};
  const auto figure = measure(trace_of(rapl(), wave, times), window(1, 11));
  EXPECT_NEAR(figure.value.value() / wave.joules(1, 11), 1.0, 1e-2);
  EXPECT_EQ(figure.grade, Grade::C);
}

TEST(Energy, ImplausibleJumpIsInvalid) {
  auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10));
  trace.readings[50].count = 4'294'967'294;
  const auto figure = measure(trace, window(1, 9));
  EXPECT_EQ(figure.grade, Grade::F);
  EXPECT_TRUE(flagged(figure, "implausible"));
  expect_inside(figure, 800);
}

TEST(Energy, FailedReadingsAreLeftOutAndNamed) {
  auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10));
  trace.readings[30].flags = reading_flags::failed;
  trace.readings[30].count = 0;
  const auto figure = measure(trace, window(1, 9));
  EXPECT_NEAR(figure.value.value(), 800, 0.1);
  EXPECT_TRUE(flagged(figure, "failed-readings"));
  EXPECT_EQ(figure.grade, Grade::C);
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

TEST(Energy, FrozenCounterIsMissing) {
  auto trace = trace_of(rapl(), Wave{}, every(0.1, 0, 10));
  for (auto& r : trace.readings) r.count = 77;
  EXPECT_EQ(measure(trace, window(1, 9)).source, EnergySource::missing);
  auto half = trace_of(rapl(), Wave{}, every(0.1, 0, 20));
  for (auto& r : half.readings) {
    if (r.time > at(10)) r.count = half.readings[100].count;
  }
  EXPECT_EQ(measure(half, window(12, 18)).source, EnergySource::missing);
}

TEST(Energy, RestingDomainKeepsItsEnergyWhereItWasUsed) {
  auto trace = trace_of(rapl(), Wave{}, every(0.01, 0, 10));
  const auto resting = trace.readings[200].count;  // nothing drawn from 2 s to 6 s
  for (auto& r : trace.readings) {
    if (r.time > at(2) && r.time <= at(6)) r.count = resting;
    if (r.time > at(6)) r.count -= 400 * 16384;
  }
  EXPECT_NEAR(measure(trace, window(4, 8)).value.value(), 200, 0.5);
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

Channel gauge() {
  Channel c = rapl("gauge");
  c.kind = ChannelKind::power_gauge;
  c.si_per_count = 1e-6;
  c.modulus = 0;
  c.update_period = Seconds(0.1);
  return c;
}

PowerTrace gauge_trace(const std::vector<double>& times, const Wave& wave) {
  PowerTrace trace;
  trace.channels = {gauge()};
  for (const double t : times) {  // each value is the mean of the last whole 0.1 s
    const double tick = std::floor(t / 0.1 + 1e-9) * 0.1;
    const double mean = wave.joules(tick - 0.1, tick) / 0.1;
    trace.readings.push_back(
        {0, reading_flags::ok, at(t), static_cast<std::uint64_t>(std::llround(mean * 1e6))});
  }
  return trace;
}

TEST(Gauge, ConstantPowerPolledFasterThanItIsRenewed) {
  const auto figure = measure(gauge_trace(every(0.013, 1, 11), Wave{}), window(2, 9));
  EXPECT_NEAR(figure.value.value(), 700, 0.5);
  EXPECT_EQ(figure.source, EnergySource::measured);
}

TEST(Gauge, VaryingPowerStandsForTheTimeBefore) {
  const Wave wave{100, 50, 1.7};
  const auto figure = measure(gauge_trace(every(0.021, 1, 21), wave), window(3.3, 18.7));
  EXPECT_NEAR(figure.value.value() / wave.joules(3.3, 18.7), 1.0, 0.01);
  expect_inside(figure, wave.joules(3.3, 18.7));
}

TEST(Gauge, LostTimeLowersTheGrade) {
  const auto with_gap = [](double from, double to) {
    std::vector<double> times;
    for (const double t : every(0.1, 1, 21)) {
      if (t < from || t > to) times.push_back(t);
    }
    return measure(gauge_trace(times, Wave{}), window(2, 20));
  };
  EXPECT_EQ(with_gap(99, 99).grade, Grade::C);
  EXPECT_EQ(with_gap(10, 10.7).grade, Grade::D);  // 5 %
  const auto lost = with_gap(10, 13);             // 17 %
  EXPECT_EQ(lost.grade, Grade::F);
  EXPECT_TRUE(flagged(lost, "interpolated"));
}

EnergyFigure figure(double value, Grade grade = Grade::C) {
  EnergyFigure f;
  f.source = EnergySource::measured;
  f.grade = grade;
  f.value = Joules(value);
  f.low = Joules(0.9 * value);
  f.high = Joules(1.2 * value);
  f.coverage = {"a"};
  return f;
}

TEST(EnergyFigure, SumIsLinearAndKeepsTheWorse) {
  const auto sum = figure(10) + figure(20, Grade::D);
  EXPECT_DOUBLE_EQ(sum.value.value(), 30);
  EXPECT_DOUBLE_EQ(sum.low.value(), 27);
  EXPECT_DOUBLE_EQ(sum.high.value(), 36);
  EXPECT_EQ(sum.grade, Grade::D);
  EXPECT_EQ(sum.coverage, std::vector<std::string>{"a"});
}

TEST(EnergyFigure, MissingStaysMissingAndEstimatesAreNotMixedIn) {
  EnergyFigure none;
  none.note = "no counter";
  EXPECT_EQ((figure(10) + none).source, EnergySource::missing);
  EXPECT_EQ((none + figure(10)).note, "no counter");
  auto estimate = figure(5, Grade::E);
  estimate.source = EnergySource::estimated;
  const auto mixed = figure(10) + estimate;
  EXPECT_EQ(mixed.source, EnergySource::missing);
  EXPECT_FALSE(mixed.note.empty());
  EXPECT_EQ((estimate + estimate).source, EnergySource::estimated);
}

TEST(EnergyFigure, PerItem) {
  EXPECT_DOUBLE_EQ((figure(10) / 4).high.value(), 3);
  EXPECT_EQ((figure(10) / 0).source, EnergySource::missing);
  EXPECT_EQ(energy_source_from(energy_source_name(EnergySource::estimated)),
            EnergySource::estimated);
}

// Wraps at random places, random read times, random loads: the truth is inside, always, when gain
// is exact and nothing is flagged.
TEST(Energy, TruthIsInsideTheIntervalInRandomCases) {
  std::mt19937_64 random(20261123);
  const auto uniform = [&](double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random);
  };
  int inside = 0;
  constexpr int kCases = 800;
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
