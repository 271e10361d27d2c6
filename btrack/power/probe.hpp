// SPDX-License-Identifier: Apache-2.0
// Finding the sensors of this machine: one constexpr table of drivers, each asked in turn.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/clock.hpp"
#include "btrack/core/error.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// Everything a driver may look at; tests and containers give other roots.
struct ProbeContext {
  std::filesystem::path sysfs_root = "/sys";
  std::filesystem::path procfs_root = "/proc";
  const Clock* clock = nullptr;  ///< null: the system's
};

struct SensorDriver {
  std::string_view name;     ///< "powercap"
  std::string_view summary;  ///< one line for people
  Result<std::vector<std::unique_ptr<Sensor>>> (*probe)(const ProbeContext&);
};

/// All drivers, most trusted first, the estimate last.
std::span<const SensorDriver> sensor_drivers();

/// What one driver found, or why it found nothing (`Error::remedy` says what would open it).
struct DriverFinding {
  std::string_view driver;
  std::string_view summary;
  std::vector<Channel> channels;
  std::optional<Error> absent;
};

struct ProbeResult {
  std::vector<std::unique_ptr<Sensor>> sensors;
  std::vector<DriverFinding> findings;
  [[nodiscard]] bool has_counter() const;  ///< any measured channel at all
};

/// Probes every driver. Duplicates between drivers (perf and powercap read one RAPL counter) are
/// marked `duplicate_of`; the estimate is always there, so that no total is silently empty.
ProbeResult probe_sensors(const ProbeContext& context);

}  // namespace btrack::power
