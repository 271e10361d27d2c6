// SPDX-License-Identifier: Apache-2.0
// What the two AMD libraries share: addresses, names to try, and the reason of a refusal.
#include "btrack/power/amd_library.hpp"

#include <fmt/format.h>

namespace btrack::power {

std::string pci_text(const PciAddress& address) {
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", address.domain, address.bus, address.device,
                     address.function);
}

void set_bdf(AmdGpu& gpu, std::uint64_t bdf_id) {
  gpu.address = pci_from_location(bdf_id >> 32, bdf_id & 0xffff);
  gpu.partition = static_cast<std::uint32_t>(bdf_id >> 28 & 0xf);
}

std::vector<std::string> library_names(const ProbeContext& context, std::string_view key,
                                       std::vector<std::string> usual) {
  const auto given = context.libraries.find(key);
  if (given != context.libraries.end()) return {given->second.string()};
  return usual;
}

Error amd_refusal(std::string_view library, AmdStatus status, int code) {
  if (status == AmdStatus::denied) {
    return {ErrorKind::denied, fmt::format("{} may not open the GPUs (status {})", library, code),
            "an administrator adds you to the groups that own /dev/kfd and /dev/dri: 'usermod -aG "
            "render,video USER', then log in again; in a container hand in '--device /dev/kfd "
            "--device /dev/dri'"};
  }
  return {
      ErrorKind::unsupported, fmt::format("{} does not start (status {})", library, code),
      "load the kernel driver ('modprobe amdgpu'); virtual machines see the counters of no GPU"};
}

}  // namespace btrack::power
