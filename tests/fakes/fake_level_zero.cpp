// SPDX-License-Identifier: Apache-2.0
// libze_loader.so as a test would have it: cards with a card, a package, two stack and a memory
// domain. BTRACK_FAKE_OLD makes it a loader from before zesInit.
#include <cstdint>
#include <cstring>

#include "tests/fakes/fake_gpu.hpp"

namespace {

using namespace btrack::test;

constexpr int kDeviceLost = 0x70000001;
constexpr int kInsufficientPermissions = 0x70010000;
constexpr int kUnsupportedFeature = 0x78000003;
constexpr std::uint32_t kDomains = 5;

// Offsets of the fields in the structures of zes_api.h v1.8.
template <class Value>
void put(void* structure, std::size_t offset, Value value) {
  std::memcpy(static_cast<char*>(structure) + offset, &value, sizeof value);
}

void* handle_of(std::uint32_t index) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(index) + 1);
}

std::uint32_t index_of(void* handle) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(handle)) - 1;
}

int list(std::uint32_t* count, void** out, std::uint32_t size, std::uint32_t first) {
  if (out == nullptr) {
    *count = size;
  } else {
    for (std::uint32_t i = 0; i < *count; ++i) out[i] = handle_of(first + i);
  }
  return 0;
}

int initialise() { return fake_has("denied") ? kInsufficientPermissions : 0; }

}  // namespace

extern "C" {

#ifdef BTRACK_FAKE_OLD
int zeInit(std::uint32_t /*flags*/) { return initialise(); }
int zeDriverGet(std::uint32_t* count, void** out) { return list(count, out, 1, 0); }
int zeDeviceGet(void* /*driver*/, std::uint32_t* count, void** out) {
  return list(count, out, fake_devices(), 0);
}
#else
int zesInit(std::uint32_t /*flags*/) { return initialise(); }
int zesDriverGet(std::uint32_t* count, void** out) { return list(count, out, 1, 0); }
int zesDeviceGet(void* /*driver*/, std::uint32_t* count, void** out) {
  return list(count, out, fake_devices(), 0);
}
int zesPowerGetUsage(void* domain, std::uint32_t* instant, std::uint32_t* average) {
  const double watts = fake_power_w(index_of(domain), fake_now_s());
  *instant = static_cast<std::uint32_t>(watts * 1e3);
  *average = *instant;
  return 0;
}
#endif

int zesDeviceGetProperties(void* /*device*/, void* properties) {
  put<std::uint32_t>(properties, 16 + 28, fake_has("integrated") ? 1 : 0);
  put<std::uint32_t>(properties, 16 + 368, 2);
  std::strcpy(static_cast<char*>(properties) + 16 + 368 + 4 + std::size_t{3} * 64,
              "Data Center GPU Max 1550");
  return 0;
}

int zesDevicePciGetProperties(void* device, void* properties) {
  put<std::uint32_t>(properties, 20, 0x4d + index_of(device));
  return 0;
}

// Handles of domains: device x 5 + place in {card, package, stack 0, stack 1, memory}.
int zesDeviceEnumPowerDomains(void* device, std::uint32_t* count, void** out) {
  return list(count, out, kDomains, index_of(device) * kDomains);
}

int zesPowerGetProperties(void* domain, void* properties) {
  const std::uint32_t place = index_of(domain) % kDomains;
  const bool stack = place == 2 || place == 3;
  put<std::uint8_t>(properties, 16, stack ? 1 : 0);
  put<std::uint32_t>(properties, 20, stack ? place - 2 : 0);
  put<std::int32_t>(properties, 28, 600'000);
  put<std::int32_t>(properties, 36, fake_has("no_limit") ? -1 : 600'000);
  void* ext = nullptr;
  std::memcpy(&ext, static_cast<char*>(properties) + 8, sizeof ext);
  constexpr std::uint32_t kKinds[kDomains] = {1, 2, 3, 3, 4};
  if (ext != nullptr && !fake_has("no_ext")) put<std::uint32_t>(ext, 16, kKinds[place]);
  return 0;
}

int zesPowerGetEnergyCounter(void* domain, void* counter) {
  const std::uint32_t index = index_of(domain);
  if (fake_lost(index / kDomains)) return kDeviceLost;
  if (fake_has("no_energy")) return kUnsupportedFeature;
  put<std::uint64_t>(counter, 0, static_cast<std::uint64_t>(fake_shown_j(index) * 1e6));
  // The device's clock began at another instant than the host's.
  put<std::uint64_t>(counter, 8, static_cast<std::uint64_t>(fake_now_s() * 1e6) + 12'345);
  return 0;
}
}
