// SPDX-License-Identifier: Apache-2.0
// Running one experiment, and the sources as channels with their hardware.
#include "btrack/rig/trial.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "btrack/power/sampler.hpp"

namespace btrack::rig {
namespace {

using power::Channel;
using power::ChannelKind;
using power::Domain;

struct Shape {
  std::string_view name;
  Domain domain;
  ChannelKind kind;
  double unit;
  std::uint64_t modulus;
  double period_s;
  double window_s;
  double limit_w;
  double gain;  ///< half width of the rectangle, measurement.md 5 (e)
  double read_s;
};

constexpr std::uint64_t k32Bits = 1ULL << 32U;
constexpr auto kCounter = ChannelKind::energy_counter;
constexpr auto kGauge = ChannelKind::power_gauge;

// Units, periods and windows: measurement.md 1.1 to 1.3; read costs: section 4.
constexpr Shape kShapes[] = {
    {"rapl", Domain::package, kCounter, 0x1p-14, k32Bits, 0.001, 0, 1000, 0.03, 1.1e-6},
    {"rapl-amd", Domain::package, kCounter, 0x1p-16, k32Bits, 0.001, 0, 1000, 0.10, 1.1e-6},
    {"perf", Domain::package, kCounter, 0x1p-32, 0, 0.001, 0, 1000, 0.03, 1e-6},
    {"amd-gpu", Domain::gpu, kCounter, 0x1p-16, 0, 0.001, 0, 1500, 0.05, 5e-6},
    {"nvml-20ms", Domain::gpu, kCounter, 1e-3, 0, 0.020, 0, 700, 0.08, 10e-6},
    {"nvml-100ms", Domain::gpu, kCounter, 1e-3, 0, 0.100, 0, 1000, 0.08, 10e-6},
    {"cray", Domain::node, kCounter, 1.0, 0, 0.100, 0, 4000, 0.05, 2e-6},
    {"gpu-25of100", Domain::gpu, kGauge, 1e-3, 0, 0.100, 0.025, 1000, 0.08, 10e-6},
    {"gpu-10of20", Domain::gpu, kGauge, 1e-3, 0, 0.020, 0.010, 700, 0.08, 10e-6},
    {"gpu-100of100", Domain::gpu, kGauge, 1e-3, 0, 0.100, 0, 1000, 0.08, 10e-6},
    {"hwmon", Domain::package, kGauge, 1e-6, 0, 0.050, 0, 1000, 0.05, 2e-6},
    {"bmc", Domain::node, kGauge, 1.0, 0, 1.0, 0, 4000, 0.05, 300e-6},
};

Source source_of(const Shape& shape) {
  Source source;
  source.name = shape.name;
  Channel& c = source.channel;
  c.id = std::string("rig/") + std::string(shape.name);
  c.label = shape.name;
  c.domain = shape.domain;
  c.kind = shape.kind;
  c.si_per_count = shape.unit;
  c.modulus = shape.modulus;
  c.update_period = Seconds(shape.period_s);
  c.window = Seconds(shape.window_s);
  c.power_limit = Watts(shape.limit_w);
  // 95 % of a rectangle: what the drivers state (cpu_gain.hpp).
  c.gain = {1.0 - 0.95 * shape.gain, 1.0 + 0.95 * shape.gain};
  source.hardware.period_s = shape.period_s;
  source.hardware.window_s = shape.window_s;
  source.hardware.phase_s = 0.3 * shape.period_s;
  source.hardware.read_s = shape.read_s;
  source.typical_w = 0.3 * shape.limit_w;
  return source;
}

bool informs_only(const std::string& flag) { return flag == "wrapped" || flag == "interpolated"; }

}  // namespace

std::vector<Source> sources() {
  std::vector<Source> all;
  for (const Shape& shape : kShapes) all.push_back(source_of(shape));
  return all;
}

Source source(std::string_view name) {
  const auto* const found = std::ranges::find(kShapes, name, &Shape::name);
  if (found == std::ranges::end(kShapes)) throw std::out_of_range(std::string(name));
  return source_of(*found);
}

Trial trial_of(const Source& source, double power_w) {
  Trial trial;
  trial.channel = source.channel;
  trial.hardware = source.hardware;
  trial.truth.add(Constant{power_w});
  trial.schedule.period_s =
      power::reading_period({&source.channel, 1}, Seconds(trial.schedule.period_s)).count();
  return trial;
}

bool Outcome::contained() const {
  if (refused()) return figure.high.value() <= 0.0 || true_j <= figure.high.value();
  return figure.low.value() <= true_j && true_j <= figure.high.value();
}

bool Outcome::bounded() const {
  return !refused() && std::ranges::find(figure.flags, "aliasing") != figure.flags.end();
}

bool Outcome::flagged() const {
  return refused() || figure.grade == power::Grade::F ||
         !std::ranges::all_of(figure.flags, informs_only);
}

bool Outcome::silent_error() const {
  if (flagged()) return refused() && !contained();
  const double error = true_j - figure.value.value();
  const double half =
      error > 0 ? (figure.high - figure.value).value() : (figure.value - figure.low).value();
  return std::abs(error) > 3.0 * half;
}

Outcome run(const Trial& trial) {
  VirtualClock clock;
  VirtualSensor sensor(trial.channel, trial.hardware, trial.fault, &trial.truth, &clock);
  const auto trace = sample(sensor, clock, trial.schedule, {&trial.region, 1});
  auto report = power::EnergyMeter(trace).measure(trial.region.window());
  return {trial.truth.joules(trial.region.begin_s, trial.region.end_s), std::move(report.total)};
}

}  // namespace btrack::rig
