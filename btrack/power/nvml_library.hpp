// SPDX-License-Identifier: Apache-2.0
// NVIDIA's management library, loaded at run time: the few calls that we use.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/shared_library.hpp"
#include "btrack/power/pci_address.hpp"
#include "btrack/power/probe.hpp"

namespace btrack::power {

// Numbers and structures of the library's interface, as NVIDIA publishes them in nvml.h (API
// version 13, github.com/NVIDIA/go-nvml gen/nvml/nvml.h).
using NvmlDevice = struct nvmlDevice_st*;  // the library's own name of the type

/// nvmlReturn_t: the codes that we tell apart; every other one is passed on as it came.
enum class NvmlStatus : int {
  success = 0,
  not_supported = 3,
  no_permission = 4,
  not_found = 6,
  insufficient_size = 7,
  driver_not_loaded = 9,
  function_not_found = 13,
  gpu_is_lost = 15,
  reset_required = 16,
  version_mismatch = 18,
  no_data = 21,
  unknown = 999,
};
/// "the GPU is lost", or "status 42".
std::string nvml_status_text(NvmlStatus status);

enum class NvmlValueType : int { f64, u32, unsigned_long, u64, i64, i32, u16 };

/// nvmlValue_t, a union of up to 8 bytes; `as_count` reads it by its type.
struct NvmlValue {
  alignas(8) std::array<unsigned char, 8> bytes;
};
/// Nothing for a negative number and for a type that this version does not know.
std::optional<std::uint64_t> as_count(const NvmlValue& value, NvmlValueType type);

/// nvmlFieldValue_t
struct NvmlFieldValue {
  std::uint32_t field;
  std::uint32_t scope;
  std::int64_t wall_us;     ///< CLOCK_REALTIME; 0 where the library gives none
  std::int64_t latency_us;  ///< how long the library took to fetch the value
  NvmlValueType type;
  NvmlStatus status;
  NvmlValue value;
};
static_assert(sizeof(NvmlFieldValue) == 40);

/// nvmlSample_t
struct NvmlSample {
  std::uint64_t wall_us;
  NvmlValue value;
};
static_assert(sizeof(NvmlSample) == 16);

namespace nvml_fields {
constexpr std::uint32_t energy = 83;          ///< mJ since the driver was loaded
constexpr std::uint32_t power_average = 185;  ///< mW over one second
constexpr std::uint32_t power_instant = 186;  ///< mW
constexpr std::uint32_t energy_scoped = 191;  ///< newer name of 83
}  // namespace nvml_fields

enum class NvmlScope : std::uint32_t { gpu = 0, module = 1, memory = 2 };
enum class NvmlSampling : int { total_power = 0, module_power = 7 };
enum class NvmlVirtualization : int { none = 0, passthrough = 1, vgpu = 2, host_vgpu = 3 };

/// What the library says of one GPU before anything is measured.
struct NvmlGpu {
  NvmlDevice handle = nullptr;
  unsigned index = 0;  ///< the library's number: PCI order
  std::string name;    ///< "NVIDIA H100 80GB HBM3"
  std::string uuid;    ///< "GPU-8932f937-…"
  PciAddress address;
  unsigned architecture = 0;  ///< NVML_DEVICE_ARCH_*; 0 where the library does not say
  int compute_major = 0;
  int compute_minor = 0;
  std::optional<Watts> power_limit;  ///< the enforced one
  bool mig = false;                  ///< split into instances; power stays that of the whole
  NvmlVirtualization virtualization = NvmlVirtualization::none;
};

class NvmlLibrary {
 public:
  /// Loads the library and initialises it. Errors: not_found; denied; unsupported (no driver, a
  /// driver of another version than the library, a call missing without which nothing works).
  static Result<std::shared_ptr<const NvmlLibrary>> open(const ProbeContext& context);
  ~NvmlLibrary();
  NvmlLibrary(const NvmlLibrary&) = delete;
  NvmlLibrary& operator=(const NvmlLibrary&) = delete;

  /// Calls that this library lacks, and what is not measured without them.
  [[nodiscard]] const std::vector<std::string>& missing() const { return missing_; }
  [[nodiscard]] const std::string& driver_version() const { return driver_version_; }
  /// 535 of "535.104.05"; 0 where the library does not say.
  [[nodiscard]] int driver_branch() const;

  [[nodiscard]] Result<unsigned> count() const;
  /// Asks for one GPU by number, which wakes it where it sleeps.
  [[nodiscard]] Result<NvmlGpu> gpu(unsigned index) const;
  /// The UUID of the GPU that a MIG instance is a part of.
  [[nodiscard]] std::optional<std::string> parent_of_mig(const std::string& mig_uuid) const;

  // None of these allocates; a call that the library lacks is `function_not_found`.
  NvmlStatus field_values(NvmlDevice device, std::span<NvmlFieldValue> fields) const;
  NvmlStatus total_energy(NvmlDevice device, std::uint64_t& millijoules) const;
  NvmlStatus power_usage(NvmlDevice device, std::uint32_t& milliwatts) const;
  /// The share of the GPU's past sample period (1/6 s to 1 s) in which a kernel ran, in percent.
  NvmlStatus utilisation(NvmlDevice device, std::uint32_t& percent) const;
  /// Samples newer than `seen_us` into `out`; `count` tells how many. With an empty `out`, how many
  /// the driver's buffer holds at most.
  NvmlStatus samples(NvmlDevice device, NvmlSampling kind, std::uint64_t seen_us,
                     std::span<NvmlSample> out, std::uint32_t& count, NvmlValueType& type) const;

 private:
  struct PciInfo;
  struct Utilisation;
  struct Calls {
    int (*init)();
    int (*shutdown)();
    int (*count)(unsigned*);
    int (*by_index)(unsigned, NvmlDevice*);
    int (*pci)(NvmlDevice, PciInfo*);
    // What follows may be missing.
    int (*driver_version)(char*, unsigned);
    int (*name)(NvmlDevice, char*, unsigned);
    int (*uuid)(NvmlDevice, char*, unsigned);
    int (*architecture)(NvmlDevice, unsigned*);
    int (*compute)(NvmlDevice, int*, int*);
    int (*limit)(NvmlDevice, unsigned*);
    int (*mig_mode)(NvmlDevice, unsigned*, unsigned*);
    int (*virtualization)(NvmlDevice, int*);
    int (*by_uuid)(const char*, NvmlDevice*);
    int (*mig_parent)(NvmlDevice, NvmlDevice*);
    int (*fields)(NvmlDevice, int, NvmlFieldValue*);
    int (*energy)(NvmlDevice, unsigned long long*);
    int (*power)(NvmlDevice, unsigned*);
    int (*utilisation)(NvmlDevice, Utilisation*);
    int (*samples)(NvmlDevice, int, unsigned long long, int*, unsigned*, NvmlSample*);
  };
  /// Fills calls_ and missing_; the names of those that must be there and are not.
  std::vector<std::string> resolve();
  explicit NvmlLibrary(SharedLibrary library) : library_(std::move(library)) {}

  SharedLibrary library_;
  Calls calls_{};
  bool initialised_ = false;
  std::vector<std::string> missing_;
  std::string driver_version_;
};

}  // namespace btrack::power
