// SPDX-License-Identifier: Apache-2.0
// One experiment: virtual hardware, a known power, a region; and how the energy meter did.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "btrack/power/energy.hpp"
#include "btrack/rig/dice.hpp"
#include "btrack/rig/virtual_sampler.hpp"

namespace btrack::rig {

/// A kind of sensor that exists, with the channel that its driver would describe.
struct Source {
  std::string_view name;
  power::Channel channel;
  Hardware hardware;
  double typical_w = 100.0;
};
/// The sources of the rig: RAPL by powercap and perf, AMD's GPU counter, NVML of several
/// generations (measurement.md 1.2), Cray, hwmon, BMC.
std::vector<Source> sources();
/// The source of that name; a broken promise (exception) where there is none.
Source source(std::string_view name);

struct Trial {
  power::Channel channel;
  Hardware hardware;
  Fault fault;
  Waveform truth;
  Schedule schedule;
  Region region{10.0, 12.0};
};
Trial trial_of(const Source& source, double power_w);

struct Outcome {
  double true_j = 0.0;
  power::EnergyFigure figure;

  [[nodiscard]] bool refused() const { return figure.source == power::EnergySource::missing; }
  /// The truth is in the interval; where refused with a bound, below that.
  [[nodiscard]] bool contained() const;
  /// The interval is no 95 % statement but what is physically possible: the load may be in step
  /// with the sensor, and the figure says so and how to measure instead.
  [[nodiscard]] bool bounded() const;
  /// Something was said: refused, grade F, or a flag that is no mere information ("wrapped").
  [[nodiscard]] bool flagged() const;
  /// More than three half widths off, and nothing was said.
  [[nodiscard]] bool silent_error() const;
  [[nodiscard]] double relative_error() const { return figure.value.value() / true_j - 1.0; }
};

/// Samples, and measures the region with the real EnergyMeter. Same trial, same outcome.
Outcome run(const Trial& trial);

}  // namespace btrack::rig
