// SPDX-License-Identifier: Apache-2.0
// What the powercap files mean: the true unit, the true modulus, and which zone contains which.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace btrack::power {

struct PowercapScale {
  double joules_per_count = 1e-6;
  std::uint64_t modulus = 0;  ///< in counts of the file
  double unit_j = 0;          ///< of the register; 0: not known
};

/// The scale of a zone whose `max_energy_range_uj` is `range_uj`. The kernel keeps the unit as
/// whole nanojoules (61035 for 2^-14 J, 15258 for 2^-16 J; intel_rapl_common.c), so its microjoules
/// are 2.6 ppm or 52 ppm low; and 15300 nJ, its figure for the memory of some servers, stands for
/// 2^-16 J where perf reads the same register (rapl.c). A range of no known unit: 1e-6 J, range
/// + 1.
PowercapScale powercap_scale(std::uint64_t range_uj);

/// A zone of the control type intel-rapl by the files that anybody may read.
struct PowercapZone {
  std::string name;     ///< "package-0"
  PowercapScale scale;  ///< as the kernel says
};
/// In the order of their folders; empty where there is no powercap.
std::vector<PowercapZone> powercap_zones(const std::filesystem::path& sysfs_root);

}  // namespace btrack::power
