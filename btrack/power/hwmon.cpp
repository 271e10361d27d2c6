// SPDX-License-Identifier: Apache-2.0
// The hwmon driver: which chip measures what, and which of its numbers contains which.
#include "btrack/power/hwmon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "btrack/core/text.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_sensor.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

/// What a number of a known chip measures.
struct Meaning {
  std::string_view chip;      ///< its name, or with a star at the end how the name begins
  std::string_view number{};  ///< "1" of energy1_input; empty: any
  std::string_view what;
  Domain domain = Domain::other;
  Seconds update_period{};    ///< 0: `update_interval`, or the row's
  std::string_view around{};  ///< the chip of the same device that contains it; empty: none
  std::string_view around_number{};
  bool beside = false;
};

// The numbers of xe and i915: Documentation/ABI/testing/sysfs-driver-intel-{xe,i915}-hwmon. amdgpu
// keeps what its firmware reports for 1 ms. corsair-psu: Documentation/hwmon/corsair-psu.rst.
constexpr std::array kMeanings{
    Meaning{"amdgpu", "", "AMD GPU", Domain::gpu, Seconds(0.001)},
    Meaning{"xe", "1", "Intel GPU card", Domain::gpu_card, Seconds(0.001)},
    Meaning{"xe", "2", "Intel GPU package", Domain::gpu, Seconds(0.001), "xe", "1"},
    Meaning{"i915", "", "Intel GPU", Domain::gpu, Seconds(0.001)},
    Meaning{"i915_gt*", "", "Intel GPU tile", Domain::gpu_tile, Seconds(0.001), "i915", "1"},
    Meaning{"fam15h_power", "", "CPU package", Domain::package},
    Meaning{"corsairpsu", "1", "power supply, all outputs", Domain::node, Seconds(0), "", "", true},
    Meaning{"corsairpsu", "", "power supply rail", Domain::other, Seconds(0), "corsairpsu", "1",
            true},
    Meaning{"hac300s", "", "power supply", Domain::node, Seconds(0), "", "", true},
    Meaning{"*", "", "unknown part", Domain::other, Seconds(0), "", "", true},
};

bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

const Meaning& meaning_of(const HwmonChip& chip, std::string_view number) {
  return *std::ranges::find_if(kMeanings, [&](const Meaning& m) {
    return fits(m.chip, chip.name) && (m.number.empty() || m.number == number);
  });
}

/// Only processors with graphics have the supply "vddnb" (amdgpu_pm.c): their amdgpu power is that
/// of the whole package, which RAPL counts as well.
bool is_processor_graphics(const HwmonChip& chip) {
  return chip.name == "amdgpu" && attribute(chip.folder / "in1_label") == "vddnb";
}

Seconds update_period(const Meaning& meaning, const FoundFile& file, const FileRow& row) {
  const auto interval = fmt::format("power{}_average_interval", file.number);
  const bool averaged = file.value.filename().string().ends_with("_average");
  if (averaged && fs::exists(file.folder / interval)) {
    return milliseconds(file.folder / interval, row.update_period);
  }
  if (meaning.update_period > Seconds(0)) return meaning.update_period;
  return milliseconds(file.folder / "update_interval", row.update_period);
}

/// "energy1" of energy1_input, "power1_average".
std::string stem(const FoundFile& file) {
  auto name = file.value.filename().string();
  if (name.starts_with("energy")) name.resize(name.rfind('_'));
  return name;
}

/// One number with what it takes to relate it to the others.
struct Number {
  FoundFile file;
  HwmonChip chip;
  const Meaning* meaning;
};

Channel channel_of(const Number& n, const FileRow& row) {
  Channel c;
  const bool whole_package = is_processor_graphics(n.chip);
  c.id = fmt::format("hwmon/{}/{}", n.chip.id, stem(n.file));
  c.label =
      fmt::format("{} ({}{}{})", whole_package ? "AMD processor with graphics" : n.meaning->what,
                  n.chip.name, n.file.name.empty() ? "" : ", ", n.file.name);
  c.domain = whole_package ? Domain::package : n.meaning->domain;
  c.kind = row.kind;
  c.si_per_count = row.si_per_count;
  c.update_period = update_period(*n.meaning, n.file, row);
  c.power_limit = n.meaning->domain == Domain::node ? Watts(5000.0) : row.power_limit;
  auto policy =
      meter_gain(attribute(n.file.folder / fmt::format("power{}_accuracy", n.file.number)));
  c.gain = policy.gain;
  c.gain_source = std::move(policy.source);
  c.device = n.chip.device;
  c.beside = n.meaning->beside || whole_package;
  return c;
}

