// SPDX-License-Identifier: Apache-2.0
// Firmware tables and control groups.
#include "btrack/power/host.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

std::string dmi(const std::filesystem::path& sysfs_root, const char* name) {
  const auto text = read_file(sysfs_root / "class/dmi/id" / name);
  return text ? std::string(trim(*text)) : std::string();
}

bool names_a_runtime(std::string_view cgroup) {
  constexpr std::array kRuntimes{"docker", "kubepods", "containerd", "libpod", "lxc", "garden"};
  return std::ranges::any_of(kRuntimes, [cgroup](const char* name) {
    return cgroup.find(name) != std::string_view::npos;
  });
}

/// Lines of proc_pid_mountinfo(5): "36 35 98:0 /root /mount/point options - type source options".
bool root_is_overlay(std::string_view mounts) {
  for (const auto line : split(mounts, '\n')) {
    const auto fields = split(line, ' ');
    const auto dash = std::ranges::find(fields, std::string_view("-"));
    if (fields.size() < 6 || fields[4] != "/" || fields.end() - dash < 2) continue;
    if (dash[1] == "overlay") return true;
  }
  return false;
}

}  // namespace

Host host_of(const std::filesystem::path& sysfs_root, const std::filesystem::path& procfs_root) {
  Host host;
  const auto vendor = dmi(sysfs_root, "sys_vendor");
  const auto product = dmi(sysfs_root, "product_name");
  host.platform = vendor + (vendor.empty() || product.empty() ? "" : " ") + product;
  const auto cgroup = read_file(procfs_root / "self/cgroup");
  const auto mounts = read_file(procfs_root / "self/mountinfo");
  host.container = (cgroup && names_a_runtime(*cgroup)) || (mounts && root_is_overlay(*mounts));
  return host;
}

}  // namespace btrack::power
