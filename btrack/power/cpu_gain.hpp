// SPDX-License-Identifier: Apache-2.0
// How far a RAPL counter may be off before it is calibrated, by maker and class of the processor.
#pragma once

#include <string>

#include "btrack/power/cpu_model.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

enum class CpuClass { intel_server, intel_client, amd, unknown };

/// From maker and name: a Xeon is a server. `unknown` where cpuinfo says nothing.
CpuClass cpu_class(const CpuModel& cpu);

struct GainPolicy {
  GainInterval gain;
  std::string source;
};

/// Type-B gain of an uncalibrated RAPL domain: measurement.md 5 (e), rectangular +-3 % (Intel
/// server), +-5 % (client), +-10 % (AMD models its counter: arXiv 2108.00808; also psys and unknown
/// processors), DRAM +-5 % (server) and +-30 % (client). 95 % of a rectangle is 0.95 of its width.
GainPolicy rapl_gain(CpuClass cpu, Domain domain);

}  // namespace btrack::power
