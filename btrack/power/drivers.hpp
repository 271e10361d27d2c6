// SPDX-License-Identifier: Apache-2.0
// The probe function of each driver, for the table in probe.cpp.
#pragma once

#include "btrack/power/probe.hpp"

namespace btrack::power {

/// RAPL through /sys/class/powercap (docs/sensors/powercap.md).
DriverProbe probe_powercap(const ProbeContext& context);
/// RAPL through perf_event_open (docs/sensors/perf.md).
DriverProbe probe_perf(const ProbeContext& context);
/// RAPL from the processor's registers, /dev/cpu/N/msr (docs/sensors/msr.md).
DriverProbe probe_msr(const ProbeContext& context);
/// Root's counters through btrackd (docs/sensors/daemon.md).
DriverProbe probe_daemon(const ProbeContext& context);
/// Cray and HPE node counters, /sys/cray/pm_counters (docs/sensors/cray.md).
DriverProbe probe_cray(const ProbeContext& context);
/// Power and energy of hwmon chips: GPUs, power supplies (docs/sensors/hwmon.md).
DriverProbe probe_hwmon(const ProbeContext& context);
/// Rails of a Jetson module (docs/sensors/ina3221.md).
DriverProbe probe_ina3221(const ProbeContext& context);
/// ACPI power meters, those of Grace and GH200 modules among them (docs/sensors/acpi_meter.md).
DriverProbe probe_acpi_meter(const ProbeContext& context);
/// A battery while it drives the machine (docs/sensors/battery.md).
DriverProbe probe_battery(const ProbeContext& context);
/// NVIDIA GPUs through NVML (docs/sensors/nvml.md).
DriverProbe probe_nvml(const ProbeContext& context);
/// AMD GPUs through AMD SMI, or ROCm SMI where that is what loads (docs/sensors/amd_smi.md).
DriverProbe probe_amd_smi(const ProbeContext& context);
/// Intel GPUs through Level Zero Sysman (docs/sensors/level_zero.md).
DriverProbe probe_level_zero(const ProbeContext& context);
/// The node's power from its BMC: DCMI through ipmitool (docs/sensors/ipmi.md).
DriverProbe probe_ipmi(const ProbeContext& context);
/// Chassis power and energy from a BMC over HTTPS (docs/sensors/redfish.md).
DriverProbe probe_redfish(const ProbeContext& context);
/// CPU time times a power model (docs/sensors/estimate.md).
DriverProbe probe_estimate(const ProbeContext& context);

}  // namespace btrack::power
