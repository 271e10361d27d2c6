// SPDX-License-Identifier: Apache-2.0
// Which GPUs a program may use: the environment variables of ROCm and Level Zero.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/power/pci_address.hpp"
#include "btrack/power/probe.hpp"

namespace btrack::power {

/// An AMD GPU as the kernel's compute driver lists it: ROCm numbers devices in this order.
struct KfdGpu {
  PciAddress address;
  std::string uuid;      ///< "GPU-4f2b8c…", as ROCm names it; empty where the GPU has none
  bool has_cpu = false;  ///< an APU: CPU cores and GPU are one node
};

/// The GPUs in /sys/class/kfd/kfd/topology/nodes, by node number; nodes we may not read are closed
/// to ROCm as well, and left out.
std::vector<KfdGpu> kfd_gpus(const std::filesystem::path& sysfs_root);

/// Places in `gpus` that ROCR_VISIBLE_DEVICES and, among those, HIP_VISIBLE_DEVICES (or
/// CUDA_VISIBLE_DEVICES, which HIP reads in its place) leave visible; nothing where none is set. An
/// entry that names no GPU ends the list, as it does for ROCm.
std::optional<std::vector<std::size_t>> visible_amd_gpus(const ProbeContext& context,
                                                         std::span<const KfdGpu> gpus);

/// Which devices ZE_AFFINITY_MASK leaves visible, given how many tiles each has; nothing where it
/// is not set. It counts devices under ZE_FLAT_DEVICE_HIERARCHY=COMPOSITE, and tiles else.
std::optional<std::vector<bool>> visible_level_zero_devices(
    const ProbeContext& context, std::span<const std::uint32_t> tiles_of_devices);

}  // namespace btrack::power
