// SPDX-License-Identifier: Apache-2.0
// Gauges as windows: what a value stands for, lost time, averages longer than a period.
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

}  // namespace
}  // namespace btrack::power
