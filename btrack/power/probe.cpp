// SPDX-License-Identifier: Apache-2.0
// The table of drivers, the findings of each, and the counters that two drivers share.
#include "btrack/power/probe.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "btrack/power/drivers.hpp"
#include "btrack/power/relations.hpp"

namespace btrack::power {
namespace {

constexpr std::array kDrivers{
    SensorDriver{"powercap", "RAPL energy counters of CPU, memory and platform, from sysfs",
                 probe_powercap},
    SensorDriver{"perf", "RAPL energy counters through perf_event_open", probe_perf},
    SensorDriver{"msr", "RAPL energy counters from the processor's registers", probe_msr},
    SensorDriver{"daemon", "RAPL energy counters that are root's, from btrackd", probe_daemon},
    SensorDriver{"nvml", "energy counters and power of NVIDIA GPUs, through NVML", probe_nvml},
    SensorDriver{"amd_smi", "energy counters of AMD GPUs, through AMD SMI or ROCm SMI",
                 probe_amd_smi},
    SensorDriver{"level_zero", "energy counters of Intel GPUs, through Level Zero Sysman",
                 probe_level_zero},
    SensorDriver{"cray", "node, CPU, memory and accelerator counters of Cray and HPE", probe_cray},
    SensorDriver{"hwmon", "power and energy of GPUs and power supplies, from hwmon", probe_hwmon},
    SensorDriver{"ina3221", "power rails of Jetson modules", probe_ina3221},
    SensorDriver{"acpi_meter", "ACPI power meters, and Grace and GH200 modules", probe_acpi_meter},
    SensorDriver{"battery", "battery power, while the machine runs on it", probe_battery},
    SensorDriver{"redfish", "chassis power and energy from a BMC over HTTPS, where asked for",
                 probe_redfish},
    SensorDriver{"ipmi", "node power from the BMC, IPMI DCMI through ipmitool", probe_ipmi},
    SensorDriver{"estimate", "CPU time times a power model, for machines without a counter",
                 probe_estimate},
};

/// A sensor whose channels were relabelled after its driver made it.
class RelabelledSensor final : public Sensor {
 public:
  RelabelledSensor(std::unique_ptr<Sensor> inner, std::vector<Channel> channels)
      : inner_(std::move(inner)), channels_(std::move(channels)) {}
  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  Result<void> read(std::span<Reading> out) override { return inner_->read(out); }

 private:
  std::unique_ptr<Sensor> inner_;
  std::vector<Channel> channels_;
};

}  // namespace

std::span<const SensorDriver> sensor_drivers() { return kDrivers; }

std::optional<std::string> environment_variable(const ProbeContext& context, const char* name) {
  if (context.environment) return context.environment(name);
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool ProbeResult::has_counter() const {
  return std::ranges::any_of(findings, [](const DriverFinding& finding) {
    return std::ranges::any_of(finding.channels,
                               [](const Channel& c) { return c.evidence == Evidence::measured; });
  });
}

ProbeResult probe_sensors(const ProbeContext& context) {
  ProbeResult result;
  std::vector<Channel> all;
  std::vector<std::size_t> driver_of;  // per sensor
  for (const SensorDriver& driver : kDrivers) {
    DriverProbe probe = driver.probe(context);
    result.findings.push_back({driver.name, driver.summary, {}, std::move(probe.absent)});
    for (auto& sensor : probe.sensors) {
      std::vector<Channel> channels(sensor->channels().begin(), sensor->channels().end());
      std::ranges::move(channels, std::back_inserter(all));
      result.sensors.push_back(std::move(sensor));
      driver_of.push_back(result.findings.size() - 1);
    }
  }
  relate(all);

  auto next = all.begin();
  for (std::size_t i = 0; i < result.sensors.size(); ++i) {
    const auto end = next + static_cast<std::ptrdiff_t>(result.sensors[i]->channels().size());
    std::vector<Channel> channels(next, end);
    next = end;
    auto& finding = result.findings[driver_of[i]].channels;
    finding.insert(finding.end(), channels.begin(), channels.end());
    result.sensors[i] =
        std::make_unique<RelabelledSensor>(std::move(result.sensors[i]), std::move(channels));
  }
  return result;
}

}  // namespace btrack::power
