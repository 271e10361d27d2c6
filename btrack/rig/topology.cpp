// SPDX-License-Identifier: Apache-2.0
// Fake roots from data, the real drivers on them, and the rails under the total.
#include "btrack/rig/topology.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/probe.hpp"
#include "btrack/power/relations.hpp"
#include "btrack/rig/embedded.hpp"

namespace btrack::rig {
namespace {

using nlohmann::json;
using power::Channel;

/// A folder under the system's temporary one, removed with its content.
class TemporaryRoot {
 public:
  TemporaryRoot() {
    std::string name = (std::filesystem::temp_directory_path() / "btrack-rig-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryRoot() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryRoot(const TemporaryRoot&) = delete;
  TemporaryRoot& operator=(const TemporaryRoot&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class Root {
 public:
  explicit Root(std::filesystem::path path) : path_(std::move(path)) {}

  void file(const std::filesystem::path& name, const std::string& content) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    if (const auto written = write_file(path_ / name, content + "\n"); !written) {
      throw std::filesystem::filesystem_error(written.error().message, path_ / name, {});
    }
  }
  /// A powercap zone of unit 2^-14 J; closed: the number cannot be read, by root neither.
  void zone(const std::string& folder, const std::string& name, bool closed) const {
    const auto base = std::filesystem::path("sys/class/powercap") / folder;
    file(base / "name", name);
    file(base / "enabled", "1");
    file(base / "max_energy_range_uj", "262143328850");
    if (closed) {
      std::filesystem::create_directories(path_ / base / "energy_uj");
    } else {
      file(base / "energy_uj", "1000000");
    }
  }
  void perf(const json& pmu) const {
    const std::filesystem::path base = "sys/bus/event_source/devices/power";
    file(base / "type", "23");
    file(base / "cpumask", pmu.at("cpumask").get<std::string>());
    for (const auto& [name, code] : pmu.at("events").items()) {
      file(base / "events" / name, fmt::format("event=0x{:02x}", code.get<int>()));
      file(base / "events" / (name + ".scale"), "2.3283064365386962890625e-10");
      file(base / "events" / (name + ".unit"), "Joules");
    }
  }

 private:
  std::filesystem::path path_;
};

/// What holds for every machine: an empty environment, no library of the machine we run on.
power::ProbeContext context_of(const std::filesystem::path& root) {
  power::ProbeContext context;
  context.sysfs_root = root / "sys";
  context.procfs_root = root / "proc";
  context.device_root = root / "dev";
  context.daemon_socket = root / "btrackd.sock";
  context.environment = [](const char*) { return std::nullopt; };
  for (const auto* name : {"nvml", "amd_smi", "rocm_smi", "level_zero", "freeipmi"}) {
    context.libraries[name] = root / "no-library.so";
  }
  context.perf_open = [](const power::PerfRequest&) {
    return ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  };
  return context;
}

Channel channel_from(const json& given) {
  Channel channel;
  channel.id = given.at("id").get<std::string>();
  channel.label = channel.id;
  channel.domain = power::domain_from(given.at("domain").get<std::string>());
  channel.device = given.value("device", "");
  channel.beside = given.value("beside", false);
  if (given.value("gauge", false)) channel.kind = power::ChannelKind::power_gauge;
  if (given.contains("part_of")) channel.part_of = given["part_of"].get<std::string>();
  if (given.contains("duplicate_of")) {
    channel.duplicate_of = given["duplicate_of"].get<std::string>();
  }
  return channel;
}

void build(const json& machine, const std::filesystem::path& path) {
  const Root root(path);
  const json zones = machine.value("zones", json::object());
  const json files = machine.value("files", json::object());
  root.file("proc/cpuinfo", fmt::format("vendor_id\t: {}\nmodel name\t: {}",
                                        machine.value("vendor", "GenuineIntel"),
                                        machine.value("model", "Intel(R) Xeon(R) Gold")));
  root.file("proc/stat", "cpu  100 0 50 1000 0 0 0 0 0 0\ncpu0 50 0 25 500 0 0 0 0 0 0");
  std::filesystem::create_directories(path / "sys");
  const auto closed = machine.value("closed", std::vector<std::string>{});
  for (const auto& [folder, name] : zones.items()) {
    root.zone(folder, name.get<std::string>(), std::ranges::find(closed, folder) != closed.end());
  }
  for (const auto& [name, content] : files.items()) {
    root.file(name, content.get<std::string>());
  }
  if (machine.contains("perf")) root.perf(machine["perf"]);
}

std::vector<Channel> channels_of(const json& machine, const std::filesystem::path& path) {
  std::vector<Channel> channels;
  const json given_channels = machine.value("channels", json::array());
  for (const json& given : given_channels) {
    channels.push_back(channel_from(given));
  }
  const auto probed = power::probe_sensors(context_of(path));
  std::vector<Channel> estimates;
  for (const auto& sensor : probed.sensors) {
    for (const Channel& channel : sensor->channels()) {
      const bool measured = channel.evidence == power::Evidence::measured;
      (measured ? channels : estimates).push_back(channel);
    }
  }
  // The order of trust: counters of the processor, then the data's, the estimate last.
  std::ranges::stable_partition(channels, [](const Channel& c) {
    return c.id.starts_with("powercap/") || c.id.starts_with("perf/");
  });
  channels.insert(channels.end(), estimates.begin(), estimates.end());
  power::relate(channels);
  return channels;
}

TopologyResult check(const json& machine) {
  TopologyResult result;
  result.name = machine.at("name").get<std::string>();
  result.about = machine.at("about").get<std::string>();
  const TemporaryRoot root;
  if (root.path().empty()) {
    result.problems.emplace_back("no temporary folder could be made");
    return result;
  }
  build(machine, root.path());
  const auto channels = channels_of(machine, root.path());
  const auto covers = machine.at("covers").get<std::map<std::string, std::vector<std::string>>>();
  for (const Channel& channel : channels) {
    const bool known = covers.contains(channel.id) || channel.id.starts_with("estimate/");
    if (!known) result.problems.push_back(fmt::format("{} is not in the data", channel.id));
  }
  std::map<std::string, int> counted;
  for (const auto i : power::total_channels(channels)) {
    result.total.push_back(channels[i].id);
    const auto rails = covers.find(channels[i].id);
    if (rails == covers.end()) continue;
    for (const auto& rail : rails->second) ++counted[rail];
  }
  for (const auto& [rail, times] : counted) {
    if (times > 1) result.problems.push_back(fmt::format("{} is counted {} times", rail, times));
  }
  const auto wanted = machine.at("measured").get<std::set<std::string>>();
  for (const auto& rail : wanted) {
    if (!counted.contains(rail)) result.problems.push_back(fmt::format("{} is missed", rail));
  }
  for (const auto& [rail, times] : counted) {
    if (!wanted.contains(rail)) {
      result.problems.push_back(fmt::format("{} was not to be measured here", rail));
    }
  }
  const json duplicates = machine.value("duplicates", json::object());
  for (const auto& [id, original] : duplicates.items()) {
    const auto found = std::ranges::find(channels, id, &Channel::id);
    if (found == channels.end() || found->duplicate_of != original.get<std::string>()) {
      result.problems.push_back(fmt::format("{} is not known as {}", id, original.dump()));
    }
  }
  return result;
}

}  // namespace

Result<std::vector<TopologyResult>> check_topologies(std::string_view text) {
  try {
    const json all = json::parse(text);
    std::vector<TopologyResult> results;
    for (const json& machine : all.at("machines")) results.push_back(check(machine));
    return results;
  } catch (const json::exception& problem) {
    return fail(ErrorKind::malformed, fmt::format("the machines' data: {}", problem.what()),
                "compare with data/topologies.json");
  } catch (const std::filesystem::filesystem_error& problem) {
    return fail(ErrorKind::io, problem.what(), "let TMPDIR name a folder that can be written");
  }
}

Result<std::vector<TopologyResult>> check_topologies() {
  return check_topologies(embedded::topologies_json());
}

}  // namespace btrack::rig
