// SPDX-License-Identifier: Apache-2.0
// The msr driver: finds the registers of every package, and explains why there are none.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "btrack/power/cpu_topology.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/msr_sensor.hpp"
#include "btrack/power/rapl.hpp"

namespace btrack::power {
namespace {

struct Register {
  std::uint32_t address = 0;
  RaplDomain domain;
};

// Intel SDM vol. 4, tables 2-20 and following; AMD PPR, MSRC001_029A and 029B.
constexpr std::array kIntelRegisters{
    Register{0x611, {"", "", Domain::package}},
    Register{0x639, {"core", "core", Domain::core}},
    Register{0x641, {"uncore", "uncore", Domain::uncore}},
    Register{0x619, {"dram", "DRAM", Domain::dram}},
    Register{0x64D, {"psys", "", Domain::board}},
};
constexpr Register kAmdPackage{0xC001029B, {"", "", Domain::package}};
constexpr Register kAmdCore{0xC001029A, {"core", "core", Domain::core}};
constexpr Seconds kCoresPeriod{1.0};  // one interrupt of every core for each read

using File = std::shared_ptr<const MsrFile>;

Error refusal(const ProbeContext& context, Error error) {
  if (error.kind == ErrorKind::not_found) {
    error.message =
        fmt::format("no register file {}", (context.device_root / "cpu/*/msr").string());
    error.remedy = "load the module ('modprobe msr'); in a container pass /dev/cpu through";
  } else if (error.kind == ErrorKind::denied) {
    error.remedy =
        "the registers are root's: run as root, or let an administrator type 'setcap "
        "cap_sys_rawio,cap_dac_read_search+ep' on this program";
  }
  return error;
}

/// Collects the channels of one machine.
class Finder {
 public:
  Finder(const ProbeContext& context, RaplPolicy policy)
      : context_(context), policy_(std::move(policy)) {}

  /// Opens the first CPU of each package (AMD) or die (Intel); the Error is the first refusal.
  std::optional<Error> find() {
    const bool intel = policy_.cpu.vendor == CpuVendor::intel;
    auto places = cpu_places(context_.sysfs_root, online_cpus(context_.sysfs_root));
    if (places.empty()) places.push_back({});
    std::set<std::pair<int, int>> seen;
    std::vector<CpuPlace> leaders;
    for (const CpuPlace& p : places) {
      if (seen.emplace(p.package, intel ? p.die : 0).second) leaders.push_back(p);
    }
    const auto names = package_names(leaders);
    for (std::size_t i = 0; i < leaders.size(); ++i) {
      auto file = MsrFile::open(context_.device_root, leaders[i].cpu);
      if (!file) return refusal(context_, file.error());
      const auto shared = std::make_shared<const MsrFile>(std::move(*file));
      if (intel) {
        intel_package(shared, leaders[i], names[i]);
      } else {
        amd_package(shared, places, names[i], leaders[i].package);
      }
    }
    return std::nullopt;
  }

  /// One sensor for the packages, and one for sums over cores, which is to be read less often.
  [[nodiscard]] std::vector<std::unique_ptr<Sensor>> sensors() && {
    std::vector<Channel> channels;
    for (const auto& source : sources_) channels.push_back(source.channel);
    contain_rapl(channels);
    std::vector<MsrSensor::Source> fast;
    std::vector<MsrSensor::Source> slow;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      sources_[i].channel = std::move(channels[i]);
      auto& list = sources_[i].channel.safe_period > Seconds(0) ? slow : fast;
      list.push_back(std::move(sources_[i]));
    }
    std::vector<std::unique_ptr<Sensor>> made;
    for (auto* list : {&fast, &slow}) {
      if (list->empty()) continue;
      made.push_back(
          std::make_unique<MsrSensor>(std::move(*list), clock_or_system(context_.clock)));
    }
    return made;
  }

 private:
  /// A counter that stands at 0 does not run here: the rule by which the kernel registers zones.
  /// KVM shows guests a register of units and all counters as 0.
  static bool runs(const MsrFile& file, const Register& reg) {
    return file.read(reg.address).value_or(0) != 0;
  }

  void intel_package(const File& file, const CpuPlace& place, const std::string& name) {
    const auto unit = file->read(msr_address::intel_unit);
    if (!unit) return;
    for (const Register& reg : kIntelRegisters) {
      if (!runs(*file, reg)) continue;
      // One package has the platform's counter, and powercap calls it psys-N but for package 0.
      const bool psys = reg.domain.domain == Domain::board;
      const std::string suffix = place.package == 0 ? "" : fmt::format("-{}", place.package);
      sources_.push_back({channel(psys ? "psys" + suffix : name, reg, *unit), reg.address, {file}});
    }
  }

  void amd_package(const File& file, const std::vector<CpuPlace>& places, const std::string& name,
                   int package) {
    const auto unit = file->read(msr_address::amd_unit);
    if (!unit) return;
    if (runs(*file, kAmdPackage)) {
      MsrSensor::Source source{channel(name, kAmdPackage, *unit), kAmdPackage.address, {file}};
      // Right for either width: high bits prove 64 bits, and else the low 32 wrap as a whole.
      const bool wide = (file->read(kAmdPackage.address).value_or(0) >> 32) != 0;
      if (wide && counts_in_64_bits(policy_.cpu)) source.channel.modulus = 0;
      sources_.push_back(std::move(source));
    }
    MsrSensor::Source cores{channel(name, kAmdCore, *unit), kAmdCore.address, {}};
    cores.channel.safe_period = kCoresPeriod;
    std::set<std::pair<int, int>> seen;
    for (const CpuPlace& p : places) {
      if (p.package != package || !seen.emplace(p.die, p.core).second) continue;
      auto core = MsrFile::open(context_.device_root, p.cpu);
      if (!core || !core->read(kAmdCore.address)) return;  // a part of the cores is no sum
      cores.files.push_back(std::make_shared<const MsrFile>(std::move(*core)));
    }
    const bool any =
        std::ranges::any_of(cores.files, [](const File& f) { return runs(*f, kAmdCore); });
    if (any) sources_.push_back(std::move(cores));
  }

  [[nodiscard]] Channel channel(const std::string& name, const Register& reg,
                                std::uint64_t unit) const {
    Channel c = rapl_channel("msr", name, reg.domain);
    c.si_per_count = rapl_unit_j(policy_.cpu, c.domain, unit);
    c.modulus = 1ULL << 32;
    apply_policy(c, policy_);
    return c;
  }

  const ProbeContext& context_;
  RaplPolicy policy_;
  std::vector<MsrSensor::Source> sources_;
};

}  // namespace

DriverProbe probe_msr(const ProbeContext& context) {
  DriverProbe probe;
  RaplPolicy policy = rapl_policy(context);
  if (policy.cpu.vendor == CpuVendor::other) {
    probe.absent =
        Error{ErrorKind::unsupported,
              "this processor is not of Intel, AMD or Hygon and has no RAPL registers", ""};
    return probe;
  }
  Finder finder(context, std::move(policy));
  probe.absent = finder.find();
  probe.sensors = std::move(finder).sensors();
  if (probe.sensors.empty() && !probe.absent) {
    probe.absent = Error{ErrorKind::not_found, "the processor shows no running RAPL register",
                         "virtual machines have none; on bare metal use the counters of the board "
                         "(hwmon, IPMI)"};
  }
  return probe;
}

}  // namespace btrack::power
