// SPDX-License-Identifier: Apache-2.0
// Traces of counters with a known power, for tests of the integration.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "btrack/power/energy.hpp"

namespace btrack::power::test {

/// base + amplitude * sin(2 pi t / period), or a square wave of the same; t in seconds.
struct Wave {
  double base_w = 100.0;
  double amplitude_w = 0.0;
  double period_s = 1.0;
  bool square = false;

  [[nodiscard]] double joules(double t) const {
    if (!square) {
      const double omega = 2 * std::numbers::pi / period_s;
      return base_w * t + amplitude_w / omega * (1 - std::cos(omega * t));
    }
    const double phase = std::fmod(t, period_s);
    const double up = std::min(phase, period_s / 2) - std::max(0.0, phase - period_s / 2);
    return base_w * t + amplitude_w * up;
  }
  [[nodiscard]] double joules(double begin, double end) const {
    return joules(end) - joules(begin);
  }
};

inline SteadyTime at(double seconds) {
  return steady_from_ns(1'000'000'000'000 + std::llround(seconds * 1e9));
}

inline Window window(double begin, double end) { return {at(begin), at(end)}; }

inline Channel rapl(std::string id = "package-0") {
  Channel c;
  c.id = std::move(id);
  c.domain = Domain::package;
  c.si_per_count = 1.0 / 16384;
  c.modulus = 1ULL << 32;
  c.update_period = Seconds(0.001);
  c.power_limit = Watts(1000);
  c.gain = {0.97, 1.03};
  return c;
}

/// What such a counter shows at time t: it is renewed at whole periods, plus `phase` seconds.
inline std::uint64_t shown(const Channel& c, const Wave& wave, double t, std::uint64_t start = 0,
                           double phase = 0.0003) {
  const double period = c.update_period.count();
  const double tick = std::floor((t - phase) / period) * period + phase;
  const auto counts =
      start + static_cast<std::uint64_t>(std::max(0.0, wave.joules(tick)) / c.si_per_count);
  return c.modulus == 0 ? counts : counts % c.modulus;
}

inline std::vector<double> every(double step, double begin, double end) {
  std::vector<double> times;
  for (int i = 0; begin + step * i <= end + 1e-9; ++i) times.push_back(begin + step * i);
  return times;
}

inline PowerTrace trace_of(const Channel& c, const Wave& wave, const std::vector<double>& times,
                           std::uint64_t start = 0) {
  PowerTrace trace;
  trace.channels = {c};
  for (const double t : times) {
    trace.readings.push_back({0, reading_flags::ok, at(t), shown(c, wave, t, start)});
  }
  return trace;
}

inline EnergyFigure measure(const PowerTrace& trace, Window w) {
  return EnergyMeter(trace).measure(w).total;
}

inline bool flagged(const EnergyFigure& figure, std::string_view flag) {
  return std::ranges::find(figure.flags, flag) != figure.flags.end();
}

inline void expect_inside(const EnergyFigure& figure, double truth) {
  EXPECT_LE(figure.low.value(), truth);
  EXPECT_GE(figure.high.value(), truth);
}

}  // namespace btrack::power::test
