// SPDX-License-Identifier: Apache-2.0
// libze_loader.so: the few structures that we hand in, and the walk over drivers, devices, domains.
#include "btrack/power/level_zero_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>

#include "btrack/core/text.hpp"
#include "btrack/power/amd_library.hpp"

namespace btrack::power {
namespace {

// Structures and numbers: oneapi-src/level-zero include/zes_api.h and ze_api.h, v1.8 (commit
// f49a6d6). The specification fixes them: later versions add structures and leave these as they
// are.
constexpr int kSuccess = 0;
constexpr int kInsufficientPermissions = 0x70010000;
constexpr std::uint32_t kCoreDeviceProperties = 0x3;  // ze_structure_type_t
constexpr std::uint32_t kDeviceProperties = 0x1;      // zes_structure_type_t
constexpr std::uint32_t kPciProperties = 0x2;
constexpr std::uint32_t kPowerProperties = 0xd;
constexpr std::uint32_t kPowerExtProperties = 0x28;
constexpr std::uint32_t kIntegrated = 1U << 0;

struct CoreDeviceProperties {
  std::uint32_t stype;
  void* next;
  std::uint32_t type;
  std::uint32_t vendor;
  std::uint32_t device;
  std::uint32_t flags;
  std::uint32_t subdevice;
  std::uint32_t clock_mhz;
  std::uint64_t largest_allocation;
  std::array<std::uint32_t, 7>
      counts;  // contexts, priority, threads, width, EUs, subslices, slices
  std::uint64_t timer_resolution;
  std::uint32_t timestamp_bits;
  std::uint32_t kernel_timestamp_bits;
  std::array<std::uint8_t, 16> uuid;
  std::array<char, 256> name;
};
static_assert(sizeof(CoreDeviceProperties) == 368);

struct DeviceProperties {
  std::uint32_t stype;
  void* next;
  CoreDeviceProperties core;
  std::uint32_t subdevices;
  std::array<char, 64> serial;
  std::array<char, 64> board;
  std::array<char, 64> brand;
  std::array<char, 64> model;
  std::array<char, 64> vendor;
  std::array<char, 64> driver;
};

struct PciProperties {
  std::uint32_t stype = kPciProperties;
  void* next = nullptr;
  PciAddress address;
  std::int32_t generation = 0;
  std::int32_t width = 0;
  std::int64_t bandwidth = 0;
  std::array<std::uint8_t, 3> counters{};
};
static_assert(sizeof(PciAddress) == 16 && std::is_standard_layout_v<PciAddress>);

struct PowerExtProperties {
  std::uint32_t stype;
  void* next;
  std::uint32_t domain;
  void* default_limit;  // null: not asked for
};

struct PowerProperties {
  std::uint32_t stype;
  void* next;
  std::uint8_t on_subdevice;
  std::uint32_t subdevice;
  std::uint8_t can_control;
  std::uint8_t has_threshold;
  std::int32_t default_limit_mw;  // -1: unknown
  std::int32_t min_limit_mw;
  std::int32_t max_limit_mw;
};
static_assert(sizeof(PowerProperties) == 40);

Error refusal(const std::string& library, int code) {
  if (code == kInsufficientPermissions) {
    return {ErrorKind::denied, fmt::format("{} may not open the GPUs", library),
            "an administrator adds you to the groups that own /dev/dri: 'usermod -aG render,video "
            "USER', then log in again; in a container hand in '--device /dev/dri'"};
  }
  return {
      ErrorKind::unsupported,
      fmt::format("{} does not start Sysman (0x{:x})", library, static_cast<unsigned>(code)),
      "install the driver of the GPU (package intel-level-zero-gpu, or libze-intel-gpu1); where "
      "/dev/dri is closed, an administrator types 'usermod -aG render,video USER'"};
}

/// Calls that list handles are asked for their number first.
template <class Call>
std::vector<void*> handles(Call call) {
  std::uint32_t count = 0;
  if (call(&count, nullptr) != kSuccess) return {};
  std::vector<void*> result(count);
  if (count == 0 || call(&count, result.data()) != kSuccess) return {};
  result.resize(std::min<std::size_t>(count, result.size()));
  return result;
}

}  // namespace

std::vector<std::string> LevelZeroLibrary::resolve(const SharedLibrary& library, Calls& calls,
                                                   bool& legacy) {
  std::vector<std::string> missing;
  const auto find = [&]<class Function>(Function*& function, const char* symbol, bool required) {
    function = library.find<Function>(symbol);
    if (required && function == nullptr) missing.emplace_back(symbol);
  };
  find(calls.init, "zesInit", false);
  legacy = calls.init == nullptr;  // before 1.5 Sysman was part of the core's start
  if (legacy) find(calls.init, "zeInit", true);
  find(calls.drivers, legacy ? "zeDriverGet" : "zesDriverGet", true);
  find(calls.devices, legacy ? "zeDeviceGet" : "zesDeviceGet", true);
  find(calls.device_properties, "zesDeviceGetProperties", true);
  find(calls.pci, "zesDevicePciGetProperties", true);
  find(calls.domains, "zesDeviceEnumPowerDomains", true);
  find(calls.domain_properties, "zesPowerGetProperties", true);
  find(calls.energy, "zesPowerGetEnergyCounter", true);
  find(calls.usage, "zesPowerGetUsage", false);
  return missing;
}

Result<std::unique_ptr<LevelZeroLibrary>> LevelZeroLibrary::open(const ProbeContext& context) {
  auto library = SharedLibrary::open(
      library_names(context, "level_zero", {"libze_loader.so.1", "libze_loader.so"}));
  if (!library) {
    Error error = library.error();
    if (error.kind == ErrorKind::not_found) {
      error.remedy = "on a machine with an Intel GPU, install the Level Zero loader (libze1)";
    }
    return fail(std::move(error));
  }
  Calls calls{};
  bool legacy = false;
  const auto missing = resolve(*library, calls, legacy);
  if (!missing.empty()) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} lacks {}", library->name(), join(missing, ", ")),
                "install Level Zero 1.5 or later");
  }
  if (legacy && environment_variable(context, "ZES_ENABLE_SYSMAN") != "1") {
    return fail(ErrorKind::unsupported,
                fmt::format("{} has no zesInit, and ZES_ENABLE_SYSMAN is not 1", library->name()),
                "set ZES_ENABLE_SYSMAN=1, or install Level Zero 1.5 or later");
  }
  const int code = calls.init(0);
  if (code != kSuccess) return fail(refusal(library->name(), code));
  return std::unique_ptr<LevelZeroLibrary>(
      new LevelZeroLibrary(std::move(*library), calls, legacy));
}

