// SPDX-License-Identifier: Apache-2.0
// What AMD SMI and ROCm SMI both offer: the GPUs, and one call each for energy and power.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/power/pci_address.hpp"
#include "btrack/power/probe.hpp"

namespace btrack::power {

/// One logical GPU of the library: a card, a die of an MI250, a partition of an MI300.
struct AmdGpu {
  PciAddress address;
  std::uint32_t partition = 0;  ///< 0 where the GPU is not partitioned
  std::string name;             ///< "AMD Instinct MI300X"; empty where the library does not say
  std::uint16_t device_id = 0;  ///< PCI device
  std::optional<Watts> power_cap;
};

struct AmdEnergy {
  std::uint64_t count = 0;
  float resolution_uj = 0.0F;
  /// When the driver filled its table: CLOCK_BOOTTIME in nanoseconds (amdgpu sets
  /// `system_clock_counter` with ktime_get_boottime_ns).
  std::uint64_t boot_ns = 0;
};

enum class AmdStatus { ok, unsupported, denied, failed };

class AmdLibrary {
 public:
  virtual ~AmdLibrary() = default;
  [[nodiscard]] virtual std::string_view driver() const = 0;  ///< "amd_smi" or "rocm_smi"
  [[nodiscard]] virtual const std::vector<AmdGpu>& gpus() const = 0;
  /// Neither allocates on our side; `gpu` indexes gpus().
  virtual AmdStatus energy(std::size_t gpu, AmdEnergy& out) = 0;
  virtual AmdStatus power(std::size_t gpu, std::uint64_t& milliwatts) = 0;
};

/// Loads and initialises libamd_smi.so. Errors: not_found, denied, unsupported (a call is missing,
/// or no amdgpu driver).
Result<std::unique_ptr<AmdLibrary>> open_amd_smi(const ProbeContext& context);
/// The same with librocm_smi64.so.
Result<std::unique_ptr<AmdLibrary>> open_rocm_smi(const ProbeContext& context);

/// The Error of a refused initialisation, with the remedy for AMD's device nodes.
Error amd_refusal(std::string_view library, AmdStatus status, int code);
/// BDFID: domain in the upper half, partition in bits 28-31, then bus, device, function
/// (rocm_smi.cc, rsmi_dev_pci_id_get).
void set_bdf(AmdGpu& gpu, std::uint64_t bdf_id);
/// The names to try for a library: the context's file alone, or these.
std::vector<std::string> library_names(const ProbeContext& context, std::string_view key,
                                       std::vector<std::string> usual);

}  // namespace btrack::power
