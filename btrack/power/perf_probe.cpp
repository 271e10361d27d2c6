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
#include "btrack/power/cpu_topology.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/perf_sensor.hpp"
#include "btrack/power/powercap.hpp"
#include "btrack/power/rapl.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

struct EventMeaning {
  std::string_view event;
  RaplDomain domain;  ///< by powercap's name of the same counter
};

constexpr std::array kMeanings{
    EventMeaning{"energy-cores", {"core", "core", Domain::core}},
    EventMeaning{"energy-pkg", {"", "", Domain::package}},
    EventMeaning{"energy-ram", {"dram", "DRAM", Domain::dram}},
    EventMeaning{"energy-gpu", {"uncore", "uncore", Domain::uncore}},
    EventMeaning{"energy-psys", {"psys", "", Domain::board}},
    EventMeaning{"energy-core", {"core", "core", Domain::core}},  // one core of PMU power_core
};
constexpr Seconds kCoresPeriod{1.0};  // one interrupt of every core for each read

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

/// What powercap tells to anybody: the unit of the registers, and the package with psys.
struct PowercapHints {
  double package_unit_j = 0;
  int platform_package = 0;
};

PowercapHints powercap_hints(const fs::path& sysfs_root) {
  constexpr std::string_view kNumbered = "psys-";
  PowercapHints hints;
  for (const PowercapZone& zone : powercap_zones(sysfs_root)) {
    if (zone.name.starts_with("package")) hints.package_unit_j = zone.scale.unit_j;
    if (zone.name.starts_with(kNumbered)) {
      hints.platform_package = parse_number<int>(zone.name.substr(kNumbered.size())).value_or(0);
    }
  }
  return hints;
}

Error refusal(int error, const ProbeContext& context, const fs::path& folder) {
  if (error != EACCES && error != EPERM) {
    return system_error(error, "open the energy events of", folder);
  }
  const auto paranoid = read_file(context.procfs_root / "sys/kernel/perf_event_paranoid");
  return {ErrorKind::denied,
          fmt::format("the kernel refuses CPU-wide perf events (kernel.perf_event_paranoid = {})",
                      paranoid ? trim(*paranoid) : std::string_view("unknown")),
          "an administrator types 'sysctl -w kernel.perf_event_paranoid=0', or 'setcap "
          "cap_perfmon=ep' on this program (cap_sys_admin before Linux 5.8)"};
}

bool is_refusal(int error) { return error == EACCES || error == EPERM; }

/// Opens the groups of a PMU. One that cannot be opened is closed again and left out.
class Opener {
 public:
  Opener(const ProbeContext& context, const RaplPolicy& policy)
      : context_(context), policy_(policy), hints_(powercap_hints(context.sysfs_root)) {}

  /// One group on each CPU; the errno of the first that failed, or 0.
  int open_packages(const PerfPmu& pmu) {
    const auto places = cpu_places(context_.sysfs_root, pmu.cpus);
    const auto names = package_names(places);
    int first_error = 0;
    for (std::size_t i = 0; i < places.size() && !is_refusal(first_error); ++i) {
      const int error = open_group(pmu, places[i], names[i]);
      if (first_error == 0) first_error = error;
    }
    contain_rapl(channels);
    return first_error;
  }

  /// The cores of each package that is one of `packages`, added up; all of them or none.
  int open_cores(const PerfPmu& pmu, std::span<const Channel> packages) {
    const auto places = cpu_places(context_.sysfs_root, pmu.cpus);
    const auto* meaning = std::ranges::find(kMeanings, "energy-core", &EventMeaning::event);
    const auto event = std::ranges::find(pmu.events, "energy-core", &PerfEvent::name);
    if (event == pmu.events.end()) return 0;
    std::map<int, std::size_t> channel_of;  // package -> index
    for (const CpuPlace& place : places) {
      Channel c = make(*event, *meaning, fmt::format("package-{}", place.package));
      c.safe_period = kCoresPeriod;
      c.part_of = c.id.substr(0, c.id.rfind('/'));
      if (std::ranges::find(packages, *c.part_of, &Channel::id) == packages.end()) continue;
      const int fd = open_({pmu.type, event->code, place.cpu, -1});
      if (fd < 0) return -fd;
      const auto [known, added] = channel_of.try_emplace(place.package, channels.size());
      groups.push_back({{fd}, known->second, !added});
      if (added) channels.push_back(std::move(c));
    }
    return 0;
  }

