// SPDX-License-Identifier: Apache-2.0
// A PCI address, the key by which all drivers name the same device.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace btrack::power {

struct PciAddress {
  std::uint32_t domain = 0;
  std::uint32_t bus = 0;
  std::uint32_t device = 0;
  std::uint32_t function = 0;
  friend constexpr auto operator<=>(const PciAddress&, const PciAddress&) = default;
};

/// "0000:c1:00.0", as sysfs names it.
std::string pci_text(const PciAddress& address);

/// From bus << 8 | device << 3 | function, the `location_id` of KFD and the low half of ROCm's
/// BDFID.
constexpr PciAddress pci_from_location(std::uint64_t domain, std::uint64_t location) {
  return {static_cast<std::uint32_t>(domain), static_cast<std::uint32_t>(location >> 8 & 0xff),
          static_cast<std::uint32_t>(location >> 3 & 0x1f),
          static_cast<std::uint32_t>(location & 0x7)};
}

}  // namespace btrack::power
