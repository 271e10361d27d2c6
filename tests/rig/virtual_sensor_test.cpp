// SPDX-License-Identifier: Apache-2.0
// The virtual hardware does what its description says; the same trial gives the same outcome.
#include "btrack/rig/virtual_sensor.hpp"

#include <gtest/gtest.h>

#include "btrack/rig/monte_carlo.hpp"

namespace btrack::rig {
namespace {

std::uint64_t count_at(double t, const Hardware& hardware, const power::Channel& channel,
                       const Fault& fault = {}) {
  const Waveform truth({Constant{100.0}});
  VirtualClock clock;
  VirtualSensor sensor(channel, hardware, fault, &truth, &clock);
  clock.advance_to(t);
  power::Reading reading;
  EXPECT_TRUE(sensor.read({&reading, 1}));
  return reading.count;
}

TEST(VirtualSensor, CounterStandsBetweenTicksAndWraps) {
  Source from = source("rapl");
  from.hardware.read_s = 0.0;
  EXPECT_EQ(count_at(5.0004, from.hardware, from.channel),
            count_at(5.0012, from.hardware, from.channel));
  from.hardware.start = from.channel.modulus - 10;
  const auto expected = static_cast<std::uint64_t>(100.0 * 5.0003 * 16384) - 10;
  EXPECT_NEAR(static_cast<double>(count_at(5.0005, from.hardware, from.channel)),
              static_cast<double>(expected), 2.0);
}

TEST(VirtualSensor, GaugeShowsItsWindowAndFrozenStays) {
  Source from = source("gpu-25of100");
  EXPECT_EQ(count_at(5.0, from.hardware, from.channel), 100'000U);
  Fault frozen;
  frozen.frozen_from_s = 1.0;
  const Source counter = source("nvml-100ms");
  EXPECT_EQ(count_at(3.0, counter.hardware, counter.channel, frozen),
            count_at(9.0, counter.hardware, counter.channel, frozen));
}

TEST(Trial, TheSameScenarioHasTheSameOutcome) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto a = run(random_scenario(3, i).trial);
    const auto b = run(random_scenario(3, i).trial);
    EXPECT_EQ(a.figure.value.value(), b.figure.value.value());
    EXPECT_EQ(a.figure.high.value(), b.figure.high.value());
    EXPECT_EQ(a.true_j, b.true_j);
  }
}

}  // namespace
}  // namespace btrack::rig
