// SPDX-License-Identifier: Apache-2.0
// Units and quirks by processor model; names and containers of the channels.
#include "btrack/power/rapl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "btrack/power/cpu_gain.hpp"
#include "btrack/power/msr_file.hpp"

namespace btrack::power {
namespace {

constexpr double kServerDramUnit = 1.0 / 65536;
constexpr double kJoule = 1.0;

// Models of Intel family 6, as Linux names them in asm/intel-family.h.
constexpr std::array kFixedDramModels{0x3FU, 0x4FU, 0x56U, 0x55U, 0x6AU, 0x6CU, 0x57U, 0x85U};
constexpr std::array kSapphireRapids{0x8FU, 0xCFU};
// Silvermont and Airmont count in 2^ESU uJ (SDM); the server part 0x4D does not, whatever the SDM
// says (github.com/powercap/raplcap issue 13: 10 kW by the SDM, below 10 W by 2^-ESU J).
constexpr std::array kMicrojouleAtoms{0x37U, 0x4AU, 0x4CU, 0x5AU};

template <std::size_t N>
bool is_intel_6(const CpuModel& cpu, const std::array<unsigned, N>& models) {
  return cpu.vendor == CpuVendor::intel && cpu.family == 6 &&
         std::ranges::find(models, cpu.model) != models.end();
}

bool in_range(unsigned value, unsigned low, unsigned high) { return value >= low && value <= high; }

}  // namespace

std::optional<double> fixed_unit_j(const CpuModel& cpu, Domain domain) {
  if (domain == Domain::dram && is_intel_6(cpu, kFixedDramModels)) return kServerDramUnit;
  if (domain == Domain::board && is_sapphire_rapids(cpu)) return kJoule;
  return std::nullopt;
}

bool is_sapphire_rapids(const CpuModel& cpu) { return is_intel_6(cpu, kSapphireRapids); }

double rapl_unit_j(const CpuModel& cpu, Domain domain, std::uint64_t unit_register) {
  if (const auto fixed = fixed_unit_j(cpu, domain)) return *fixed;
  const int exponent = static_cast<int>((unit_register >> 8) & 0x1F);  // bits 12:8, not 15:12
  if (is_intel_6(cpu, kMicrojouleAtoms)) return std::ldexp(1e-6, exponent);
  return std::ldexp(1.0, -exponent);
}

bool counts_in_64_bits(const CpuModel& cpu) {
  if (cpu.vendor != CpuVendor::amd) return false;
  // Family 19h is Zen 3 but for these ranges (Linux arch/x86/kernel/cpu/amd.c); 1Ah is Zen 5.
  const bool zen4 = in_range(cpu.model, 0x10, 0x1F) || in_range(cpu.model, 0x60, 0xAF);
  return cpu.family > 0x19 || (cpu.family == 0x19 && zen4);
}

std::string energy_filtering(const ProbeContext& context, const CpuModel& cpu) {
  if (cpu.vendor != CpuVendor::intel) return {};
  constexpr std::uint64_t kHasControls = 1U << 10;
  if (const auto registers = MsrFile::open(context.device_root, 0)) {
    const auto capabilities = registers->read(msr_address::arch_capabilities).value_or(0);
    const auto controls = (capabilities & kHasControls) != 0
                              ? registers->read(msr_address::misc_package_controls)
                              : std::nullopt;
    if (controls) {
      return (*controls & 1) != 0 ? "energy filtering is on (IA32_MISC_PACKAGE_CTLS): a single "
                                    "reading may deviate by 50 %"
                                  : "";
    }
  }
  return cpu.sgx ? "energy filtering is taken to be on, as SGX is: a single reading may deviate by "
                   "50 %"
                 : "";
}

RaplPolicy rapl_policy(const ProbeContext& context) {
  RaplPolicy policy{cpu_model(context.procfs_root), {}};
  policy.filtering = energy_filtering(context, policy.cpu);
  return policy;
}

void apply_policy(Channel& channel, const RaplPolicy& policy) {
  constexpr double kPackageLimit = 1000.0;
  constexpr double kPlatformLimit = 8000.0;  // eight such packages
  const auto gain = rapl_gain(cpu_class(policy.cpu), channel.domain);
  channel.gain = gain.gain;
  channel.gain_source = gain.source;
  channel.power_limit = Watts(channel.domain == Domain::board ? kPlatformLimit : kPackageLimit);
  // The platform's counter comes from the board's regulators, not from the processor's model.
  if (policy.filtering.empty() || channel.domain == Domain::board) return;
  channel.filtered = true;
  channel.gain_source += "; " + policy.filtering;
}

Channel rapl_channel(std::string_view driver, const std::string& package,
                     const RaplDomain& domain) {
  Channel c;
  if (domain.domain == Domain::board) {
    c.id = fmt::format("{}/{}", driver, package);
    c.label = fmt::format("whole platform ({})", package);
  } else {
    std::string words = package;
    std::ranges::replace(words, '-', ' ');
    c.id = fmt::format("{}/{}{}{}", driver, package, domain.zone.empty() ? "" : "/", domain.zone);
    c.label = fmt::format("CPU {}{}{}", words, domain.label.empty() ? "" : " ", domain.label);
  }
  c.label += fmt::format(" ({})", driver);
  c.domain = domain.domain;
  c.update_period = Seconds(0.001);
  return c;
}

void contain_rapl(std::span<Channel> channels) {
  const auto platform = std::ranges::find(channels, Domain::board, &Channel::domain);
  for (Channel& c : channels) {
    if (c.domain == Domain::board) continue;
    const std::string package = c.id.substr(0, c.id.rfind('/'));
    const bool inside = c.domain == Domain::core || c.domain == Domain::uncore;
    if (inside && std::ranges::find(channels, package, &Channel::id) != channels.end()) {
      c.part_of = package;
    } else if (platform != channels.end()) {
      c.part_of = platform->id;
    }
  }
}

}  // namespace btrack::power
