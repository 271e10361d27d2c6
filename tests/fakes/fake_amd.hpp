// SPDX-License-Identifier: Apache-2.0
// AMD's GPUs behind both fake libraries: one card each, dies of an MI250, or APUs.
#pragma once

#include <cstring>

#include "tests/fakes/fake_gpu.hpp"

namespace btrack::test {

constexpr double kFakeAmdUnitJ = 1.0 / 65536;

/// PCI 0000:c1:00.0, 0000:c2:00.0, ...
inline std::uint64_t fake_amd_bdf(std::uint32_t device) {
  return std::uint64_t{0xc1 + device} << 8;
}

inline bool fake_amd_second_die(std::uint32_t device) {
  return fake_has("mi250") && device % 2 == 1;
}

/// On an MI250 the first die counts both.
inline std::uint64_t fake_amd_count(std::uint32_t device) {
  if (fake_amd_second_die(device)) return 0;
  double joules = fake_shown_j(device);
  if (fake_has("mi250")) joules += fake_shown_j(device + 1);
  return static_cast<std::uint64_t>(joules / kFakeAmdUnitJ);
}

inline double fake_amd_power_w(std::uint32_t device) {
  if (fake_amd_second_die(device)) return 0.0;
  double watts = fake_power_w(device, fake_now_s());
  if (fake_has("mi250")) watts += fake_power_w(device + 1, fake_now_s());
  return watts;
}

inline std::uint16_t fake_amd_device_id() {
  if (fake_has("mi250")) return 0x740c;
  return fake_has("mi300a") ? 0x74a0 : 0x74a1;
}

inline const char* fake_amd_name() {
  if (fake_has("mi250")) return "AMD Instinct MI250X";
  return fake_has("mi300a") ? "AMD Instinct MI300A" : "AMD Instinct MI300X";
}

inline std::uint64_t fake_boot_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace btrack::test
