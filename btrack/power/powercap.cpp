// SPDX-License-Identifier: Apache-2.0
// The powercap driver: zones become channels with units, containment and duplicates.
#include "btrack/power/powercap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_rows.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/msr_file.hpp"
#include "btrack/power/rapl.hpp"

namespace btrack::power {
namespace {

constexpr std::string_view kMainControl = "intel-rapl";

/// One zone with its place in the tree: "intel-rapl-mmio:0:1" is zone "0:1" of that control type.
struct Zone {
  FoundFile file;
  std::string control;
  std::string parent;  // folder name of the enclosing zone, empty at the top
  Channel channel;
};

Zone zone_of(FoundFile file) {
  Zone zone;
  const auto first = file.zone.find(':');
  const auto last = file.zone.rfind(':');
  zone.control = file.zone.substr(0, first);
  if (last != first) zone.parent = file.zone.substr(0, last);
  zone.file = std::move(file);
  return zone;
}

Domain domain_of(std::string_view name) {
  if (name.starts_with("package")) return Domain::package;
  if (name.starts_with("psys")) return Domain::board;
  if (name == "core") return Domain::core;
  if (name == "uncore") return Domain::uncore;
  if (name == "dram") return Domain::dram;
  return Domain::other;
}

/// "package-1-die-0" -> "CPU package 1 die 0".
std::string people_name(std::string_view name) {
  if (name.starts_with("psys")) return fmt::format("whole platform ({})", name);
  if (name == "dram") return "DRAM";
  std::string text(name);
  std::ranges::replace(text, '-', ' ');
  return name.starts_with("package") ? fmt::format("CPU {}", text) : text;
}

/// "package-0/dram" from the zone's own name and its parents'; the folder name where there is none.
std::string path_name(const Zone& zone, const std::map<std::string, std::string>& names) {
  std::string path = zone.file.name.empty() ? zone.file.zone : zone.file.name;
  const auto parent = names.find(zone.parent);
  return parent == names.end() ? path : fmt::format("{}/{}", parent->second, path);
}

/// The name of a parent whose counter we may not read: its name file is open to all.
std::string closed_parent_name(const Zone& zone) {
  const auto above = zone.file.folder.parent_path();
  const bool nested = above.filename() == zone.parent;  // else beside it, as in the class folder
  const auto name = read_file((nested ? above : above / zone.parent) / "name");
  return name ? std::string(trim(*name)) : zone.parent;
}

/// The unit that the kernel should have used, where it is known to be another one.
struct Correction {
  double unit_j = 0;  ///< 0: the kernel is right
  std::string why;
};

bool same_unit(double a, double b) { return std::abs(a - b) < 1e-3 * b; }

/// What this machine's registers really are, from its model and, where open, its register of units.
class Units {
 public:
  explicit Units(const ProbeContext& context)
      : policy(rapl_policy(context)), zones_(powercap_zones(context.sysfs_root)) {
    const bool intel = policy.cpu.vendor == CpuVendor::intel;
    const auto address = intel ? msr_address::intel_unit : msr_address::amd_unit;
    if (policy.cpu.vendor == CpuVendor::other) return;
    const auto file = MsrFile::open(context.device_root, 0);
    if (file) unit_register_ = file->read(address).value_or(0);
  }

  [[nodiscard]] Correction correction(Domain domain, double stored_j) const {
    if (stored_j <= 0) return {};
    if (const auto fixed = fixed_unit_j(policy.cpu, domain)) {
      if (same_unit(*fixed, stored_j)) return {};
      return {*fixed, "this processor's fixed unit for it"};
    }
    // 0 is what a hypervisor answers.
    if (unit_register_ != 0) {
      const double unit = rapl_unit_j(policy.cpu, domain, unit_register_);
      if (same_unit(unit, stored_j)) return {};
      return {unit, "the processor's register of units"};
    }
    const double package = package_unit_j();
    const bool follows = is_sapphire_rapids(policy.cpu) && domain == Domain::dram && package > 0;
    if (!follows || same_unit(package, stored_j)) return {};
    return {package,
            "the package's unit, which this processor's memory counter has as well (Linux "
            "commit 4c081324df56)"};
  }

