// SPDX-License-Identifier: Apache-2.0
// Cray and HPE node counters: one consistent scan for each reading, and restarts of the controller.
#include <fmt/format.h>

#include <algorithm>

#include "btrack/power/drivers.hpp"
#include "btrack/power/file_rows.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/hwmon.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

constexpr NumberFormat kStamped{"", true};

/// The counters of one scan. `freshness` grows at each scan: where it changed meanwhile, all are
/// read again. `startup` changes when the controller restarts, and with it the counters.
class CraySensor final : public Sensor {
 public:
  CraySensor(std::unique_ptr<FileSensor> counters, NumberFile freshness, NumberFile startup)
      : counters_(std::move(counters)),
        freshness_(std::move(freshness)),
        startup_(std::move(startup)),
        started_(startup_.read()) {}

  static Result<std::unique_ptr<CraySensor>> open(std::vector<FileSource> sources,
                                                  const fs::path& folder, const Clock* clock) {
    auto freshness = NumberFile::open(folder / "freshness", kStamped);
    if (!freshness) return fail(freshness.error());
    auto startup = NumberFile::open(folder / "startup", kStamped);
    if (!startup) return fail(startup.error());
    auto counters = FileSensor::open(std::move(sources), clock);
    if (!counters) return fail(counters.error());
    return std::make_unique<CraySensor>(std::move(*counters), std::move(*freshness),
                                        std::move(*startup));
  }

  [[nodiscard]] std::span<const Channel> channels() const override { return counters_->channels(); }

  /// Readings of two scans, or without a scan number, are `failed`; those of the first scan after a
  /// restart are `refused`, so that the record shows the break.
  Result<void> read(std::span<Reading> out) override {
    constexpr int kAttempts = 3;  // a scan takes 100 ms, a round of reads some microseconds
    bool one_scan = false;
    for (int attempt = 0; attempt < kAttempts && !one_scan; ++attempt) {
      const auto before = freshness_.read();
      if (auto done = counters_->read(out); !done) return done;
      one_scan = before.has_value() && before == freshness_.read();
    }
    const auto started = startup_.read();
    const bool restarted = started != started_;
    started_ = started;
    for (Reading& reading : out) {
      if (!one_scan) reading.flags |= reading_flags::failed;
      if (restarted) reading.flags |= reading_flags::refused;
    }
    return {};
  }

 private:
  std::unique_ptr<FileSensor> counters_;
  NumberFile freshness_;
  NumberFile startup_;
  std::optional<FileNumber> started_;
};

/// "accel0" of accel0_energy; empty for the node itself.
std::string part_of_file(const FoundFile& file) {
  const auto underscore = file.number.rfind('_');
  return underscore == std::string::npos ? std::string() : file.number.substr(0, underscore);
}

Domain domain_of(std::string_view part) {
  if (part.empty()) return Domain::node;
  if (part.starts_with("cpu")) return Domain::cpu;
  if (part.starts_with("memory")) return Domain::dram;
  if (part.starts_with("accel")) return Domain::gpu;
  return Domain::other;
}

std::string id_of(std::string_view part, ChannelKind kind) {
  return fmt::format("cray/{}{}", part.empty() ? "node" : part,
                     kind == ChannelKind::power_gauge ? "/power" : "");
}

Channel channel_of(const std::string& part, const FileRow& row, Seconds period) {
  Channel c;
  c.id = id_of(part, row.kind);
  c.label = fmt::format("{} (Cray {})", part.empty() ? "whole node" : part,
                        row.kind == ChannelKind::power_gauge ? "power" : "energy");
  c.domain = domain_of(part);
  c.kind = row.kind;
  c.si_per_count = row.si_per_count;
  c.update_period = period;
  c.power_limit = row.power_limit;
  const auto policy = meter_gain({});
  c.gain = policy.gain;
  c.gain_source = policy.source;
  return c;
}

/// All is inside the node; accel0 is inside accel where there is such a sum. Power is the same
/// meter as energy.
void relate(std::vector<Channel>& channels, const std::vector<std::string>& parts) {
  const auto first_of = [&](std::initializer_list<std::string_view> ids) {
    std::optional<std::string> first;
    for (const auto id : ids) {
      const auto there = std::ranges::find(channels, id, &Channel::id);
      if (!first && there != channels.end()) first = there->id;
    }
    return first;
  };
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string& part = parts[i];
    const auto counter = id_of(part, ChannelKind::energy_counter);
    if (channels[i].kind == ChannelKind::power_gauge) {
      channels[i].duplicate_of = first_of({counter});
    }
    if (part.starts_with("accel") && part != "accel") {
      channels[i].part_of = first_of({"cray/accel", "cray/accel/power"});
    }
    if (!part.empty() && !channels[i].part_of) {
      channels[i].part_of = first_of({"cray/node", "cray/node/power"});
    }
  }
}

}  // namespace

DriverProbe probe_cray(const ProbeContext& context) {
  const auto folder = context.sysfs_root / "cray/pm_counters";
  const auto rate = number_attribute(folder / "raw_scan_hz");
  std::vector<Error> refused;
  std::vector<Channel> channels;
  std::vector<std::string> parts;
  std::vector<fs::path> files;
  std::vector<NumberFormat> formats;
  for (const FileRow& row : file_rows("cray")) {
    const auto period =
        rate && *rate > 0 ? Seconds(1.0 / static_cast<double>(*rate)) : row.update_period;
    auto found = find_files(row, context.sysfs_root);
    std::ranges::move(found.refused, std::back_inserter(refused));
    for (const auto& file : found.readable) {
      parts.push_back(part_of_file(file));
      channels.push_back(channel_of(parts.back(), row, period));
      files.push_back(file.value);
      formats.push_back(row.format);
    }
  }
  auto closed = refusals(refused, "counters");
  if (channels.empty() && !closed) {
    closed = Error{ErrorKind::not_found, fmt::format("no counters at {}", folder.string()),
                   "only compute nodes of Cray XC and HPE Cray EX have them; in a container mount "
                   "the host's /sys and give it with --sysfs"};
  }
  if (channels.empty()) return {{}, std::move(closed)};
  relate(channels, parts);
  std::vector<FileSource> sources;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    sources.push_back({.channel = std::move(channels[i]), .file = files[i], .format = formats[i]});
  }
  return offer(CraySensor::open(std::move(sources), folder, context.clock), std::move(closed));
}

}  // namespace btrack::power
