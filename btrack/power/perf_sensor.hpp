// SPDX-License-Identifier: Apache-2.0
// RAPL energy through perf_event_open: one event group on one CPU of each package or die.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "btrack/power/probe.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// One event of the PMU `power`, from its files `NAME`, `NAME.scale` and `NAME.unit`.
struct PerfEvent {
  std::string name;             ///< "energy-pkg"
  std::uint64_t code = 0;       ///< 2
  double joules_per_count = 0;  ///< 2^-32
};

/// The PMU's description below /sys/bus/event_source/devices/power.
struct PerfPmu {
  std::uint32_t type = 0;
  std::vector<int> cpus;  ///< one for each package (AMD) or die (Intel)
  std::vector<PerfEvent> events;
};

Result<PerfPmu> read_perf_pmu(const std::filesystem::path& folder);
/// "0,16-17" -> {0, 16, 17}; nothing where the text is no CPU list.
std::vector<int> parse_cpu_list(std::string_view text);

/// Reads each group with one read(2). Counts are 64 bit and start at 0 when opened. The kernel adds
/// its 32-bit register at each read and at a timer sized for 200 W (rapl.c): read at least every 10
/// s.
class PerfSensor final : public Sensor {
 public:
  /// One group: the descriptor of its leader, and those of its members in the order of channels.
  struct Group {
    std::vector<int> descriptors;
    std::size_t first_channel = 0;
  };
  PerfSensor(std::vector<Channel> channels, std::vector<Group> groups, const Clock& clock);
  ~PerfSensor() override;
  PerfSensor(const PerfSensor&) = delete;
  PerfSensor& operator=(const PerfSensor&) = delete;

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  Result<void> read(std::span<Reading> out) override;

 private:
  std::vector<Channel> channels_;
  std::vector<Group> groups_;
  const Clock& clock_;
};

}  // namespace btrack::power
