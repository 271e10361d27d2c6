// SPDX-License-Identifier: Apache-2.0
// The fields of cpuinfo that name a processor.
#include "btrack/power/cpu_model.hpp"

#include <algorithm>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

std::string_view field(std::string_view cpuinfo, std::string_view key) {
  for (const auto line : split(cpuinfo, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (trim(line.substr(0, colon)) == key) return trim(line.substr(colon + 1));
  }
  return {};
}

CpuVendor vendor_of(std::string_view id) {
  if (id == "GenuineIntel") return CpuVendor::intel;
  if (id == "AuthenticAMD") return CpuVendor::amd;
  if (id == "HygonGenuine") return CpuVendor::hygon;
  return CpuVendor::other;
}

}  // namespace

CpuModel cpu_model(const std::filesystem::path& procfs_root) {
  const auto cpuinfo = read_file(procfs_root / "cpuinfo");
  if (!cpuinfo) return {};
  CpuModel cpu;
  cpu.vendor = vendor_of(field(*cpuinfo, "vendor_id"));
  cpu.family = parse_number<unsigned>(field(*cpuinfo, "cpu family")).value_or(0);
  cpu.model = parse_number<unsigned>(field(*cpuinfo, "model")).value_or(0);
  cpu.name = field(*cpuinfo, "model name");
  const auto flags = split(field(*cpuinfo, "flags"), ' ');
  cpu.sgx = std::ranges::find(flags, std::string_view("sgx")) != flags.end();
  cpu.guest = std::ranges::find(flags, std::string_view("hypervisor")) != flags.end();
  return cpu;
}

}  // namespace btrack::power
