// SPDX-License-Identifier: Apache-2.0
// The closed forms against plain numerical integration of what the terms mean.
#include "btrack/rig/waveform.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace btrack::rig {
namespace {

TEST(Waveform, EnergyStartsAtZeroAndAddsUp) {
  Waveform wave;
  wave.add(Constant{10});
  wave.add(Step{5, 1, 3});
  wave.add(Ramp{4, 0, 2});
  wave.add(Square{8, 0.5, 0.25, 0.1});
  wave.add(Sine{3, 0.7, 0.2});
  wave.add(Prbs(6, 0.01));
  wave.add(training_like(100, 0.2));
  wave.add(Warming{7, 2.0, 1.0});
  EXPECT_NEAR(wave.joules(0.0), 0.0, 1e-12);
  EXPECT_NEAR(wave.joules(0.3, 2.1) + wave.joules(2.1, 4.9), wave.joules(0.3, 4.9), 1e-9);
}

TEST(Waveform, EachTermIsWhatItSays) {
  EXPECT_DOUBLE_EQ((Step{5, 1, 3}.joules(2.0)), 5.0);
  EXPECT_DOUBLE_EQ((Step{5, 1, 3}.joules(9.0)), 10.0);
  EXPECT_DOUBLE_EQ((Ramp{4, 0, 2}.joules(3.0)), 8.0);
  EXPECT_NEAR((Square{8, 0.5, 0.25, 0.1}.joules(10.0)), 8 * 0.25 * 10, 1e-9);
  EXPECT_NEAR((Square{8, 1.0, 0.5, 0.0}.joules(0.25)), 2.0, 1e-12);
  EXPECT_NEAR((Square{8, 1.0, 0.5, 0.0}.joules(0.9)), 4.0, 1e-12);
  EXPECT_NEAR((Sine{3, 2.0, 0.0}.joules(1.0)), 3 * 2 / std::numbers::pi, 1e-12);
  EXPECT_NEAR((Warming{7, 2.0, 0.0}.joules(2.0)), 7 * 2 * std::exp(-1.0), 1e-12);
}

TEST(Waveform, PrbsHasSixtyFourOnesAndRepeats) {
  const Prbs prbs(1.0, 1.0);
  EXPECT_NEAR(prbs.joules(127.0), 64.0, 1e-12);
  EXPECT_NEAR(prbs.joules(127.0 + 5.5), 64.0 + prbs.joules(5.5), 1e-9);
}

}  // namespace
}  // namespace btrack::rig