LevelZeroLibrary::LevelZeroLibrary(SharedLibrary library, const Calls& calls, bool legacy)
    : library_(std::move(library)), calls_(calls), legacy_(legacy) {
  list();
}

void LevelZeroLibrary::list() {
  const auto drivers = handles([&](auto* n, void** out) { return calls_.drivers(n, out); });
  for (void* driver : drivers) {
    const auto found = handles([&](auto* n, void** out) { return calls_.devices(driver, n, out); });
    for (void* handle : found) devices_.push_back(device(handle));
  }
}

ZesDevice LevelZeroLibrary::device(void* handle) const {
  ZesDevice result;
  DeviceProperties properties{};
  properties.stype = kDeviceProperties;
  properties.core.stype = kCoreDeviceProperties;
  if (calls_.device_properties(handle, &properties) == kSuccess) {
    const auto& model = properties.model;
    result.name.assign(model.begin(), std::ranges::find(model, '\0'));
    result.integrated = (properties.core.flags & kIntegrated) != 0;
    result.tiles = properties.subdevices;
  }
  PciProperties pci;
  if (calls_.pci(handle, &pci) == kSuccess) result.address = pci.address;
  for (void* power : handles([&](auto*n, void**out) { return calls_.domains(handle, n, out); })) {
    result.domains.push_back(domain(power));
  }
  return result;
}

ZesPowerDomain LevelZeroLibrary::domain(void* handle) const {
  ZesPowerDomain result;
  result.handle = handle;
  PowerExtProperties ext{};
  ext.stype = kPowerExtProperties;
  PowerProperties properties{};
  properties.stype = kPowerProperties;
  properties.next = &ext;
  if (calls_.domain_properties(handle, &properties) == kSuccess) {
    if (ext.domain <= static_cast<std::uint32_t>(ZesDomain::gpu)) {
      result.domain = static_cast<ZesDomain>(ext.domain);
    }
    if (properties.on_subdevice != 0) result.tile = properties.subdevice;
    const std::int32_t limit = std::max(properties.max_limit_mw, properties.default_limit_mw);
    if (limit > 0) result.power_limit = Watts(limit * 1e-3);
  }
  ZesEnergy first;
  result.has_counter = energy(handle, first);
  return result;
}

bool LevelZeroLibrary::energy(void* domain, ZesEnergy& out) const {
  std::array<std::uint64_t, 2> counter{};  // zes_power_energy_counter_t {uJ, us}
  if (calls_.energy(domain, counter.data()) != kSuccess) return false;
  out = {counter[0], counter[1]};
  return true;
}

bool LevelZeroLibrary::power(void* domain, std::uint64_t& milliwatts) const {
  std::uint32_t instant = 0;
  std::uint32_t average = 0;
  if (calls_.usage == nullptr || calls_.usage(domain, &instant, &average) != kSuccess) return false;
  milliwatts = instant;
  return true;
}

}  // namespace btrack::power
