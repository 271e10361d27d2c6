// SPDX-License-Identifier: Apache-2.0
// Where each CPU sits: package, die, core; and the names of packages as powercap gives them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace btrack::power {

struct CpuPlace {
  int cpu = 0;
  int package = 0;
  int die = 0;
  int core = 0;
};

/// "0,16-17" -> {0, 16, 17}; nothing where the text is no CPU list.
std::vector<int> parse_cpu_list(std::string_view text);

/// Places of `cpus` from SYSFS/devices/system/cpu/cpuN/topology; package and die are 0 and the core
/// is the CPU where these files are missing (die_id: before Linux 5.2).
std::vector<CpuPlace> cpu_places(const std::filesystem::path& sysfs_root,
                                 const std::vector<int>& cpus);
/// The CPUs of SYSFS/devices/system/cpu/online.
std::vector<int> online_cpus(const std::filesystem::path& sysfs_root);

/// For each place, "package-1", or "package-1-die-0" where its package stands here more than once
/// (the position stands in for the die where all have the same).
std::vector<std::string> package_names(const std::vector<CpuPlace>& places);

}  // namespace btrack::power
