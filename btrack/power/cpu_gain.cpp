// SPDX-License-Identifier: Apache-2.0
// The class of a processor, and the policy width of its counters' gain.
#include "btrack/power/cpu_gain.hpp"

#include <fmt/format.h>

namespace btrack::power {
namespace {

std::string_view class_name(CpuClass cpu) {
  switch (cpu) {
    case CpuClass::intel_server:
      return "Intel server";
    case CpuClass::intel_client:
      return "Intel client";
    case CpuClass::amd:
      return "AMD";
    case CpuClass::unknown:
      break;
  }
  return "unknown processor";
}

double half_width(CpuClass cpu, Domain domain) {
  const bool server = cpu == CpuClass::intel_server;
  if (cpu == CpuClass::amd || cpu == CpuClass::unknown || domain == Domain::board) return 0.10;
  if (domain == Domain::dram) return server ? 0.05 : 0.30;
  return server ? 0.03 : 0.05;
}

}  // namespace

CpuClass cpu_class(const CpuModel& cpu) {
  if (cpu.vendor == CpuVendor::amd || cpu.vendor == CpuVendor::hygon) return CpuClass::amd;
  if (cpu.vendor != CpuVendor::intel) return CpuClass::unknown;
  const bool server = cpu.name.find("Xeon") != std::string::npos;
  return server ? CpuClass::intel_server : CpuClass::intel_client;
}

GainPolicy rapl_gain(CpuClass cpu, Domain domain) {
  const double rectangle = half_width(cpu, domain);
  const double at_95 = 0.95 * rectangle;
  return {{1.0 - at_95, 1.0 + at_95},
          fmt::format("policy: rectangular +-{:.0f} % for an uncalibrated {} counter of {}",
                      rectangle * 100.0, domain_name(domain), class_name(cpu))};
}

}  // namespace btrack::power
