// SPDX-License-Identifier: Apache-2.0
// Machine facts from /proc, /sys and uname.
#include "btrack/bench/machine.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <optional>
#include <set>

#include "btrack/bench/version.hpp"
#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::bench {
namespace {

using Facts = std::map<std::string, std::string>;
namespace fs = std::filesystem;

/// The value behind "key<blanks>separator value" in a /proc text; the first match.
std::optional<std::string> field(const std::string& text, std::string_view key, char separator) {
  for (const auto line : split(text, '\n')) {
    if (!line.starts_with(key)) continue;
    const auto at = line.find(separator);
    if (at != std::string_view::npos) return std::string(trim(line.substr(at + 1)));
  }
  return std::nullopt;
}

void add_first_line(Facts& facts, const std::string& key, const fs::path& file) {
  const auto content = read_file(file);
  if (!content) return;
  const auto line = trim(std::string_view(*content).substr(0, content->find('\n')));
  if (!line.empty()) facts[key] = line;
}

void add_cpu(Facts& facts, const power::ProbeContext& context) {
  const auto cpuinfo = read_file(context.procfs_root / "cpuinfo");
  if (cpuinfo) {
    if (const auto model = field(*cpuinfo, "model name", ':')) facts["cpu.model"] = *model;
    if (const auto microcode = field(*cpuinfo, "microcode", ':')) {
      facts["cpu.microcode"] = *microcode;
    }
    const bool guest = cpuinfo->find(" hypervisor ") != std::string::npos;
    facts["machine.virtual"] = guest ? "yes" : "no";
  }
  facts["cpu.cores"] = std::to_string(physical_cores(context));
  const auto cpu0 = context.sysfs_root / "devices/system/cpu/cpu0/cpufreq";
  add_first_line(facts, "cpu.governor", cpu0 / "scaling_governor");
  add_first_line(facts, "cpu.max_frequency_khz", cpu0 / "scaling_max_freq");
  add_first_line(facts, "cpu.no_turbo",
                 context.sysfs_root / "devices/system/cpu/intel_pstate/no_turbo");
  add_first_line(facts, "cpu.boost", context.sysfs_root / "devices/system/cpu/cpufreq/boost");
}

void add_system(Facts& facts, const power::ProbeContext& context) {
  utsname names{};
  if (::uname(&names) == 0) {
    facts["machine.host"] = names.nodename;
    facts["os.kernel"] = fmt::format("{} {}", names.sysname, names.release);
    facts["machine.architecture"] = names.machine;
  }
  if (const auto release = read_file("/etc/os-release")) {
    if (auto name = field(*release, "PRETTY_NAME", '=')) {
      std::erase(*name, '"');
      facts["os.name"] = *name;
    }
  }
  if (const auto meminfo = read_file(context.procfs_root / "meminfo")) {
    const auto total = field(*meminfo, "MemTotal", ':');
    const auto kib = total ? parse_number<std::int64_t>(split(*total, ' ').front()) : std::nullopt;
    if (kib) facts["memory.bytes"] = std::to_string(*kib * 1024);
  }
  add_first_line(facts, "driver.nvidia", context.procfs_root / "driver/nvidia/version");
}

}  // namespace

std::int64_t physical_cores(const power::ProbeContext& context) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  std::set<std::string> cores;  // hardware threads of one core share one sibling list
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const auto siblings =
        read_file(context.sysfs_root / fmt::format("devices/system/cpu/cpu{}", cpu) /
                  "topology/thread_siblings_list");
    cores.insert(siblings ? *siblings : std::to_string(cpu));
  }
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(cores.size()));
}

Facts machine_facts(const power::ProbeContext& context) {
  Facts facts;
  add_cpu(facts, context);
  add_system(facts, context);
  facts["build.version"] = version();
  facts["build.commit"] = commit();
  facts["build.compiler"] = compiler();
  return facts;
}

}  // namespace btrack::bench
