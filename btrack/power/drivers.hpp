// SPDX-License-Identifier: Apache-2.0
// The probe function of each driver, for the table in probe.cpp.
#pragma once

#include "btrack/power/probe.hpp"

namespace btrack::power {

/// RAPL through /sys/class/powercap (docs/sensors/powercap.md).
DriverProbe probe_powercap(const ProbeContext& context);
/// RAPL through perf_event_open (docs/sensors/perf.md).
DriverProbe probe_perf(const ProbeContext& context);
/// The node's power from its BMC: DCMI through ipmitool (docs/sensors/ipmi.md).
DriverProbe probe_ipmi(const ProbeContext& context);
/// Chassis power and energy from a BMC over HTTPS (docs/sensors/redfish.md).
DriverProbe probe_redfish(const ProbeContext& context);
/// CPU time times a power model (docs/sensors/estimate.md).
DriverProbe probe_estimate(const ProbeContext& context);

}  // namespace btrack::power
