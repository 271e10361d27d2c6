// SPDX-License-Identifier: Apache-2.0
// The first line of /proc/stat against our own CPU time.
#include "btrack/bench/neighbours.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "btrack/core/file.hpp"

namespace btrack::bench {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

double cpu_time_of(int who) {
  rusage usage{};
  if (::getrusage(who, &usage) != 0) return 0.0;
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

std::optional<ProcessorTimes> ProcessorTimes::now(const std::filesystem::path& procfs_root) {
  const auto stat = read_file(procfs_root / "stat");
  if (!stat) return std::nullopt;
  std::istringstream line(*stat);
  std::string name;
  // user, nice, system, idle, iowait, irq, softirq, steal; guests' are in user and nice already.
  std::array<double, 8> ticks{};
  line >> name;
  for (double& tick : ticks) line >> tick;
  if (!line || name != "cpu") return std::nullopt;
  const double tick_s = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  ProcessorTimes times;
  times.busy_s = (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) * tick_s;
  times.steal_s = ticks[7] * tick_s;
  times.all_s = times.busy_s + times.steal_s + (ticks[3] + ticks[4]) * tick_s;
  times.own_s = cpu_time_of(RUSAGE_SELF) + cpu_time_of(RUSAGE_CHILDREN);
  return times;
}

std::map<std::string, std::string> neighbours(const ProcessorTimes& begin,
                                              const ProcessorTimes& end) {
  const double all = end.all_s - begin.all_s;
  if (all <= 0.0) return {};
  const double others = (end.busy_s - begin.busy_s) - (end.own_s - begin.own_s);
  const auto percent = [&](double part) {
    return fmt::format("{:.1f}", 100.0 * std::clamp(part / all, 0.0, 1.0));
  };
  return {{"load.others_percent", percent(others)},
          {"load.steal_percent", percent(end.steal_s - begin.steal_s)}};
}

}  // namespace btrack::bench
