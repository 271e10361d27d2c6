// SPDX-License-Identifier: Apache-2.0
// The rows, and the search of folders and files that match them.
#include "btrack/power/file_rows.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

// Powercap zones are listed flat in the class folder; trees copied without its links are nested.
constexpr std::string_view kZones =
    "class/powercap/*:* class/powercap/*/*:* class/powercap/*/*:*/*:*";
// Drivers of the first hwmon interface keep their attributes on the device, not on the hwmon.
constexpr std::string_view kHwmon = "class/hwmon/hwmon* class/hwmon/hwmon*/device";
constexpr std::string_view kMeters = "power_meter acpi_power_meter";
constexpr std::string_view kCray = "cray/pm_counters";
constexpr std::string_view kSupplies = "class/power_supply/*";
constexpr std::string_view kHwmonRemedy =
    "run as root, or wake the device: some drivers answer only while it is in use";
constexpr auto kGauge = ChannelKind::power_gauge;

// The update period of hwmon is that of `update_interval` or of the chip (hwmon.cpp), else 1 s, the
// time for which most drivers of the kernel keep a value.
constexpr std::array kRows{
    FileRow{.driver = "powercap",
            .folders = kZones,
            .value = "energy_uj",
            .name = "name",
            .wrap = "max_energy_range_uj",
            .si_per_count = 1e-6,
            .update_period = Seconds(0.001),
            .power_limit = Watts(1000.0),
            .remedy =
                "the kernel gives it to root only since CVE-2020-8694: run as root, or let an "
                "administrator type 'chmod a+r /sys/class/powercap/*:*/energy_uj' or 'setcap "
                "cap_dac_read_search+ep' on this program"},
    FileRow{.driver = "hwmon",
            .folders = kHwmon,
            .value = "energy*_input",
            .name = "energy*_label",
            .enable = "energy*_enable",
            .si_per_count = 1e-6,
            .update_period = Seconds(1.0),
            .power_limit = Watts(2000.0),
            .remedy = kHwmonRemedy},
    FileRow{.driver = "hwmon",
            .folders = kHwmon,
            .value = "power*_average",
            .name = "power*_label",
            .enable = "power*_enable",
            .kind = kGauge,
            .si_per_count = 1e-6,
            .update_period = Seconds(1.0),
            .power_limit = Watts(2000.0),
            .remedy = kHwmonRemedy},
    FileRow{.driver = "hwmon",
            .folders = kHwmon,
            .value = "power*_input",
            .name = "power*_label",
            .enable = "power*_enable",
            .kind = kGauge,
            .si_per_count = 1e-6,
            .update_period = Seconds(1.0),
            .power_limit = Watts(2000.0),
            .remedy = kHwmonRemedy},
    // mA, to be multiplied by the mV of in*_input: microwatts
    FileRow{.driver = "ina3221",
            .folders = kHwmon,
            .chips = "ina3221",
            .value = "curr*_input",
            .name = "in*_label",
            .enable = "in*_enable",
            .kind = kGauge,
            .si_per_count = 1e-6,
            .update_period = Seconds(0.001),
            .power_limit = Watts(500.0),
            .remedy = "run as root"},
    FileRow{.driver = "acpi_meter",
            .folders = kHwmon,
            .chips = kMeters,
            .value = "power*_average",
            .name = "power*_oem_info",
            .kind = kGauge,
            .si_per_count = 1e-6,
            .update_period = Seconds(1.0),
            .power_limit = Watts(20000.0),
            .remedy = "run as root"},
    FileRow{.driver = "cray",
            .folders = kCray,
            .value = "*energy",
            .format = {"J", true},
            .si_per_count = 1.0,
            .update_period = Seconds(0.1),
            .power_limit = Watts(20000.0),
            .remedy = "ask the site: pm_counters are open to all users as HPE delivers them"},
    FileRow{.driver = "cray",
            .folders = kCray,
            .value = "*power",
            .format = {"W", true},
            .kind = kGauge,
            .si_per_count = 1.0,
            .update_period = Seconds(0.1),
            .power_limit = Watts(20000.0),
            .remedy = "ask the site: pm_counters are open to all users as HPE delivers them"},
    FileRow{.driver = "battery",
            .folders = kSupplies,
            .value = "power_now",
            .name = "model_name",
            .kind = kGauge,
            .si_per_count = 1e-6,
            .update_period = Seconds(1.0),
            .power_limit = Watts(500.0),
            .remedy = "run as root"},
    // uA, to be multiplied by the uV of voltage_now: picowatts
    FileRow{.driver = "battery",
            .folders = kSupplies,
            .value = "current_now",
            .name = "model_name",
            .kind = kGauge,
            .si_per_count = 1e-12,
            .update_period = Seconds(1.0),
            .power_limit = Watts(500.0),
            .remedy = "run as root"},
    // uWh that are left
    FileRow{.driver = "battery",
            .folders = kSupplies,
            .value = "energy_now",
            .name = "model_name",
            .si_per_count = 0.0036,
            .update_period = Seconds(1.0),
            .power_limit = Watts(500.0),
            .remedy = "run as root"},
};