  RaplPolicy policy;

 private:
  [[nodiscard]] double package_unit_j() const {
    for (const PowercapZone& zone : zones_) {
      if (zone.name.starts_with("package")) return zone.scale.unit_j;
    }
    return 0;
  }
  std::vector<PowercapZone> zones_;
  std::uint64_t unit_register_ = 0;
};

void describe(Zone& zone, const std::string& path, const FileRow& row, const Units& units) {
  Channel& c = zone.channel;
  const auto scale = powercap_scale(zone.file.range);
  const bool main = zone.control == kMainControl;
  c.id =
      main ? fmt::format("powercap/{}", path) : fmt::format("powercap/{}/{}", zone.control, path);
  for (const auto part : split(path, '/')) {
    c.label += fmt::format("{}{}", c.label.empty() ? "" : " ", people_name(part));
  }
  if (!main) c.label += fmt::format(" ({})", zone.control);
  c.domain = domain_of(zone.file.name);
  c.kind = row.kind;
  c.si_per_count = scale.joules_per_count;
  c.modulus = scale.modulus;
  c.update_period = row.update_period;
  apply_policy(c, units.policy);
  const auto correction = main ? units.correction(c.domain, scale.unit_j) : Correction{};
  if (correction.unit_j > 0) {
    c.si_per_count *= correction.unit_j / scale.unit_j;
    c.gain_source += fmt::format("; the kernel counts in {:.6g} uJ, corrected to {:.6g} uJ: {}",
                                 scale.unit_j * 1e6, correction.unit_j * 1e6, correction.why);
  }
}

const Zone* find_zone(const std::vector<Zone>& zones, std::string_view folder) {
  const auto it = std::ranges::find(zones, folder, [](const Zone& z) { return z.file.zone; });
  return it == zones.end() ? nullptr : &*it;
}

/// The platform zone around a package. Only the master package registers one ("psys", or "psys-N"
/// where package N is the master: Linux commit "enumerate Psys RAPL domain together with package
/// RAPL domain", 2020); where there are several, each belongs to its own package.
const Zone* platform_of(const std::vector<Zone>& zones, std::string_view package) {
  const auto digits = package.starts_with("package-") ? package.substr(8) : std::string_view();
  const auto number = digits.substr(0, digits.find('-'));  // "1" of "package-1-die-0"
  const Zone* only = nullptr;
  const Zone* own = nullptr;
  std::size_t platforms = 0;
  for (const Zone& zone : zones) {
    if (zone.channel.domain != Domain::board || zone.channel.duplicate_of) continue;
    ++platforms;
    only = &zone;
    const std::string_view name = zone.file.name;
    const auto suffix = name.starts_with("psys-") ? name.substr(5) : std::string_view("0");
    if (suffix == number) own = &zone;
  }
  return platforms > 1 ? own : only;
}

/// core and uncore are inside their package; DRAM is beside it (the modules are not in the package
/// counter) and, like the package, inside the platform zone where there is one.
void contain(std::vector<Zone>& zones, const std::map<std::string, std::string>& names) {
  for (Zone& zone : zones) {
    if (zone.channel.domain == Domain::board) continue;
    const Zone* parent = find_zone(zones, zone.parent);
    const auto parent_name = names.find(zone.parent);
    const auto& package = parent_name == names.end() ? zone.file.name : parent_name->second;
    const bool inside_parent = parent != nullptr && zone.channel.domain != Domain::dram;
    const Zone* around = inside_parent ? parent : platform_of(zones, package);
    if (around != nullptr) zone.channel.part_of = around->channel.id;
  }
}

/// A zone of another control type that has the name of a main one reads the same counter.
void mark_duplicates(std::vector<Zone>& zones, const std::map<std::string, std::string>& names) {
  for (Zone& zone : zones) {
    if (zone.control == kMainControl) continue;
    const std::string main_id = fmt::format("powercap/{}", path_name(zone, names));
    const bool exists =
        std::ranges::any_of(zones, [&](const Zone& z) { return z.channel.id == main_id; });
    if (exists) zone.channel.duplicate_of = main_id;
  }
}

void make_ids_unique(std::vector<Zone>& zones) {
  std::set<std::string> seen;
  for (Zone& zone : zones) {
    if (!seen.insert(zone.channel.id).second) {
      zone.channel.id += fmt::format("@{}", zone.file.zone);
      seen.insert(zone.channel.id);
    }
  }
}

Error no_zone(const std::filesystem::path& root) {
  return {ErrorKind::not_found,
          fmt::format("no RAPL zone under {}", (root / "class/powercap").string()),
          "on bare metal load intel_rapl_msr ('modprobe intel_rapl_msr'); virtual machines "
          "have no RAPL; in a container mount the host's /sys and give it with --sysfs"};
}

std::vector<Zone> zones_of(std::vector<FoundFile> files, const FileRow& row, const Units& units) {
  std::vector<Zone> zones;
  zones.reserve(files.size());
  std::map<std::string, std::string> names;  // folder -> name, parents are sorted before children
  for (auto& file : files) zones.push_back(zone_of(std::move(file)));
  for (const Zone& zone : zones) {
    if (!zone.parent.empty() && !names.contains(zone.parent)) {
      names[zone.parent] = closed_parent_name(zone);
    }
    names[zone.file.zone] = path_name(zone, names);
  }
  for (Zone& zone : zones) describe(zone, names[zone.file.zone], row, units);
  make_ids_unique(zones);
  mark_duplicates(zones, names);
  contain(zones, names);
  return zones;
}

}  // namespace

PowercapScale powercap_scale(std::uint64_t range_uj) {
  constexpr std::uint64_t kRawMax = 0xFFFFFFFFU;
  constexpr std::uint64_t kRaw = kRawMax + 1;
  constexpr std::uint64_t kLargestUnit = 2'000'000'000;  // 2 J; the largest known is 1 J
  if (range_uj / 1000 > kRawMax / 1'000'000 * kLargestUnit) return {1e-6, range_uj + 1};
  const std::uint64_t unit_nj = (range_uj * 1000 + kRawMax - 1) / kRawMax;
  if (unit_nj == 0 || kRawMax * unit_nj / 1000 != range_uj) return {1e-6, range_uj + 1};
  const std::uint64_t modulus = kRaw * unit_nj / 1000;

  constexpr std::uint64_t kServerDramUnit = 15300;
  const double stored = static_cast<double>(unit_nj);
  for (int exponent = 0; exponent <= 31; ++exponent) {
    const double exact = std::ldexp(1e9, -exponent);
    const bool truncated = std::floor(exact) == stored;
    const bool server_dram = unit_nj == kServerDramUnit && exponent == 16;
    if (truncated || server_dram) {
      return {1e-6 * exact / stored, modulus, std::ldexp(1.0, -exponent)};
    }
  }
  return {1e-6, modulus, stored * 1e-9};
}

std::vector<PowercapZone> powercap_zones(const std::filesystem::path& sysfs_root) {
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(sysfs_root / "class/powercap", error)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("intel-rapl:")) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  std::vector<PowercapZone> zones;
  for (const auto& folder : folders) {
    const auto name = read_file(folder / "name");
    const auto range = read_file(folder / "max_energy_range_uj");
    const auto number = range ? parse_number<std::uint64_t>(trim(*range)) : std::nullopt;
    if (name && number) zones.push_back({std::string(trim(*name)), powercap_scale(*number)});
  }
  return zones;
}

DriverProbe probe_powercap(const ProbeContext& context) {
  const FileRow row = file_rows("powercap").front();
  FoundFiles found = find_files(row, context.sysfs_root);
  const Units units(context);
  std::vector<FileSource> sources;
  for (auto& zone : zones_of(std::move(found.readable), row, units)) {
    sources.push_back({std::move(zone.channel), zone.file.value});
  }
  return offer_files(std::move(sources), refusals(found.refused, "zones"),
                     no_zone(context.sysfs_root), context.clock);
}

}  // namespace btrack::power
