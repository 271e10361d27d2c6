// SPDX-License-Identifier: Apache-2.0
// What stands between this program and the machine: a cloud's virtual machine, a container.
#pragma once

#include <filesystem>
#include <string>

namespace btrack::power {

struct Host {
  std::string platform;  ///< "Amazon EC2 m5.xlarge", as the firmware tables say; empty: they do not
  bool container = false;  ///< procfs shows the host's load, not this container's
};

/// Platform: `sys_vendor` and `product_name` of /sys/class/dmi/id, readable by everybody.
/// Container: a runtime's name in /proc/self/cgroup (cgroups(7)), or an overlay as the root file
/// system.
Host host_of(const std::filesystem::path& sysfs_root, const std::filesystem::path& procfs_root);

}  // namespace btrack::power