/// The numbers are in the order of the rows: a counter before an average before a spot value. The
/// first of one chip and number stands for the others; it is inside the number that contains it.
void relate(const std::vector<Number>& numbers, std::vector<Channel>& channels) {
  const auto first_of = [&](const HwmonChip& chip, std::string_view name, std::string_view number) {
    const auto it = std::ranges::find_if(numbers, [&](const Number& n) {
      const bool same_place =
          n.chip.folder == chip.folder || (!chip.device.empty() && n.chip.device == chip.device);
      return n.chip.name == name && n.file.number == number && same_place;
    });
    return static_cast<std::size_t>(it - numbers.begin());
  };
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Number& n = numbers[i];
    const auto first = std::ranges::find_if(numbers, [&](const Number& m) {
      return m.chip.folder == n.chip.folder && m.file.number == n.file.number;
    });
    const auto own = static_cast<std::size_t>(first - numbers.begin());
    if (own != i) channels[i].duplicate_of = channels[own].id;
    if (n.meaning->around.empty()) continue;
    const auto around = first_of(n.chip, n.meaning->around, n.meaning->around_number);
    if (around < numbers.size()) channels[i].part_of = channels[around].id;
  }
}

}  // namespace

HwmonChip hwmon_chip(const FoundFile& file) {
  HwmonChip chip;
  const bool on_device = file.folder.filename() == "device";
  chip.folder = on_device ? file.folder.parent_path() : file.folder;
  chip.name = attribute(chip.folder / "name");
  if (chip.name.empty()) chip.name = attribute(file.folder / "name");
  std::error_code absent;
  const auto device = fs::canonical(chip.folder / "device", absent).filename().string();
  if (!absent && device != "device") chip.device = device;
  chip.id = chip.device.empty() ? chip.name : fmt::format("{}-{}", chip.name, chip.device);
  return chip;
}

GainPolicy meter_gain(std::string_view accuracy) {
  if (accuracy.ends_with('%')) accuracy.remove_suffix(1);
  const double stated = parse_number<double>(accuracy).value_or(0.0);
  const double error_percent = stated > 50.0 ? 100.0 - stated : stated;
  const bool believed = error_percent > 0.0 && error_percent <= 50.0;
  const double percent = believed ? error_percent : 5.0;
  const double at_95 = 0.95 * percent / 100.0;
  auto source = believed ? fmt::format("the meter states an accuracy of {} %", accuracy)
                         : std::string("policy: rectangular +-5 % for an uncalibrated meter");
  return {{1.0 - at_95, 1.0 + at_95}, std::move(source)};
}

Seconds milliseconds(const fs::path& file, Seconds otherwise) {
  const auto value = number_attribute(file);
  return value && *value > 0 ? Seconds(static_cast<double>(*value) / 1000.0) : otherwise;
}

void tell_apart(std::vector<Channel>& channels, const std::vector<FoundFile>& files) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if (!seen.insert(channels[i].id).second) {
      channels[i].id += fmt::format("@{}", files[i].zone);
      seen.insert(channels[i].id);
    }
  }
}

DriverProbe probe_hwmon(const ProbeContext& context) {
  std::vector<Number> numbers;
  std::vector<FoundFile> files;
  std::vector<Channel> channels;
  std::vector<Error> refused;
  for (const FileRow& row : file_rows("hwmon")) {
    auto found = find_files(row, context.sysfs_root);
    std::ranges::move(found.refused, std::back_inserter(refused));
    for (auto& file : found.readable) {
      const auto chip = hwmon_chip(file);
      numbers.push_back({file, chip, &meaning_of(chip, file.number)});
      channels.push_back(channel_of(numbers.back(), row));
      files.push_back(std::move(file));
    }
  }
  tell_apart(channels, files);
  relate(numbers, channels);
  std::vector<FileSource> sources;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    sources.push_back({.channel = std::move(channels[i]), .file = files[i].value});
  }
  return offer_files(std::move(sources), refusals(refused, "numbers"),
                     {ErrorKind::not_found,
                      fmt::format("no chip under {} measures power or energy",
                                  (context.sysfs_root / "class/hwmon").string()),
                      "load the GPU's kernel driver (amdgpu; i915 since Linux 6.2, xe since 6.5)"},
                     context.clock);
}

}  // namespace btrack::power
