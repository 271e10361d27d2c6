// SPDX-License-Identifier: Apache-2.0
// Finding the sensors of this machine: one constexpr table of drivers, each asked in turn.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/clock.hpp"
#include "btrack/core/error.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// One counting perf event on one CPU for all processes (pid -1); `group_fd` -1 leads a group.
struct PerfRequest {
  std::uint32_t type = 0;    ///< the PMU's number, from its `type` file
  std::uint64_t config = 0;  ///< the event's code, from `events/NAME`
  int cpu = 0;
  int group_fd = -1;
};

/// Everything a driver may look at; tests and containers give other roots. A clock given here must
/// outlive the sensors.
struct ProbeContext {
  std::filesystem::path sysfs_root = "/sys";
  std::filesystem::path procfs_root = "/proc";
  std::filesystem::path device_root = "/dev";
  const Clock* clock = nullptr;  ///< null: the system's
  /// Vendor libraries by short name ("nvml"), where another file than the system's is to be loaded.
  std::map<std::string, std::filesystem::path, std::less<>> libraries;
  /// An environment variable's value; empty: getenv(3).
  std::function<std::optional<std::string>(const char*)> environment;
  /// Where btrackd listens.
  std::filesystem::path daemon_socket = "/run/btrack/btrackd.sock";
  /// The Redfish driver's configuration (docs/sensors/redfish.md); empty: nobody asked for it.
  std::filesystem::path redfish_config;
  /// A descriptor that reads as PERF_FORMAT_GROUP, or -errno; empty: perf_event_open(2).
  std::function<int(const PerfRequest&)> perf_open;
};

/// The variable as the context gives it, or as the system does.
std::optional<std::string> environment_variable(const ProbeContext& context, const char* name);

/// What one driver has to offer: sensors, or a reason, or both where only a part is readable.
struct DriverProbe {
  std::vector<std::unique_ptr<Sensor>> sensors;
  std::optional<Error> absent;
};

/// The offer of a driver with one sensor: that sensor and what is closed beside it, or why it could
/// not be opened.
template <class S>
DriverProbe offer(Result<std::unique_ptr<S>> sensor, std::optional<Error> closed = {}) {
  DriverProbe probe{{}, std::move(closed)};
  if (sensor) {
    probe.sensors.push_back(std::move(*sensor));
  } else {
    probe.absent = sensor.error();
  }
  return probe;
}

struct SensorDriver {
  std::string_view name;     ///< "powercap"
  std::string_view summary;  ///< one line for people
  DriverProbe (*probe)(const ProbeContext&);
};

/// All drivers, most trusted first, the estimate last.
std::span<const SensorDriver> sensor_drivers();

/// What one driver found, or why it found nothing (`Error::remedy` says what would open it). With
/// channels and `absent` both, a part of its counters is closed to us.
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
