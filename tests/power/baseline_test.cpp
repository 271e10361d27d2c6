// SPDX-License-Identifier: Apache-2.0
// Idle power and net energy on synthetic counters whose energies are known in closed form.
#include "btrack/power/baseline.hpp"

#include <gtest/gtest.h>

#include "tests/power/synthetic.hpp"

namespace btrack::power {
namespace {

using test::at;
using test::every;
using test::flagged;
using test::rapl;
using test::window;

/// Idle power runs straight from `first` to `last` over 100 s; from 40 s to 60 s work adds `more`.
struct Day {
  double first_w = 50.0;
  double last_w = 50.0;
  double more_w = 100.0;

  [[nodiscard]] double idle_joules(double t) const {
    return first_w * t + (last_w - first_w) * t * t / 200.0;
  }
  [[nodiscard]] double joules(double t) const {
    return idle_joules(t) + more_w * std::clamp(t - 40.0, 0.0, 20.0);
  }
};

/// A counter that reads `factor` times the truth.
PowerTrace trace_of(const Channel& c, const Day& day, double factor = 1.0) {
  PowerTrace trace;
  trace.channels = {c};
  auto times = every(0.1, 0, 100);
  for (const double edge : {5.0, 35.0, 40.0, 60.0, 65.0, 95.0}) {
    for (int i = -3; i <= 3; ++i) times.push_back(edge + 0.0004 * i);
  }
  std::ranges::sort(times);
  const double period = c.update_period.count();
  for (const double t : times) {
    const double tick = std::max(0.0, std::floor((t - 0.0003) / period) * period + 0.0003);
    trace.readings.push_back(
        {0, reading_flags::ok, at(t),
         static_cast<std::uint64_t>(factor * day.joules(tick) / c.si_per_count)});
  }
  return trace;
}

struct Measured {
  IdleFigure idle;
  EnergyFigure gross;
  EnergyFigure net;
};

Measured measured(const Channel& c, const Day& day, double factor = 1.0) {
  const EnergyMeter meter(trace_of(c, day, factor));
  const IdlePower idle(meter, Seconds(0.001), window(5, 35), window(65, 95));
  return {idle.figure(), meter.measure(window(40, 60)).total, idle.net(window(40, 60))};
}

TEST(Baseline, GrossNetAndIdlePowerOfASteadyMachine) {
  const auto m = measured(rapl(), {});
  EXPECT_NEAR(m.idle.value.value(), 50.0, 0.005);
  EXPECT_NEAR(m.gross.value.value(), 3000.0, 0.3);
  EXPECT_NEAR(m.net.value.value(), 2000.0, 0.3);
  EXPECT_TRUE(m.idle.flags.empty()) << m.idle.flags.front();
  EXPECT_EQ(m.net.grade, Grade::C);
  EXPECT_EQ(m.net.coverage, m.gross.coverage);
}

TEST(Baseline, OnlyTheGainOfTheDifferenceIsLeft) {
  // 3 % of 2000 J and not of 3000 J: were gross and idle taken as independent, it would be
  // hypot(3 % of 3000 J, 3 % of 1000 J) = 94.9 J.
  const auto m = measured(rapl(), {});
  EXPECT_NEAR((m.net.high - m.net.value).value(), 60.0, 1.0);
  EXPECT_NEAR((m.net.value - m.net.low).value(), 60.0, 1.0);
  EXPECT_LT(m.net.spread.value(), 2.0);
  EXPECT_NEAR((m.idle.high - m.idle.value).value(), 1.5, 0.02);
}

TEST(Baseline, AnOffsetOfTheSensorCancels) {
  Channel c = rapl();
  c.gain = {1.0, 1.0};
  c.offset = Watts(5);
  const auto m = measured(c, {});
  EXPECT_GT((m.gross.high - m.gross.value).value(), 95.0) << "5 W for 20 s";
  EXPECT_LT((m.net.high - m.net.value).value(), 2.0);
}

TEST(Baseline, TheTruthIsInsideForEveryGainWithinTheInterval) {
  for (const double factor : {1 / 0.971, 1.0, 1 / 1.029}) {
    const auto m = measured(rapl(), {}, factor);
    EXPECT_LE(m.net.low.value(), 2000.0) << factor;
    EXPECT_GE(m.net.high.value(), 2000.0) << factor;
  }
}

TEST(Baseline, DriftIsInterpolatedFlaggedAndInTheInterval) {
  const Day warming{50.0, 60.0, 100.0};
  const auto m = measured(rapl(), warming);
  EXPECT_TRUE(flagged(m.net, "baseline-drift"));
  EXPECT_GE(m.net.grade, Grade::D);
  EXPECT_NEAR(m.idle.before.value(), 52.0, 0.01) << "the mean over 5 s to 35 s";
  EXPECT_NEAR(m.idle.after.value(), 58.0, 0.01);
  EXPECT_NEAR(m.idle.change(), 6.0 / 55.0, 1e-3);
  EXPECT_NEAR(m.net.value.value(), 2000.0, 0.5) << "linear drift, linear interpolation";
  EXPECT_GT(m.net.spread.value(), 0.5 * 6.0 * 20.0 * 0.9) << "anything between before and after";
  EXPECT_NE(m.idle.note.find("+10.9 %"), std::string::npos) << m.idle.note;
}

TEST(Baseline, ASmallStepBeyondItsOwnUncertaintyIsDriftToo) {
  // 0.6 % is below the 2 %, but steady windows know their power far better than that.
  EXPECT_TRUE(flagged(measured(rapl(), {50.0, 50.5, 100.0}).net, "baseline-drift"));
}

TEST(Baseline, NothingAboveIdleIsSaidSo) {
  const auto m = measured(rapl(), {50.0, 50.0, 0.0});
  EXPECT_EQ(m.net.source, EnergySource::measured);
  EXPECT_TRUE(flagged(m.net, "not-above-idle"));
  EXPECT_LE(m.net.low.value(), 0.0);
  EXPECT_GE(m.net.high.value(), 0.0);
  EXPECT_EQ(m.net.grade, Grade::E);
}

TEST(Baseline, ANegativeDifferenceTurnsTheGainAround) {
  Channel c = rapl();
  c.gain = {0.9, 1.0};  // the truth is at most what is read
  const auto m = measured(c, {50.0, 50.0, -20.0});
  EXPECT_NEAR(m.net.value.value(), -400.0, 0.5);
  EXPECT_NEAR((m.net.high - m.net.value).value(), 40.0, 2.0);
  EXPECT_LT((m.net.value - m.net.low).value(), 2.0);
}

TEST(Baseline, AnUnsettledOrShortWindowIsFlagged) {
  const auto steep = measured(rapl(), {50.0, 75.0, 100.0});
  EXPECT_TRUE(flagged(steep.net, "unsettled")) << "7.5 W within 30 s";
  const EnergyMeter meter(trace_of(rapl(), {}));
  const IdlePower brief(meter, Seconds(0.001), window(30, 35), window(65, 70));
  EXPECT_TRUE(flagged(brief.net(window(40, 60)), "short-baseline"));
  const IdlePower slow(meter, Seconds(2.0), window(5, 35), window(65, 95));
  EXPECT_TRUE(flagged(slow.net(window(40, 60)), "short-baseline")) << "20 updates are 40 s";
}

TEST(Baseline, WhatIsMissingSaysWhyAndIsNeverZero) {
  const EnergyMeter meter(trace_of(rapl(), {}));
  const IdlePower outside(meter, Seconds(0.001), window(5, 35), window(165, 195));
  EXPECT_EQ(outside.figure().source, EnergySource::missing);
  const auto net = outside.net(window(40, 60));
  EXPECT_EQ(net.source, EnergySource::missing);
  EXPECT_NE(net.note.find("idle power after the work is missing"), std::string::npos) << net.note;
  EXPECT_GT(net.high.value(), 3000.0) << "no more than the whole energy";
  const IdlePower idle(meter, Seconds(0.001), window(5, 35), window(65, 95));
  const auto brief = idle.net(window(50, 50.001));
  EXPECT_EQ(brief.source, EnergySource::missing);
  EXPECT_NE(brief.note.find("not resolvable"), std::string::npos);
}

TEST(Baseline, LengthFollowsTheSlowestSummedChannel) {
  Channel package = rapl();
  Channel gpu = rapl("gpu-0");
  gpu.domain = Domain::gpu;
  gpu.update_period = Seconds(0.1);
  Channel bmc = rapl("bmc");
  bmc.domain = Domain::node;
  bmc.beside = true;
  bmc.update_period = Seconds(60);
  EXPECT_EQ(slowest_period(std::vector{package, gpu, bmc}), Seconds(0.1));
  EXPECT_EQ(slowest_period({}), Seconds(0));
  EXPECT_EQ(idle_length(Seconds(0.1)), Seconds(30));
  EXPECT_EQ(idle_length(Seconds(2)), Seconds(40));
}

}  // namespace
}  // namespace btrack::power
