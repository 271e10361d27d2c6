// SPDX-License-Identifier: Apache-2.0
// Which processor this is, by maker, family and model, as the units of its counters depend on it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace btrack::power {

enum class CpuVendor { intel, amd, hygon, other };

struct CpuModel {
  CpuVendor vendor = CpuVendor::other;
  unsigned family = 0;  ///< 0 where cpuinfo says nothing
  unsigned model = 0;
  std::string name;    ///< "AMD EPYC 9654 96-Core Processor"
  bool sgx = false;    ///< the flag `sgx`: enclaves are switched on
  bool guest = false;  ///< the flag `hypervisor`: a virtual machine
};

/// From the first processor of PROCFS/cpuinfo; CpuVendor::other where it is not there, or not x86.
CpuModel cpu_model(const std::filesystem::path& procfs_root);

}  // namespace btrack::power