  std::unique_ptr<PerfSensor> sensor() {
    return std::make_unique<PerfSensor>(std::move(channels), std::move(groups),
                                        clock_or_system(context_.clock));
  }

  std::vector<Channel> channels;
  std::vector<PerfSensor::Group> groups;

 private:
  int open_group(const PerfPmu& pmu, const CpuPlace& place, const std::string& name) {
    PerfSensor::Group group{{}, channels.size()};
    std::vector<Channel> members;
    for (const PerfEvent& event : pmu.events) {
      const auto* meaning = std::ranges::find(kMeanings, event.name, &EventMeaning::event);
      if (meaning == kMeanings.end()) continue;
      const bool platform = meaning->domain.domain == Domain::board;
      if (platform && (has_platform_ || place.package != hints_.platform_package)) continue;
      const int leader = group.descriptors.empty() ? -1 : group.descriptors.front();
      const int fd = open_({pmu.type, event.code, place.cpu, leader});
      if (fd < 0) {
        for (const int opened : group.descriptors) ::close(opened);
        return -fd;
      }
      has_platform_ = has_platform_ || platform;
      group.descriptors.push_back(fd);
      members.push_back(make(event, *meaning, name));
    }
    if (!members.empty()) groups.push_back(std::move(group));
    std::ranges::move(members, std::back_inserter(channels));
    return 0;
  }

  /// One platform, one counter: on the package where powercap found it, and named as there.
  [[nodiscard]] std::string platform_name() const {
    return hints_.platform_package == 0 ? "psys" : fmt::format("psys-{}", hints_.platform_package);
  }

  [[nodiscard]] Channel make(const PerfEvent& event, const EventMeaning& meaning,
                             const std::string& package) const {
    const bool platform = meaning.domain.domain == Domain::board;
    Channel c = rapl_channel("perf", platform ? platform_name() : package, meaning.domain);
    const bool own_unit = platform || meaning.domain.domain == Domain::dram;
    c.si_per_count = event.joules_per_count;
    c.modulus = perf_modulus(own_unit ? 0 : hints_.package_unit_j);
    apply_policy(c, policy_);
    return c;
  }

  [[nodiscard]] int open_(const PerfRequest& request) const {
    return context_.perf_open ? context_.perf_open(request) : open_event(request);
  }

  const ProbeContext& context_;
  const RaplPolicy& policy_;
  PowercapHints hints_;
  bool has_platform_ = false;
};

/// Newer kernels have a PMU for the cores of AMD processors; where it is not, nothing is said.
void add_cores(const ProbeContext& context, const RaplPolicy& policy, DriverProbe& probe) {
  const fs::path folder = context.sysfs_root / "bus/event_source/devices/power_core";
  std::error_code ignored;
  if (probe.sensors.empty() || !fs::exists(folder, ignored)) return;
  const auto pmu = read_perf_pmu(folder);
  Opener cores(context, policy);
  std::optional<Error> problem;
  if (!pmu) {
    problem = pmu.error();
  } else if (const int error = cores.open_cores(*pmu, probe.sensors.front()->channels());
             error != 0) {
    problem = refusal(error, context, folder);
  }
  auto sensor = cores.sensor();  // closes what was opened, where a core is missing
  if (problem) {
    if (!probe.absent) probe.absent = std::move(problem);
  } else if (!sensor->channels().empty()) {
    probe.sensors.push_back(std::move(sensor));
  }
}

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
  const RaplPolicy policy = rapl_policy(context);
  Opener opener(context, policy);
  const int error = opener.open_packages(*pmu);
  auto sensor = opener.sensor();
  if (error != 0) {
    probe.absent = refusal(error, context, folder);
  } else if (sensor->channels().empty()) {
    probe.absent = Error{ErrorKind::unsupported,
                         fmt::format("{} has no event that btrack knows", folder.string()), ""};
  }
  if (is_refusal(error)) return probe;
  if (!sensor->channels().empty()) probe.sensors.push_back(std::move(sensor));
  add_cores(context, policy, probe);
  return probe;
}

}  // namespace btrack::power
