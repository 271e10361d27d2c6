// SPDX-License-Identifier: Apache-2.0
// ACPI power meters: a server's own meter, or the rails that Grace firmware shows through the same
// driver.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "btrack/core/text.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_rows.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/hwmon.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

/// A rail by the words before "Power Socket N" in power1_oem_info (edk2-platforms, NVIDIA TH500
/// SSDT), and the rail of the same socket that contains it.
struct GraceRail {
  std::string_view word;
  std::string_view what;
  Domain domain;
  std::string_view around;
};

constexpr std::array kGraceRails{
    GraceRail{"Module", "module with GPU, memory and regulators", Domain::module, ""},
    GraceRail{"Grace", "Grace CPU with memory and regulators", Domain::package, "Module"},
    GraceRail{"CPU", "Grace CPU cores", Domain::core, "Grace"},
    GraceRail{"SysIO", "Grace SoC and input/output", Domain::uncore, "Grace"},
};

struct Rail {
  const GraceRail* meaning = nullptr;  ///< null: an ordinary meter
  std::string socket;
};

/// "Grace Power Socket 1" -> that rail, "1".
Rail rail_of(std::string_view oem_info) {
  for (const GraceRail& rail : kGraceRails) {
    const auto begin = fmt::format("{} Power Socket ", rail.word);
    if (oem_info.starts_with(begin)) return {&rail, std::string(oem_info.substr(begin.size()))};
  }
  return {};
}

/// Names of the devices that `measures/` links to (_PMD).
std::vector<std::string> measured_devices(const FoundFile& file) {
  std::vector<std::string> names;
  const auto chip = hwmon_chip(file);
  for (const auto& folder : {file.folder / "measures", chip.folder / "device/measures"}) {
    std::error_code error;
    for (const auto& link : fs::directory_iterator(folder, error)) {
      names.push_back(link.path().filename().string());
    }
    if (!names.empty()) break;
  }
  std::ranges::sort(names);
  return names;
}

/// The whole machine, unless the firmware names other devices; the namespace's root is LNXSYSTM,
/// its system bus LNXSYBUS.
bool is_whole_machine(const std::vector<std::string>& devices) {
  return devices.empty() || std::ranges::any_of(devices, [](const std::string& name) {
           return name.starts_with("LNXSYSTM") || name.starts_with("LNXSYBUS");
         });
}

void describe_meter(Channel& c, const FoundFile& file) {
  const auto devices = measured_devices(file);
  const bool battery = attribute(file.folder / "power1_is_battery") == "1";
  const bool whole = !battery && is_whole_machine(devices);
  c.domain = whole ? Domain::node : Domain::other;
  c.beside = true;
  c.label = whole ? "whole machine (ACPI power meter)" : "ACPI power meter of ";
  if (!whole) c.label += battery ? "a battery" : join(devices, ", ");
}

Channel channel_of(const FoundFile& file, const FileRow& row, const Rail& rail) {
  Channel c;
  const auto chip = hwmon_chip(file);
  c.kind = row.kind;
  c.si_per_count = row.si_per_count;
  c.update_period = milliseconds(file.folder / "power1_average_interval", row.update_period);
  c.power_limit = row.power_limit;
  c.device = chip.device;
  auto policy = meter_gain(attribute(file.folder / "power1_accuracy"));
  c.gain = policy.gain;
  c.gain_source = std::move(policy.source);
  if (rail.meaning == nullptr) {
    c.id = fmt::format("acpi_meter/{}", chip.device.empty() ? chip.name : chip.device);
    describe_meter(c, file);
  } else {
    c.id = fmt::format("acpi_meter/socket-{}/{}", rail.socket, rail.meaning->word);
    c.label = fmt::format("socket {} {}", rail.socket, rail.meaning->what);
    c.domain = rail.meaning->domain;
    c.beside = rail.meaning->domain == Domain::module;  // GPU counters measure parts of it
  }
  return c;
}

void contain(std::vector<Channel>& channels, const std::vector<Rail>& rails) {
  std::map<std::pair<std::string, std::string_view>, std::string> ids;
  for (std::size_t i = 0; i < rails.size(); ++i) {
    if (rails[i].meaning != nullptr) {
      ids.try_emplace({rails[i].socket, rails[i].meaning->word}, channels[i].id);
    }
  }
  for (std::size_t i = 0; i < rails.size(); ++i) {
    if (rails[i].meaning == nullptr) continue;
    const auto around = ids.find({rails[i].socket, rails[i].meaning->around});
    if (around != ids.end()) channels[i].part_of = around->second;
  }
}

}  // namespace

DriverProbe probe_acpi_meter(const ProbeContext& context) {
  const FileRow row = file_rows("acpi_meter").front();
  auto found = find_files(row, context.sysfs_root);
  std::vector<Rail> rails;
  std::vector<Channel> channels;
  for (const auto& file : found.readable) {
    rails.push_back(rail_of(file.name));
    channels.push_back(channel_of(file, row, rails.back()));
  }
  tell_apart(channels, found.readable);
  contain(channels, rails);
  std::vector<FileSource> sources;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    sources.push_back({.channel = std::move(channels[i]), .file = found.readable[i].value});
  }
  return offer_files(
      std::move(sources), refusals(found.refused, "meters"),
      {ErrorKind::not_found,
       fmt::format("no ACPI power meter under {}", (context.sysfs_root / "class/hwmon").string()),
       "try 'modprobe acpi_power_meter'; on Grace boot with acpi_power_meter.force_cap_on=y"},
      context.clock);
}

}  // namespace btrack::power
