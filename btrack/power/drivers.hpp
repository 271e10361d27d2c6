// SPDX-License-Identifier: Apache-2.0
// The probe function of each driver, for the table in probe.cpp.
#pragma once

#include "btrack/power/probe.hpp"

namespace btrack::power {

/// RAPL through /sys/class/powercap (docs/sensors/powercap.md).
DriverProbe probe_powercap(const ProbeContext& context);
/// RAPL through perf_event_open (docs/sensors/perf.md).
DriverProbe probe_perf(const ProbeContext& context);
/// AMD GPUs through AMD SMI, or ROCm SMI where that is what loads (docs/sensors/amd_smi.md).
DriverProbe probe_amd_smi(const ProbeContext& context);
/// Intel GPUs through Level Zero Sysman (docs/sensors/level_zero.md).
DriverProbe probe_level_zero(const ProbeContext& context);
/// CPU time times a power model (docs/sensors/estimate.md).
DriverProbe probe_estimate(const ProbeContext& context);

}  // namespace btrack::power
