// SPDX-License-Identifier: Apache-2.0
// librocm_smi64.so as a test would have it.
#include <cstdint>

#include "tests/fakes/fake_amd.hpp"

namespace {

using namespace btrack::test;

constexpr int kNotSupported = 2;
constexpr int kPermission = 4;
constexpr int kBusy = 16;

}  // namespace

extern "C" {

int rsmi_init(std::uint64_t /*flags*/) { return fake_has("denied") ? kPermission : 0; }
int rsmi_shut_down() { return 0; }

int rsmi_num_monitor_devices(std::uint32_t* count) {
  *count = fake_devices();
  return 0;
}

int rsmi_dev_pci_id_get(std::uint32_t device, std::uint64_t* bdf) {
  *bdf = fake_amd_bdf(device);
  return 0;
}

int rsmi_dev_id_get(std::uint32_t /*device*/, std::uint16_t* id) {
  *id = fake_amd_device_id();
  return 0;
}

int rsmi_dev_name_get(std::uint32_t /*device*/, char* name, std::size_t size) {
  std::strncpy(name, fake_amd_name(), size);
  return 0;
}

int rsmi_dev_power_cap_get(std::uint32_t /*device*/, std::uint32_t /*sensor*/,
                           std::uint64_t* microwatts) {
  *microwatts = 750'000'000;
  return 0;
}

int rsmi_dev_power_ave_get(std::uint32_t device, std::uint32_t /*sensor*/,
                           std::uint64_t* microwatts) {
  *microwatts = static_cast<std::uint64_t>(fake_amd_power_w(device) * 1e6);
  return 0;
}

int rsmi_dev_energy_count_get(std::uint32_t device, std::uint64_t* count, float* resolution,
                              std::uint64_t* time_ns) {
  if (fake_lost(device)) return kBusy;
  if (fake_has("no_energy")) return kNotSupported;
  *count = fake_amd_count(device);
  *resolution = 15.3F;
  *time_ns = fake_boot_ns();
  return 0;
}
}
