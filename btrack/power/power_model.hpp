// SPDX-License-Identifier: Apache-2.0
// Watts of a server per logical CPU by processor family, with interval and source.
#pragma once

#include <string>
#include <string_view>

#include "btrack/core/error.hpp"
#include "btrack/power/cpu_model.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// A row of data/power_model.csv (docs/sensors/estimate.md: where each comes from). Watts at the
/// plug, of a server whose memory of `included_gb` per logical CPU is in them.
struct PowerModel {
  std::string name = "unknown";
  Watts idle_cpu{0.68};
  Watts busy_cpu{4.11};
  double included_gb = 0.0;  ///< GB (2^30 bytes) per logical CPU
  /// Each GB more: Cloud Carbon Footprint, GcpFootprintEstimationConstants.ts, commit 0656d55.
  Watts memory_gb{0.392};
  GainInterval gain;
  std::string source;
};

/// The part of the way from idle to full power at `utilisation` 0 to 1 of all logical CPUs: the
/// median shape of six published SPECpower_ssj2008 curves (docs/sensors/estimate.md). Above 1,
/// where ticks arrive in bursts, `utilisation` itself.
double load_curve(double utilisation);

/// GB of `memory_gb` that are not in the watts of `cpus` logical CPUs.
double memory_beyond(const PowerModel& model, int cpus, double memory_gb);
/// truth / (PowerModel::memory_gb x GB) at 95 %: 5 W a module of 8 to 64 GB, a policy
/// (docs/sensors/estimate.md), held against nothing.
GainInterval modelled_memory_gain();

/// At `utilisation` 0 to 1 of all logical CPUs, along `load_curve`.
Watts modelled_power(const PowerModel& model, int cpus, double memory_gb, double utilisation);

/// A GPU's board at `utilisation` 0 to 1 (the share of time in which any kernel ran) between idle
/// and its power limit: the mean of eight A100 of 400 W at 0, 10, 50 and 100 % load (Davy 2021,
/// Teads Engineering, p4d.24xlarge), straight in between.
Watts modelled_gpu_power(double utilisation, Watts limit);
/// truth / modelled_gpu_power at 95 %: a policy (docs/sensors/estimate.md), held against nothing.
GainInterval modelled_gpu_gain();

/// The row of the processor's family; "unknown" where the table has none; in a virtual machine
/// the family's watts with the interval of the row "guest", which no published power was held
/// against. Malformed table: an error that names the line.
Result<PowerModel> power_model(std::string_view table, const CpuModel& cpu);

}  // namespace btrack::power
