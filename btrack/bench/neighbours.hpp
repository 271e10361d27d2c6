// SPDX-License-Identifier: Apache-2.0
// What other programs and other virtual machines took of the processors during a run: times and
// energies of a busy machine are not those of the workload alone.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace btrack::bench {

/// CPU time since the boot in seconds: of all programs, and taken from this guest by its host
/// (proc_stat(5): all but idle, iowait, guest; steal). Ticks of 10 ms.
struct ProcessorTimes {
  double busy_s = 0.0;
  double steal_s = 0.0;
  double own_s = 0.0;  ///< of this process and of its children that have ended
  double all_s = 0.0;  ///< of all processors, whatever they did

  /// Nothing where /proc/stat is not what it should be.
  static std::optional<ProcessorTimes> now(const std::filesystem::path& procfs_root);
};

/// "load.others_percent" and "load.steal_percent": shares of all processors between the two,
/// without this process and its ended children.
std::map<std::string, std::string> neighbours(const ProcessorTimes& begin,
                                              const ProcessorTimes& end);

}  // namespace btrack::bench
