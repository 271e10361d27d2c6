// SPDX-License-Identifier: Apache-2.0
// What is known beforehand of the power sensors of NVIDIA's GPUs, by architecture.
#pragma once

#include <string_view>

#include "btrack/power/nvml_library.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// A prior, taken from other cards of the kind: a card may differ, and only its own
/// characterisation says so.
struct NvmlSensorModel {
  std::string_view family;
  Seconds period{};            ///< a new value this often
  Seconds window{};            ///< and this much of it looked at; equal to the period: all of it
  bool counter_lossy = false;  ///< the energy counter loses energy when it is polled
  std::string_view source;
};
NvmlSensorModel nvml_sensor_model(const NvmlGpu& gpu);

/// What nvmlDeviceGetPowerUsage returns: the mean of a second, or the sensor's own value.
enum class PowerUsage { instant, average };
PowerUsage nvml_power_usage(const NvmlGpu& gpu, int driver_branch);

/// The second over which "average" values reach (nvml.h).
constexpr Seconds kNvmlAverage{1.0};

/// Limit, gain and offset of a GPU's channels; a module or memory has no limit of its own.
void set_nvml_limits(Channel& channel, const NvmlGpu& gpu);

}  // namespace btrack::power
