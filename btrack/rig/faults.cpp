// SPDX-License-Identifier: Apache-2.0
// The table of faults: what is injected, and what has to come of it.
#include "btrack/rig/faults.hpp"

#include <algorithm>
#include <cmath>

namespace btrack::rig {
namespace {

using enum Expectation;

/// A source at its typical power, with a card's own gain and phase, over `length_s`.
Trial base(Dice& dice, std::string_view name, double length_s) {
  const Source of = source(name);
  Trial trial = trial_of(of, of.typical_w);
  trial.truth.add(Square{0.5 * of.typical_w, 1.7, 0.4});
  const double begin = 10.0 + dice.uniform();
  trial.region = {begin, begin + length_s};
  trial.hardware.gain = 1.0 + (trial.channel.gain.high - 1.0) * dice.uniform(-0.9, 0.9);
  trial.hardware.phase_s = dice.uniform() * trial.hardware.period_s;
  trial.schedule.seed = dice.bits();
  trial.schedule.lead_in_s = std::max(1.0, 5.0 * trial.hardware.period_s);
  return trial;
}

double inside(const Trial& trial, Dice& dice) {
  const double length = trial.region.end_s - trial.region.begin_s;
  return trial.region.begin_s + dice.uniform(0.2, 0.8) * length;
}

/// The counter wraps in the middle of the region, whatever its unit.
Trial wrapping(Dice& dice, std::string_view name) {
  Trial trial = base(dice, name, 3.0);
  const double until = trial.truth.joules(inside(trial, dice)) * trial.hardware.gain;
  trial.hardware.start =
      trial.channel.modulus - static_cast<std::uint64_t>(until / trial.channel.si_per_count);
  return trial;
}

Trial with_hole(Dice& dice, std::string_view name, double length_s, double hole_s) {
  Trial trial = base(dice, name, length_s);
  trial.fault.failed_from_s = trial.region.begin_s + 0.3 * length_s;
  trial.fault.failed_to_s = trial.fault.failed_from_s + hole_s;
  return trial;
}

Trial periodic(Dice& dice, std::string_view name, double periods, double length_s) {
  Trial trial = base(dice, name, length_s);
  trial.truth = Waveform{};
  trial.truth.add(Constant{60.0});
  trial.truth.add(Square{240.0, periods * trial.hardware.period_s, 0.5, dice.uniform()});
  return trial;
}

// clang-format off
const FaultCase kCases[] = {
    {1, "wrap at 2^32, unit 2^-14 J", corrected, [](Dice& d) { return wrapping(d, "rapl"); }},
    {1, "wrap at 2^32, unit 2^-16 J", corrected, [](Dice& d) { return wrapping(d, "rapl-amd"); }},
    {1, "wraps in an unread gap of 1000 s", flagged, [](Dice& d) { return with_hole(d, "rapl-amd", 1500, 1000); }},
    {1, "64-bit counter past 2^32", corrected, [](Dice& d) {
       Trial t = base(d, "amd-gpu", 3.0);
       t.hardware.start = (1ULL << 32U) - 1000000;
       return t; }},
    {2, "perf adds a signed 32-bit difference, read every 0.1 s", corrected, [](Dice& d) {
       Trial t = base(d, "perf", 3.0);
       t.hardware.perf_timer_s = 655.36;
       return t; }},
    {2, "perf unread for 600 s above 200 W", flagged, [](Dice& d) {
       Trial t = with_hole(d, "perf", 900.0, 600.0);
       t.hardware.perf_timer_s = 655.36;
       return t; }},
    {3, "unit cut to 61.035 uJ (2.6 ppm)", corrected, [](Dice& d) {
       Trial t = base(d, "rapl", 3.0);
       t.channel.si_per_count = 61.035e-6;
       t.hardware.unit = 0x1p-14;
       return t; }},
    {3, "DRAM unit 15.3 for 15.2588 uJ (0.27 %)", corrected, [](Dice& d) {
       Trial t = base(d, "rapl-amd", 3.0);
       t.channel.si_per_count = 15.3e-6;
       t.hardware.unit = 0x1p-16;
       return t; }},
    {3, "psys unit 1 J", corrected, [](Dice& d) {
       Trial t = base(d, "rapl", 10.0);
       t.channel.si_per_count = t.hardware.unit = 1.0;
       return t; }},
    {4, "tick 1 ms with 20 % jitter", corrected, [](Dice& d) {
       Trial t = base(d, "rapl", d.uniform(0.1, 2.0));
       t.hardware.jitter = 0.2;
       return t; }},
    {4, "non-atomic update, 2 us", corrected, [](Dice& d) {
       Trial t = base(d, "rapl", 2.0);
       t.hardware.torn_s = 2e-6;
       return t; }},
    {4, "tick 20 ms", corrected, [](Dice& d) { return base(d, "nvml-20ms", d.uniform(0.1, 2.0)); }},
    {4, "tick 100 ms", corrected, [](Dice& d) { return base(d, "nvml-100ms", d.uniform(0.3, 3.0)); }},
    {5, "window 25 of 100 ms", corrected, [](Dice& d) { return base(d, "gpu-25of100", 8.0); }},
    {5, "window 20 of 100 ms, said to be 25", corrected, [](Dice& d) {
       Trial t = base(d, "gpu-25of100", 8.0);
       t.hardware.window_s = 0.020;
       return t; }},
    {5, "window 10 of 20 ms", corrected, [](Dice& d) { return base(d, "gpu-10of20", 4.0); }},
    {5, "average of 1 s, stated", corrected, [](Dice& d) {
       Trial t = base(d, "gpu-100of100", 20.0);
       t.hardware.average_s = 1.0;
       t.channel.window = Seconds(1.0);
       return t; }},
    {5, "RC rise of 0.2 s, stated as latency", corrected, [](Dice& d) {
       Trial t = base(d, "gpu-100of100", 20.0);
       t.hardware.rise_s = 0.2;
       t.channel.latency = Seconds(0.2);
       return t; }},
    {5, "latency of 60 ms, stated", corrected, [](Dice& d) {
       Trial t = base(d, "gpu-100of100", 5.0);
       t.hardware.latency_s = 0.06;
       t.channel.latency = Seconds(0.06);
       return t; }},
    {6, "stale for 0.5 s within the region", corrected, [](Dice& d) {
       Trial t = base(d, "rapl", 5.0);
       t.fault.frozen_from_s = t.region.begin_s + 2.0;
       t.fault.frozen_to_s = t.fault.frozen_from_s + 0.5;
       return t; }},
    {6, "each read takes energy, safe period known", corrected, [](Dice& d) {
       Trial t = base(d, "nvml-100ms", 60.0);
       t.hardware.lost_per_read_s = 0.0145;
       t.channel.safe_period = Seconds(2.0);
       t.schedule.lead_in_s = 5.0;
       return t; }},
    {6, "frozen before the region", flagged, [](Dice& d) {
       Trial t = base(d, "nvml-100ms", 3.0);
       t.fault.frozen_from_s = t.region.begin_s - 2.0;
       return t; }},
    {6, "frozen within the region", flagged, [](Dice& d) {
       Trial t = base(d, "nvml-100ms", 5.0);
       t.fault.frozen_from_s = inside(t, d);
       return t; }},
    {6, "gauge frozen within the region", flagged, [](Dice& d) {
       Trial t = base(d, "gpu-100of100", 5.0);
       t.fault.frozen_from_s = inside(t, d);
       return t; }},
    {6, "zero difference in a region of two ticks", flagged, [](Dice& d) { return base(d, "nvml-100ms", d.uniform(0.02, 0.15)); }},
    {7, "millijoules taken for joules", flagged, [](Dice& d) {
       Trial t = base(d, "nvml-100ms", 3.0);
       t.channel.si_per_count = 1.0;
       t.hardware.unit = 1e-3;
       return t; }},
    {7, "wrong mask of the energy unit (x 2^10)", flagged, [](Dice& d) {
       Trial t = base(d, "rapl", 3.0);
       t.channel.si_per_count = 0x1p-4;
       t.hardware.unit = 0x1p-14;
       return t; }},
    {7, "error code as a huge number, every 7th read", flagged, [](Dice& d) {
       Trial t = base(d, "gpu-100of100", 5.0);
       t.fault.sentinel_each = 7;
       t.fault.sentinel = 4294967295ULL;
       return t; }},
    {7, "error code as a huge energy, every 7th read", flagged, [](Dice& d) {
       Trial t = base(d, "nvml-100ms", 5.0);
       t.fault.sentinel_each = 7;
       t.fault.sentinel = ~0ULL;
       return t; }},
    {7, "a gauge that reads 0 W at times", flagged, [](Dice& d) {
       Trial t = base(d, "gpu-100of100", 5.0);
       t.fault.sentinel_each = 7;
       return t; }},
    {9, "permission lost, or unplugged, within the region", flagged, [](Dice& d) {
       Trial t = base(d, "rapl", 5.0);
       t.fault.failed_from_s = inside(t, d);
       return t; }},
    {9, "driver reload: the counter restarts", flagged, [](Dice& d) {
       Trial t = base(d, "rapl", 5.0);
       t.fault.reset_at_s = inside(t, d);
       return t; }},
    {9, "driver reload of a 64-bit counter", flagged, [](Dice& d) {
       Trial t = base(d, "nvml-100ms", 5.0);
       t.fault.reset_at_s = inside(t, d);
       return t; }},
    {9, "every 7th read fails", corrected, [](Dice& d) {
       Trial t = base(d, "rapl", 3.0);
       t.fault.failed_each = 7;
       return t; }},
    {10, "energy filtering, +-50 % of each update", corrected, [](Dice& d) {
       Trial t = base(d, "rapl", d.uniform(0.5, 3.0));
       t.hardware.filter = 0.5;
       return t; }},
    {11, "the device's clock drifts by 1000 ppm", corrected, [](Dice& d) {
       Trial t = base(d, "nvml-100ms", 5.0);
       t.hardware.drift = 1e-3;
       return t; }},
    {11, "suspend of 30 s at 100 W within the region", flagged, [](Dice& d) {
       Trial t = base(d, "rapl", 5.0);
       t.fault.suspend_at_s = inside(t, d);
       t.fault.suspend_s = 30.0;
       return t; }},
    {11, "stamps of a BMC 2 s early, said as latency", corrected, [](Dice& d) {
       Trial t = base(d, "bmc", 60.0);
       t.fault.stamped = true;
       t.fault.stamp_lag_s = 2.0;
       t.channel.latency = Seconds(2.0);
       return t; }},
    {12, "starvation: stalls of 0.2 s", corrected, [](Dice& d) {
       Trial t = base(d, "rapl", 5.0);
       t.schedule.stall_each_s = 0.7;
       return t; }},
    {12, "a gauge with stalls of 0.2 s", corrected, [](Dice& d) {
       Trial t = base(d, "gpu-100of100", 8.0);
       t.schedule.stall_each_s = 0.7;
       return t; }},
    {12, "a tenth of the samples lost", corrected, [](Dice& d) {
       Trial t = base(d, "rapl", 3.0);
       t.schedule.lost_share = 0.1;
       return t; }},
    {12, "reads that take 5 ms", corrected, [](Dice& d) {
       Trial t = base(d, "nvml-100ms", 3.0);
       t.fault.slow_from_s = 0.0;
       t.fault.slow_read_s = 5e-3;
       return t; }},
    {12, "a read that blocks for 0.7 s each time", flagged, [](Dice& d) {
       Trial t = base(d, "rapl", 1.5);
       t.fault.slow_from_s = t.region.begin_s - 0.5;
       t.fault.slow_read_s = 0.7;
       return t; }},
    {13, "load with the period of the sensor, part-time", flagged, [](Dice& d) { return periodic(d, "gpu-25of100", 1.0, 5.0); }},
    {13, "load of 1.01 periods, part-time", flagged, [](Dice& d) { return periodic(d, "gpu-25of100", 1.01, 5.0); }},
    {13, "load of half a period, part-time", flagged, [](Dice& d) { return periodic(d, "gpu-25of100", 0.5, 5.0); }},
    {13, "regions of 0.1 to 100 periods", corrected, [](Dice& d) { return base(d, "nvml-100ms", d.decades(0.01, 10.0)); }},
    {14, "gain and offset of the card, warming chip", corrected, [](Dice& d) {
       Trial t = base(d, "gpu-100of100", 8.0);
       t.channel.offset = Watts(5.0);
       t.hardware.offset_w = d.uniform(-4.5, 4.5);
       t.truth.add(Warming{30.0, 20.0, t.region.begin_s});
       return t; }},
    {15, "battery: a step of 36 J", corrected, [](Dice& d) {
       Trial t = base(d, "cray", 60.0);
       t.channel.si_per_count = t.hardware.unit = 36.0;
       return t; }},
    {16, "plug meter with a step of 3600 J", flagged, [](Dice& d) {
       Trial t = base(d, "bmc", 60.0);
       t.channel.kind = power::ChannelKind::energy_counter;
       t.channel.si_per_count = t.hardware.unit = 3600.0;
       return t; }},
    {17, "another tool polls too: lost energy, rate unknown", flagged, [](Dice& d) {
       Trial t = base(d, "nvml-100ms", 10.0);
       t.hardware.lost_per_read_s = 0.0145;
       return t; }},
    {18, "throttled in the middle of the region", corrected, [](Dice& d) {
       Trial t = base(d, "rapl", 3.0);
       t.truth.add(Step{-120.0, inside(t, d)});
       return t; }},
};
// clang-format on

}  // namespace

std::span<const FaultCase> fault_cases() { return kCases; }

bool FaultResult::passed() const {
  if (silent_errors > 0) return false;
  if (fault->expectation == Expectation::flagged) return silent == 0;
  return contained + this->flagged >= static_cast<int>(std::ceil(0.9 * trials));
}

std::vector<FaultResult> run_faults(std::uint64_t seed, int trials) {
  std::vector<FaultResult> results;
  for (const FaultCase& fault : fault_cases()) {
    FaultResult result{&fault, trials};
    Dice dice(scrambled(seed) + results.size());
    for (int i = 0; i < trials; ++i) {
      const Outcome outcome = run(fault.make(dice));
      if (outcome.silent_error()) ++result.silent_errors;
      if (outcome.contained() && !outcome.refused()) {
        ++result.contained;
      } else if (outcome.flagged() && !outcome.silent_error()) {
        ++result.flagged;
      } else {
        ++result.silent;
      }
      if (!outcome.refused()) {
        result.worst_error = std::max(result.worst_error, std::abs(outcome.relative_error()));
      }
    }
    results.push_back(result);
  }
  return results;
}

}  // namespace btrack::rig
