// SPDX-License-Identifier: Apache-2.0
// Intel GPUs and their power domains, from the Level Zero loader.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "btrack/core/shared_library.hpp"
#include "btrack/power/pci_address.hpp"
#include "btrack/power/probe.hpp"

namespace btrack::power {

/// zes_power_domain_t, of which each one encloses parts of a GPU.
enum class ZesDomain : std::uint32_t {
  unknown = 0,  ///< a driver older than the extension that tells
  card = 1,
  package = 2,
  stack = 3,  ///< a tile
  memory = 4,
  gpu = 5,
};

struct ZesPowerDomain {
  void* handle = nullptr;
  ZesDomain domain = ZesDomain::unknown;
  std::optional<std::uint32_t> tile;
  std::optional<Watts> power_limit;
  bool has_counter = false;
};

struct ZesDevice {
  PciAddress address;
  std::string name;
  bool integrated = false;  ///< inside a processor package
  std::uint32_t tiles = 0;  ///< 0 where the GPU has one
  std::vector<ZesPowerDomain> domains;
};

struct ZesEnergy {
  std::uint64_t microjoules = 0;
  std::uint64_t device_us =
      0;  ///< of the device: only differences of the same domain mean anything
};

class LevelZeroLibrary {
 public:
  /// Loads the loader and initialises Sysman, by zesInit or, with an older loader, by zeInit where
  /// ZES_ENABLE_SYSMAN=1. Errors: not_found, denied, unsupported.
  static Result<std::unique_ptr<LevelZeroLibrary>> open(const ProbeContext& context);

  [[nodiscard]] const std::vector<ZesDevice>& devices() const { return devices_; }
  /// Whether the loader itself already hides what ZE_AFFINITY_MASK excludes.
  [[nodiscard]] bool masked() const { return legacy_; }
  /// Neither allocates on our side; false where the call fails.
  [[nodiscard]] bool energy(void* domain, ZesEnergy& out) const;
  [[nodiscard]] bool power(void* domain, std::uint64_t& milliwatts) const;

 private:
  struct Calls {
    int (*init)(std::uint32_t);
    int (*drivers)(std::uint32_t*, void**);
    int (*devices)(void*, std::uint32_t*, void**);
    int (*device_properties)(void*, void*);
    int (*pci)(void*, void*);
    int (*domains)(void*, std::uint32_t*, void**);
    int (*domain_properties)(void*, void*);
    int (*energy)(void*, void*);
    int (*usage)(void*, std::uint32_t*, std::uint32_t*);  // may be missing: since 1.16
  };
  /// Fills `calls`; the names of those that are needed and not there.
  static std::vector<std::string> resolve(const SharedLibrary& library, Calls& calls, bool& legacy);
  LevelZeroLibrary(SharedLibrary library, const Calls& calls, bool legacy);
  void list();
  [[nodiscard]] ZesDevice device(void* handle) const;
  [[nodiscard]] ZesPowerDomain domain(void* handle) const;

  SharedLibrary library_;
  Calls calls_;
  bool legacy_;
  std::vector<ZesDevice> devices_;
};

}  // namespace btrack::power
