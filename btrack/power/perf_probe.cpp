// SPDX-License-Identifier: Apache-2.0
// The perf driver: opens the energy events of every package and explains a refusal.
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/cpu_gain.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/perf_sensor.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

struct EventMeaning {
  std::string_view event;
  std::string_view zone;  ///< powercap's name of the same counter
  std::string_view label;
  Domain domain;
};

constexpr std::array kMeanings{
    EventMeaning{"energy-cores", "core", "core", Domain::core},
    EventMeaning{"energy-pkg", "", "", Domain::package},
    EventMeaning{"energy-ram", "dram", "DRAM", Domain::dram},
    EventMeaning{"energy-gpu", "uncore", "uncore", Domain::uncore},
    EventMeaning{"energy-psys", "psys", "whole platform (psys)", Domain::board},
};

int open_event(const PerfRequest& request) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = request.type;
  attributes.config = request.config;
  attributes.read_format = PERF_FORMAT_GROUP;
  const long fd = ::syscall(SYS_perf_event_open, &attributes, -1, request.cpu, request.group_fd,
                            PERF_FLAG_FD_CLOEXEC);
  return fd < 0 ? -errno : static_cast<int>(fd);
}

struct Place {
  int package = 0;
  int die = 0;
};

int topology(const ProbeContext& context, int cpu, std::string_view file, int otherwise) {
  const auto text = read_file(context.sysfs_root / fmt::format("devices/system/cpu/cpu{}", cpu) /
                              "topology" / file);
  return text ? parse_number<int>(trim(*text)).value_or(otherwise) : otherwise;
}

/// "package-1", or "package-1-die-0" where a package has several counting CPUs, as powercap names
/// it.
std::vector<std::string> package_names(const ProbeContext& context, const std::vector<int>& cpus) {
  std::vector<Place> places;
  std::map<int, int> dies;
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    const int package = topology(context, cpus[i], "physical_package_id", static_cast<int>(i));
    places.push_back({package, topology(context, cpus[i], "die_id", dies[package])});
    ++dies[package];
  }
  std::vector<std::string> names;
  names.reserve(places.size());
  for (const Place& place : places) {
    names.push_back(dies[place.package] > 1
                        ? fmt::format("package-{}-die-{}", place.package, place.die)
                        : fmt::format("package-{}", place.package));
  }
  return names;
}

Channel channel_of(const PerfEvent& event, const EventMeaning& meaning, const std::string& package,
                   CpuClass cpu) {
  Channel c;
  std::string words = package;
  std::ranges::replace(words, '-', ' ');
  if (meaning.domain == Domain::board) {
    c.id = "perf/psys";
    c.label = meaning.label;
  } else {
    c.id = fmt::format("perf/{}{}{}", package, meaning.zone.empty() ? "" : "/", meaning.zone);
    c.label = fmt::format("CPU {}{}{}", words, meaning.label.empty() ? "" : " ", meaning.label);
  }
  c.label += " (perf)";
  c.domain = meaning.domain;
  c.si_per_count = event.joules_per_count;
  c.update_period = Seconds(0.001);
  const auto policy = rapl_gain(cpu, meaning.domain);
  c.gain = policy.gain;
  c.gain_source = policy.source;
  return c;
}

void contain(std::vector<Channel>& channels) {
  const auto has = [&](std::string_view id) {
    return std::ranges::any_of(channels, [&](const Channel& c) { return c.id == id; });
  };
  const bool platform = has("perf/psys");
  for (Channel& c : channels) {
    const std::string package = c.id.substr(0, c.id.rfind('/'));
    const bool inside = c.domain == Domain::core || c.domain == Domain::uncore;
    if (inside && has(package)) {
      c.part_of = package;
    } else if (platform && c.domain != Domain::board) {
      c.part_of = "perf/psys";
    }
  }
}

Error refusal(int error, const ProbeContext& context) {
  if (error != EACCES && error != EPERM) {
    return system_error(error, "open the energy events of",
                        context.sysfs_root / "bus/event_source/devices/power");
  }
  const auto paranoid = read_file(context.procfs_root / "sys/kernel/perf_event_paranoid");
  return {ErrorKind::denied,
          fmt::format("the kernel refuses CPU-wide perf events (kernel.perf_event_paranoid = {})",
                      paranoid ? trim(*paranoid) : std::string_view("unknown")),
          "an administrator types 'sysctl -w kernel.perf_event_paranoid=0', or 'setcap "
          "cap_perfmon=ep' on this program (cap_sys_admin before Linux 5.8)"};
}

/// Opens all groups; closes everything again and returns the errno when one event is refused.
class Opener {
 public:
  Opener(const ProbeContext& context, const PerfPmu& pmu) : context_(context), pmu_(pmu) {}

  int open_all() {
    const auto names = package_names(context_, pmu_.cpus);
    const auto cpu_kind = cpu_class(context_.procfs_root);
    for (std::size_t i = 0; i < pmu_.cpus.size(); ++i) {
      PerfSensor::Group group{{}, channels.size()};
      for (const PerfEvent& event : pmu_.events) {
        const auto* meaning = std::ranges::find(kMeanings, event.name, &EventMeaning::event);
        if (meaning == kMeanings.end()) continue;
        if (meaning->domain == Domain::board && i > 0) continue;  // one platform, one counter
        const int leader = group.descriptors.empty() ? -1 : group.descriptors.front();
        const int fd = open_({pmu_.type, event.code, pmu_.cpus[i], leader});
        if (fd < 0) {
          groups.push_back(std::move(group));
          return -fd;
        }
        group.descriptors.push_back(fd);
        channels.push_back(channel_of(event, *meaning, names[i], cpu_kind));
      }
      if (!group.descriptors.empty()) groups.push_back(std::move(group));
    }
    contain(channels);
    return 0;
  }

  std::vector<Channel> channels;
  std::vector<PerfSensor::Group> groups;

 private:
  int open_(const PerfRequest& request) const {
    return context_.perf_open ? context_.perf_open(request) : open_event(request);
  }
  const ProbeContext& context_;
  const PerfPmu& pmu_;
};

}  // namespace

DriverProbe probe_perf(const ProbeContext& context) {
  const fs::path folder = context.sysfs_root / "bus/event_source/devices/power";
  DriverProbe probe;
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) {
    probe.absent = Error{ErrorKind::not_found, fmt::format("no energy PMU at {}", folder.string()),
                         "on bare metal load it ('modprobe rapl'); virtual machines have none"};
    return probe;
  }
  const auto pmu = read_perf_pmu(folder);
  if (!pmu) {
    probe.absent = pmu.error();
    return probe;
  }
  Opener opener(context, *pmu);
  const int error = opener.open_all();
  const Clock& clock = clock_or_system(context.clock);
  auto sensor = std::make_unique<PerfSensor>(std::move(opener.channels), std::move(opener.groups),
                                             clock);  // closes what was opened, also on refusal
  if (error != 0) {
    probe.absent = refusal(error, context);
  } else if (sensor->channels().empty()) {
    probe.absent = Error{ErrorKind::unsupported,
                         fmt::format("{} has no event that btrack knows", folder.string()), ""};
  } else {
    probe.sensors.push_back(std::move(sensor));
  }
  return probe;
}

}  // namespace btrack::power
