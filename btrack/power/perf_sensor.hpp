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

/// One event of the PMUs `power` and `power_core`, from its files `NAME`, `NAME.scale` and
/// `NAME.unit`.
struct PerfEvent {
  std::string name;             ///< "energy-pkg"
  std::uint64_t code = 0;       ///< 2
  double joules_per_count = 0;  ///< 2^-32
};

/// A PMU's description, a folder below /sys/bus/event_source/devices.
struct PerfPmu {
  std::uint32_t type = 0;
  std::vector<int> cpus;  ///< one for each package (AMD), die (Intel) or core (power_core)
  std::vector<PerfEvent> events;
};

Result<PerfPmu> read_perf_pmu(const std::filesystem::path& folder);

/// Where the count of an event is to be taken modulo. The kernel (rapl.c) adds the difference of a
/// 32-bit register as a signed number, at each read and at a timer sized for 200 W: a difference of
/// 2^31 or more comes out 2^32 units of the register too low. The count is right modulo 2^32 units,
/// that is 2^(64 - ESU) counts of 2^-32 J; so it is read as a counter of that range, and a
/// longer gap is found as with any counter. `unit_j` 0 (not known): 2^-16 J, the smallest unit in
/// use, whose range divides all others.
std::uint64_t perf_modulus(double unit_j);

/// Reads each group with one read(2), and takes each count modulo the range of its register.
class PerfSensor final : public Sensor {
 public:
  /// One group: the descriptor of its leader, and those of its members in the order of channels.
  struct Group {
    std::vector<int> descriptors;
    std::size_t first_channel = 0;
    bool adds = false;  ///< to what the groups before have read for these channels
  };
  PerfSensor(std::vector<Channel> channels, std::vector<Group> groups, const Clock& clock);
  ~PerfSensor() override;
  PerfSensor(const PerfSensor&) = delete;
  PerfSensor& operator=(const PerfSensor&) = delete;

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  Result<void> read(std::span<Reading> out) override;

 private:
  void read_group(const Group& group, std::span<Reading> out);
  std::vector<Channel> channels_;
  std::vector<Group> groups_;
  const Clock& clock_;
};

}  // namespace btrack::power
