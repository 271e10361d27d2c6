// SPDX-License-Identifier: Apache-2.0
// Which NVIDIA GPUs a program may use: CUDA_VISIBLE_DEVICES and NVIDIA_VISIBLE_DEVICES.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "btrack/power/nvml_library.hpp"
#include "btrack/power/probe.hpp"

namespace btrack::power {

struct NvmlVisibility {
  std::vector<bool> visible;  ///< one for each GPU, in PCI order
  std::string variable;       ///< the one that hides: "CUDA_VISIBLE_DEVICES"
  std::string doubt;          ///< why the answer may be wrong; empty: it is not
};

/// Nothing where no variable restricts. `parent_of_mig` gives the UUID of the GPU around an
/// instance. Numbers count in PCI order, as CUDA does under CUDA_DEVICE_ORDER=PCI_BUS_ID.
std::optional<NvmlVisibility> visible_nvidia_gpus(
    const ProbeContext& context, std::span<const NvmlGpu> gpus,
    const std::function<std::optional<std::string>(const std::string&)>& parent_of_mig);

}  // namespace btrack::power
