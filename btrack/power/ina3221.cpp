// SPDX-License-Identifier: Apache-2.0
// The rails of a Jetson module: volts times amperes of INA3221 chips, and which rail feeds which.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "btrack/power/drivers.hpp"
#include "btrack/power/file_rows.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/hwmon.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModuleRail = "VDD_IN";

struct RailMeaning {
  std::string_view word;  ///< in the rail's label
  Domain domain;
};

/// The first word that a label has decides; rails that feed several parts come first.
constexpr std::array kRails{
    RailMeaning{kModuleRail, Domain::module}, RailMeaning{"CPU_GPU", Domain::other},
    RailMeaning{"GPU", Domain::gpu},          RailMeaning{"CPU", Domain::cpu},
    RailMeaning{"DDR", Domain::dram},         RailMeaning{"VDDQ", Domain::dram},
    RailMeaning{"SOC", Domain::uncore},       RailMeaning{"CV", Domain::uncore},
    RailMeaning{"SYS", Domain::io},           RailMeaning{"IO", Domain::io},
};

Domain domain_of(std::string_view label) {
  const auto rail = std::ranges::find_if(
      kRails, [&](const RailMeaning& r) { return label.find(r.word) != std::string_view::npos; });
  return rail == kRails.end() ? Domain::other : rail->domain;
}

/// Half a step of the current (40 uV over the shunt: Documentation/hwmon/ina3221.rst and the
/// driver) at the rail's voltage; nothing where the shunt is not known.
Watts current_step(const FoundFile& file) {
  constexpr double kStepVolts = 40e-6;
  const auto shunt_uohm =
      number_attribute(file.folder / fmt::format("shunt{}_resistor", file.number));
  const auto rail_mv = number_attribute(file.folder / fmt::format("in{}_input", file.number));
  if (!shunt_uohm || *shunt_uohm == 0 || !rail_mv) return {};
  const double step_amperes = kStepVolts / (static_cast<double>(*shunt_uohm) * 1e-6);
  return Watts(0.95 * 0.5 * step_amperes * static_cast<double>(*rail_mv) * 1e-3);
}

Channel channel_of(const FoundFile& file, const FileRow& row) {
  Channel c;
  const auto chip = hwmon_chip(file);
  const auto rail = file.name.empty() ? fmt::format("rail{}", file.number) : file.name;
  c.id = fmt::format("ina3221/{}/{}", chip.device, rail);
  c.label = fmt::format("rail {}", rail);
  c.domain = domain_of(file.name);
  c.kind = row.kind;
  c.si_per_count = row.si_per_count;
  c.update_period = milliseconds(chip.folder / "update_interval", row.update_period);
  c.power_limit = row.power_limit;
  const auto policy = meter_gain({});
  c.gain = policy.gain;
  c.offset = current_step(file);
  c.gain_source = policy.source + "; volts and amperes are not measured at the same instant";
  c.device = chip.device;
  return c;
}

/// VDD_IN is the input of the whole module. On AGX Orin the memory rail is measured at 5 V, behind
/// the system's 5 V rail.
void contain(std::vector<Channel>& channels, const std::vector<FoundFile>& files) {
  const auto id_of = [&](std::string_view label) -> std::optional<std::string> {
    const auto it = std::ranges::find(files, label, &FoundFile::name);
    if (it == files.end()) return std::nullopt;
    return channels[static_cast<std::size_t>(it - files.begin())].id;
  };
  const auto module = id_of(kModuleRail);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if (files[i].name == "VDDQ_VDD2_1V8AO") channels[i].part_of = id_of("VIN_SYS_5V0");
    if (!channels[i].part_of && channels[i].id != module) channels[i].part_of = module;
  }
}

/// Channels 4 and up are sums of the first three; rails named NC are not connected.
bool is_rail(const FoundFile& file) {
  return file.number.size() == 1 && file.number <= "3" && file.name != "NC" &&
         fs::exists(file.folder / fmt::format("in{}_input", file.number));
}

}  // namespace

DriverProbe probe_ina3221(const ProbeContext& context) {
  const FileRow row = file_rows("ina3221").front();
  auto found = find_files(row, context.sysfs_root);
  std::erase_if(found.readable, [](const FoundFile& file) { return !is_rail(file); });
  std::vector<Channel> channels;
  for (const auto& file : found.readable) channels.push_back(channel_of(file, row));
  tell_apart(channels, found.readable);
  contain(channels, found.readable);
  std::vector<FileSource> sources;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const auto& file = found.readable[i];
    sources.push_back({.channel = std::move(channels[i]),
                       .file = file.value,
                       .factor = file.folder / fmt::format("in{}_input", file.number)});
  }
  return offer_files(
      std::move(sources), refusals(found.refused, "rails"),
      {ErrorKind::not_found,
       fmt::format("no INA3221 chip under {}", (context.sysfs_root / "class/hwmon").string()),
       "only Jetson modules have it; update to JetPack 5 or a kernel with "
       "CONFIG_SENSORS_INA3221"},
      context.clock);
}

}  // namespace btrack::power
