// SPDX-License-Identifier: Apache-2.0
// libamd_smi.so as a test would have it; BTRACK_FAKE_OLD leaves the energy call out.
#include <cstdint>

#include "tests/fakes/fake_amd.hpp"

namespace {

using namespace btrack::test;

constexpr int kNotSupported = 2;
constexpr int kNoPermission = 10;
constexpr int kBusy = 30;

std::uint32_t index_of(void* handle) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(handle)) - 1;
}

void* handle_of(std::uint32_t index) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(index) + 1);
}

}  // namespace

extern "C" {

int amdsmi_init(std::uint64_t flags) {
  if (fake_has("denied")) return kNoPermission;
  return flags == 2 ? 0 : 1;
}

int amdsmi_shut_down() { return 0; }

int amdsmi_get_socket_handles(std::uint32_t* count, void** sockets) {
  if (sockets == nullptr) {
    *count = fake_devices();
  } else {
    for (std::uint32_t i = 0; i < *count; ++i) sockets[i] = handle_of(i);
  }
  return 0;
}

int amdsmi_get_processor_handles(void* socket, std::uint32_t* count, void** processors) {
  *count = 1;
  if (processors != nullptr) processors[0] = socket;
  return 0;
}

int amdsmi_get_processor_type(void* /*gpu*/, int* type) {
  *type = 1;
  return 0;
}

int amdsmi_get_gpu_bdf_id(void* gpu, std::uint64_t* bdf) {
  *bdf = fake_amd_bdf(index_of(gpu));
  return 0;
}

int amdsmi_get_gpu_id(void* /*gpu*/, std::uint16_t* id) {
  *id = fake_amd_device_id();
  return 0;
}

int amdsmi_get_gpu_asic_info(void* /*gpu*/, void* info) {
  std::strcpy(static_cast<char*>(info), fake_amd_name());
  return 0;
}

int amdsmi_get_power_cap_info(void* /*gpu*/, std::uint32_t /*sensor*/, void* info) {
  *static_cast<std::uint64_t*>(info) = 750'000'000;
  return 0;
}

int amdsmi_get_lib_version(void* version) {
  *static_cast<std::uint32_t*>(version) = static_cast<std::uint32_t>(fake_setting("version", 26));
  return 0;
}

// {u32 current, u32 average, ...} up to 24; {u64 power, u32 current, u32 average, ...} from 25 on.
int amdsmi_get_power_info(void* gpu, void* info) {
  auto* words = static_cast<std::uint32_t*>(info);
  const auto watts = static_cast<std::uint32_t>(fake_amd_power_w(index_of(gpu)));
  const bool newer = fake_setting("version", 26) >= 25;
  if (newer) words[0] = watts;
  words[newer ? 2 : 0] = 0xffffffff;  // "current" is not given by this GPU
  words[newer ? 3 : 1] = watts;
  words[newer ? 4 : 2] = 800;  // mV
  return 0;
}

#ifndef BTRACK_FAKE_OLD
int amdsmi_get_energy_count(void* gpu, std::uint64_t* count, float* resolution,
                            std::uint64_t* time_ns) {
  const std::uint32_t index = index_of(gpu);
  if (fake_lost(index)) return kBusy;
  if (fake_has("no_energy")) return kNotSupported;
  *count = fake_amd_count(index);
  *resolution = static_cast<float>(fake_setting("resolution", 15.3));
  *time_ns = fake_boot_ns();
  return 0;
}
#endif
}
