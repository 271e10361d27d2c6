// SPDX-License-Identifier: Apache-2.0
// What is true of a RAPL counter by whatever way it is read: unit, width, noise, name, container.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "btrack/power/cpu_model.hpp"
#include "btrack/power/probe.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// Register of the units (bits 12:8: energy) and where energy filtering is said: Intel SDM vol. 4
/// table 2-2; AMD PPR for family 17h. 0xBC and the capability bit: also Intel's TDX module headers.
namespace msr_address {
constexpr std::uint32_t intel_unit = 0x606;
constexpr std::uint32_t amd_unit = 0xC0010299;
constexpr std::uint32_t arch_capabilities = 0x10A;
constexpr std::uint32_t misc_package_controls = 0xBC;
}  // namespace msr_address

/// Joules of one count of `domain`, where the register of units stands at `unit_register`.
double rapl_unit_j(const CpuModel& cpu, Domain domain, std::uint64_t unit_register);

/// The unit of a domain that does not follow the register: memory of Haswell-EP to Ice Lake servers
/// and Knights Landing and Mill, 2^-16 J; psys of Sapphire and Emerald Rapids, 1 J (rapl.c).
std::optional<double> fixed_unit_j(const CpuModel& cpu, Domain domain);

/// Sapphire and Emerald Rapids: memory follows the register of units, although kernels before 6.1
/// take 15.3 uJ (Linux commit 4c081324df56), and psys is in joules.
bool is_sapphire_rapids(const CpuModel& cpu);

/// Zen 4 and later count in 64 bits (AMD PPR); all others in 32.
bool counts_in_64_bits(const CpuModel& cpu);

/// Why single readings of this machine's counters are noisy on purpose, or an empty text: bit 0 of
/// IA32_MISC_PACKAGE_CTLS where the registers are open to us, else enclaves (SGX) switched on.
std::string energy_filtering(const ProbeContext& context, const CpuModel& cpu);

/// Who made it and what it is told: the same for all channels of a machine.
struct RaplPolicy {
  CpuModel cpu;
  std::string filtering;
};
RaplPolicy rapl_policy(const ProbeContext& context);

/// Gain, its source, power limit and filtering of a channel whose domain is set.
void apply_policy(Channel& channel, const RaplPolicy& policy);

/// A domain by its powercap name. `zone` is empty for the package itself.
struct RaplDomain {
  std::string_view zone;   ///< "dram"
  std::string_view label;  ///< "DRAM"
  Domain domain = Domain::other;
};

/// A channel named as powercap names it: "DRIVER/package-0/dram"; psys is "DRIVER/`package`".
Channel rapl_channel(std::string_view driver, const std::string& package, const RaplDomain& domain);

/// Cores and uncore are part of their package; package and memory of the platform counter.
void contain_rapl(std::span<Channel> channels);

}  // namespace btrack::power
