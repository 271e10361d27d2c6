// SPDX-License-Identifier: Apache-2.0
// Topology files, and package names made from them.
#include "btrack/power/cpu_topology.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

int number_in(const std::filesystem::path& file, int otherwise) {
  const auto text = read_file(file);
  return text ? parse_number<int>(trim(*text)).value_or(otherwise) : otherwise;
}

}  // namespace

std::vector<int> parse_cpu_list(std::string_view text) {
  constexpr std::size_t kMost = 65536;  // far above any kernel's NR_CPUS
  std::vector<int> cpus;
  for (const auto part : split(trim(text), ',')) {
    const auto dash = part.find('-');
    const auto first = parse_number<int>(part.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_number<int>(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first) return {};
    if (static_cast<std::size_t>(*last - *first) >= kMost - cpus.size()) return {};
    for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<CpuPlace> cpu_places(const std::filesystem::path& sysfs_root,
                                 const std::vector<int>& cpus) {
  std::vector<CpuPlace> places;
  places.reserve(cpus.size());
  for (const int cpu : cpus) {
    const auto folder = sysfs_root / fmt::format("devices/system/cpu/cpu{}/topology", cpu);
    places.push_back({cpu, number_in(folder / "physical_package_id", 0),
                      number_in(folder / "die_id", 0), number_in(folder / "core_id", cpu)});
  }
  return places;
}

std::vector<int> online_cpus(const std::filesystem::path& sysfs_root) {
  const auto text = read_file(sysfs_root / "devices/system/cpu/online");
  return text ? parse_cpu_list(*text) : std::vector<int>{};
}

std::vector<std::string> package_names(const std::vector<CpuPlace>& places) {
  std::map<int, int> times;
  std::map<int, std::set<int>> dies;
  for (const CpuPlace& place : places) {
    ++times[place.package];
    dies[place.package].insert(place.die);
  }
  std::map<int, int> nth;
  std::vector<std::string> names;
  names.reserve(places.size());
  for (const CpuPlace& place : places) {
    const int position = nth[place.package]++;
    const bool told_apart = std::cmp_equal(dies[place.package].size(), times[place.package]);
    names.push_back(times[place.package] == 1 ? fmt::format("package-{}", place.package)
                                              : fmt::format("package-{}-die-{}", place.package,
                                                            told_apart ? place.die : position));
  }
  return names;
}

}  // namespace btrack::power