/// glob(3) of `pattern` below `root`; the root's own special characters stand for themselves.
std::vector<fs::path> matches(const fs::path& root, std::string_view pattern) {
  std::string text;
  for (const char c : root.string()) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') text += '\\';
    text += c;
  }
  text += fmt::format("/{}", pattern);
  glob_t found{};
  std::vector<fs::path> paths;
  if (::glob(text.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return paths;
}

/// "hwmon3" of ".../hwmon3" and of ".../hwmon3/device".
fs::path zone_folder(const fs::path& folder) {
  return folder.filename() == "device" ? folder.parent_path() : folder;
}

std::string chip_name(const fs::path& folder) {
  const auto name = attribute(zone_folder(folder) / "name");
  return name.empty() ? attribute(folder / "name") : name;
}

bool has_word(std::string_view words, std::string_view word) {
  const auto all = split(words, ' ');
  return std::ranges::find(all, word) != all.end();
}

/// Whether this row, and not a row for named chips, reads that folder.
bool wants(const FileRow& row, const fs::path& folder) {
  if (row.folders != kHwmon) return true;
  const auto chip = chip_name(folder);
  if (!row.chips.empty()) return has_word(row.chips, chip);
  return std::ranges::none_of(kRows, [&](const FileRow& r) { return has_word(r.chips, chip); });
}

struct Candidate {
  fs::path folder;
  fs::path file;
  std::string zone;
};

std::vector<Candidate> candidates(const FileRow& row, const fs::path& root) {
  std::vector<Candidate> all;
  for (const auto pattern : split(row.folders, ' ')) {
    for (const auto& folder : matches(root, pattern)) {
      const auto files = matches(folder, row.value);
      if (files.empty() || !wants(row, folder)) continue;
      for (const auto& file : files) {
        all.push_back({folder, file, zone_folder(folder).filename().string()});
      }
    }
  }
  const auto key = [](const Candidate& c) { return std::pair(c.zone, c.file.filename()); };
  std::ranges::stable_sort(all, {}, key);
  const auto same = [&](const Candidate& a, const Candidate& b) { return key(a) == key(b); };
  all.erase(std::unique(all.begin(), all.end(), same), all.end());
  return all;
}

/// What the star of the row's value stands for in this file's name.
std::string starred(const FileRow& row, const fs::path& file) {
  const auto star = row.value.find('*');
  if (star == std::string_view::npos) return {};
  const auto name = file.filename().string();
  return name.substr(star, name.size() - (row.value.size() - 1));
}

std::string with_star(std::string_view pattern, std::string_view star) {
  std::string text(pattern);
  if (const auto at = text.find('*'); at != std::string::npos) text.replace(at, 1, star);
  return text;
}

bool switched_off(const FileRow& row, const Candidate& candidate) {
  if (row.enable.empty()) return false;
  return attribute(candidate.folder / with_star(row.enable, starred(row, candidate.file))) == "0";
}

/// The Error of a number file that cannot be used, or nothing.
std::optional<Error> refusal(const FileRow& row, const fs::path& file) {
  const auto text = read_file(file);
  if (!text) {
    Error error = text.error();
    if (error.kind == ErrorKind::denied) error.remedy = row.remedy;
    return error;
  }
  if (parse_file_number(*text, row.format)) return std::nullopt;
  const auto expected = row.format.unit.empty()
                            ? std::string("one whole number")
                            : fmt::format("one whole number and '{}'", row.format.unit);
  return Error{ErrorKind::malformed,
               fmt::format("{} should hold {}, and holds '{}'", file.string(), expected,
                           trim(*text).substr(0, 40)),
               "update or reload the kernel driver that writes it"};
}

}  // namespace

std::string attribute(const fs::path& file) {
  const auto text = read_file(file);
  return text ? std::string(trim(*text)) : std::string();
}

std::optional<std::uint64_t> number_attribute(const fs::path& file) {
  return parse_number<std::uint64_t>(attribute(file));
}

std::vector<FileRow> file_rows(std::string_view driver) {
  std::vector<FileRow> rows;
  std::ranges::copy_if(kRows, std::back_inserter(rows),
                       [&](const FileRow& row) { return row.driver == driver; });
  if (rows.empty()) throw std::logic_error(fmt::format("no file row for driver '{}'", driver));
  return rows;
}

FoundFiles find_files(const FileRow& row, const fs::path& root) {
  FoundFiles found;
  for (auto& candidate : candidates(row, root)) {
    if (switched_off(row, candidate)) continue;
    if (auto error = refusal(row, candidate.file)) {
      found.refused.push_back(std::move(*error));
      continue;
    }
    FoundFile file{
        candidate.folder, candidate.file, candidate.zone, starred(row, candidate.file), {}, 0};
    if (!row.name.empty()) file.name = attribute(file.folder / with_star(row.name, file.number));
    if (!row.wrap.empty()) {
      file.range = number_attribute(file.folder / row.wrap).value_or(0);
      if (file.range == 0) {
        found.refused.push_back({ErrorKind::malformed,
                                 fmt::format("{} should hold the counter's range, and does not",
                                             (file.folder / row.wrap).string()),
                                 "update or reload the kernel driver that writes it"});
        continue;
      }
    }
    found.readable.push_back(std::move(file));
  }
  return found;
}

std::optional<Error> refusals(const std::vector<Error>& refused, std::string_view things) {
  if (refused.empty()) return std::nullopt;
  Error error = refused.front();
  if (refused.size() > 1) {
    error.message += fmt::format(" (and {} more {})", refused.size() - 1, things);
  }
  return error;
}

}  // namespace btrack::power
