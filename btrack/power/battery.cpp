// SPDX-License-Identifier: Apache-2.0
// A battery as a meter of the whole machine: only while it is discharged.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "btrack/power/drivers.hpp"
#include "btrack/power/file_rows.hpp"
#include "btrack/power/file_sensor.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDischarging = "Discharging";

/// A mouse or a headset has a battery too: its scope is Device.
bool is_machine_battery(const fs::path& folder) {
  return attribute(folder / "type") == "Battery" && attribute(folder / "scope") != "Device" &&
         attribute(folder / "present") != "0";
}

/// Policy: rectangular +-10 %, as no maker states how well the gauge measures; the energy that is
/// left is as uncertain as `capacity_error_margin` says, where that is more.
GainInterval gain_of(const FoundFile& file, const FileRow& row) {
  double percent = 10.0;
  if (row.kind == ChannelKind::energy_counter) {
    const auto margin = number_attribute(file.folder / "capacity_error_margin").value_or(0);
    percent = std::clamp(static_cast<double>(margin), percent, 100.0);
  }
  const double at_95 = 0.95 * percent / 100.0;
  return {1.0 - at_95, 1.0 + at_95};
}

Channel channel_of(const FoundFile& file, const FileRow& row) {
  Channel c;
  c.id = fmt::format("battery/{}/{}", file.zone, row.value);
  c.label = fmt::format("whole machine, battery {}{}{}", file.zone, file.name.empty() ? "" : " ",
                        file.name);
  c.domain = Domain::node;
  c.kind = row.kind;
  c.si_per_count = row.si_per_count;
  c.update_period = row.update_period;
  c.power_limit = row.power_limit;
  c.gain = gain_of(file, row);
  c.gain_source = "policy: rectangular +-10 % for a battery's gauge, or its capacity_error_margin";
  c.device = file.zone;
  c.beside = true;
  return c;
}

FileSource source_of(const FoundFile& file, const FileRow& row) {
  FileSource source{.channel = channel_of(file, row), .file = file.value};
  source.sign_is_direction = true;
  source.valid_if = file.folder / "status";
  source.says = kDischarging;
  if (row.value == "current_now") source.factor = file.folder / "voltage_now";
  if (row.value == "energy_now") source.full = std::uint64_t{1} << 40U;  // 1 MWh, above any battery
  return source;
}

/// The numbers of one battery are one gauge: the first stands for the others.
void mark_duplicates(std::vector<FileSource>& sources) {
  for (FileSource& source : sources) {
    const auto first = std::ranges::find(sources, source.channel.device,
                                         [](const FileSource& s) { return s.channel.device; });
    if (&*first != &source) source.channel.duplicate_of = first->channel.id;
  }
}

Error on_mains(const FoundFile& file) {
  return {ErrorKind::unsupported,
          fmt::format("battery {} is there and '{}': what flows is not what the machine draws",
                      file.zone, attribute(file.folder / "status")),
          "unplug the charger and measure again"};
}

}  // namespace

DriverProbe probe_battery(const ProbeContext& context) {
  std::vector<Error> refused;
  std::set<std::string> idle;  // batteries that do not drive the machine
  std::vector<FileSource> sources;
  for (const FileRow& row : file_rows("battery")) {
    auto found = find_files(row, context.sysfs_root);
    std::ranges::move(found.refused, std::back_inserter(refused));
    for (const auto& file : found.readable) {
      const bool has_volts = row.value != "current_now" || fs::exists(file.folder / "voltage_now");
      if (!is_machine_battery(file.folder) || !has_volts) continue;
      if (attribute(file.folder / "status") == kDischarging) {
        sources.push_back(source_of(file, row));
      } else if (idle.insert(file.zone).second) {
        refused.push_back(on_mains(file));
      }
    }
  }
  mark_duplicates(sources);
  return offer_files(
      std::move(sources), refusals(refused, "batteries"),
      {ErrorKind::not_found,
       fmt::format("no battery under {}", (context.sysfs_root / "class/power_supply").string()),
       "only laptops and handheld machines have one"},
      context.clock);
}

}  // namespace btrack::power
