// SPDX-License-Identifier: Apache-2.0
// Measuring each target.
#include "btrack/rig/targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "btrack/core/text.hpp"
#include "btrack/power/dither.hpp"

namespace btrack::rig {
namespace {

/// The load's period over the sensor's: those of the SC24 study (measurement.md 1.2), the sensor's
/// own period, and just beside it.
constexpr std::array kRatios{0.5, 2.0 / 3, 0.75, 0.8, 1.0, 1.01, 1.2, 1.25, 4.0 / 3};

std::string percent(double share) { return significant(100.0 * share) + " %"; }

void report(const RigOptions& options, std::string_view what, double done) {
  if (options.progress) options.progress(what, done);
}

Target edge_target(std::string_view source, double length_s, bool starts, double most,
                   const RigOptions& options) {
  const EdgeErrors errors = edge_errors(source, length_s, starts, options);
  const bool met = errors.refused == errors.trials || (errors.rms <= most && errors.outside == 0);
  return {fmt::format("{}, region of {} s, {}", source, significant(length_s),
                      starts ? "load begins and ends with it" : "steady load"),
          fmt::format("rms <= {}, or refusal", percent(most)),
          fmt::format("{}, refused {} of {}",
                      errors.refused == errors.trials ? "-" : percent(errors.rms), errors.refused,
                      errors.trials),
          met};
}

/// One dithered loop: groups of on/off iterations, each at its own phase of the sensor's period.
struct Loop {
  Trial trial;
  std::vector<Region> groups;
  power::LoopPlan plan;
  double load_period_s = 0.0;
};

/// The sensor's period, as a warm-up on the same hardware shows it.
Seconds period_shown(const Trial& loop, Dice& dice) {
  Trial warm_up = loop;
  warm_up.truth.add(Prbs(240.0, 0.0371));
  warm_up.schedule.period_s = power::warm_up_reads(warm_up.channel.update_period).count();
  warm_up.schedule.seed = dice.bits();
  const Region region{10.0, 50.0};
  VirtualClock clock;
  VirtualSensor sensor(warm_up.channel, warm_up.hardware, {}, &warm_up.truth, &clock);
  const auto trace = sample(sensor, clock, warm_up.schedule, {&region, 1});
  return power::learned_period(trace, 0).value_or(warm_up.channel.update_period);
}

Loop loop_of(std::string_view name, double ratio, Dice& dice) {
  Loop loop;
  const Source from = source(name);
  loop.trial = trial_of(from, 60.0);
  Hardware& hardware = loop.trial.hardware;
  hardware.phase_s = dice.uniform() * hardware.period_s;
  hardware.jitter = 0.01;
  hardware.drift = dice.uniform(-100e-6, 100e-6);
  loop.load_period_s = ratio * hardware.period_s * (1.0 + hardware.drift);
  loop.trial.schedule.seed = dice.bits();
  loop.trial.schedule.lead_in_s = 2.0;
  loop.plan =
      power::plan_loop(1, Seconds(loop.load_period_s), period_shown(loop.trial, dice), dice.bits());
  loop.trial.schedule.period_s = loop.plan.read_every.count();
  const double duty = dice.uniform(0.3, 0.7);
  const auto groups = static_cast<double>(loop.plan.per_group);
  const auto padding = static_cast<double>(loop.plan.padding);
  double now = 10.0;
  for (std::size_t i = 0; i < loop.plan.phases.size(); ++i) {
    const double start = seconds_of(power::group_start(loop.plan, i, at(0.0), at(now)));
    const double begin = start + padding * loop.load_period_s;
    const double end = begin + groups * loop.load_period_s;
    now = end + padding * loop.load_period_s;
    // A square wave that runs from the padding's begin to its end.
    for (double on = start; on < now - 0.5 * loop.load_period_s; on += loop.load_period_s) {
      loop.trial.truth.add(Step{240.0, on, on + duty * loop.load_period_s});
    }
    loop.groups.push_back({begin, end});
  }
  return loop;
}

Outcome measure_loop(const Loop& loop) {
  VirtualClock clock;
  VirtualSensor sensor(loop.trial.channel, loop.trial.hardware, loop.trial.fault, &loop.trial.truth,
                       &clock);
  const auto trace = sample(sensor, clock, loop.trial.schedule, loop.groups);
  std::vector<Window> windows;
  double true_j = 0.0;
  for (const Region& group : loop.groups) {
    windows.push_back(group.window());
    true_j += loop.trial.truth.joules(group.begin_s, group.end_s);
  }
  const power::EnergyMeter meter(trace);
  return {true_j / static_cast<double>(loop.plan.per_group * loop.groups.size()),
          power::energy_per_repetition(meter, windows, loop.plan)};
}

void add_periodic(std::vector<Target>& targets, const RigOptions& options) {
  for (const auto* name : {"gpu-25of100", "gpu-10of20"}) {
    report(options, "part-time sensors", 0.5);
    const PeriodicErrors errors = periodic_errors(name, options);
    targets.push_back(
        {fmt::format("{}, dithered periodic loads, also of the sensor's own period", name),
         "mean <= 0.5 %, worst <= 1.5 %",
         fmt::format("mean {}, worst {}, refused {} of {}", percent(errors.mean),
                     percent(errors.worst), errors.refused, errors.trials),
         errors.mean <= 0.005 && errors.worst <= 0.015 && errors.refused == 0});
  }
}

void add_honesty(RigReport& result, const RigOptions& options) {
  result.honesty = interval_honesty(options.seed, options.scenarios,
                                    [&](double done) { report(options, "intervals", done); });
  const Honesty& all = result.honesty.all;
  result.targets.push_back(
      {"true energy inside the stated 95 % interval", "94-97 %",
       fmt::format("{} of {} stated ({} refused; {} bounded, {} of them outside)",
                   percent(all.share()), all.stated(), all.refused, all.bounded, all.outside_bound),
       all.share() >= 0.94 && all.share() <= 0.97});
  result.targets.push_back({"more than 3 U off and nothing said", "0",
                            fmt::format("{} of {}", all.silent_errors, all.scenarios),
                            all.silent_errors == 0});
  result.counters = counter_cases(options.seed, options.cases,
                                  [&](double done) { report(options, "counters", done); });
  const CounterCases& c = result.counters;
  result.targets.push_back(
      {"undetected wraps, resets and gaps", "0",
       fmt::format("{} of {} ({} wraps, {} resets, {} gaps; {} restarts that leave no trace)",
                   c.undetected, c.cases, c.wraps, c.resets, c.gaps, c.indistinguishable),
       c.undetected == 0});
}

void add_faults(RigReport& result, const RigOptions& options) {
  report(options, "faults", 0.0);
  result.faults = run_faults(options.seed, std::max(1, options.trials / 5));
  const auto passed = std::ranges::count_if(result.faults, &FaultResult::passed);
  result.targets.push_back({"injected faults corrected or flagged", "all",
                            fmt::format("{} of {}", passed, result.faults.size()),
                            passed == std::ssize(result.faults)});
}

}  // namespace

EdgeErrors edge_errors(std::string_view source_name, double length_s, bool starts_with_region,
                       const RigOptions& options) {
  const Source from = source(source_name);
  EdgeErrors errors;
  double squares = 0.0;
  Dice dice(options.seed);
  for (errors.trials = 0; errors.trials < options.trials; ++errors.trials) {
    Trial trial = trial_of(from, starts_with_region ? 0.4 * from.typical_w : from.typical_w);
    const double begin = 10.0 + dice.uniform();
    trial.region = {begin, begin + length_s};
    if (starts_with_region) trial.truth.add(Step{from.typical_w, begin, begin + length_s});
    trial.hardware.phase_s = dice.uniform() * trial.hardware.period_s;
    trial.hardware.jitter = 0.01;
    trial.schedule.seed = dice.bits();
    const Outcome outcome = run(trial);
    if (outcome.refused()) {
      ++errors.refused;
      continue;
    }
    if (!outcome.contained()) ++errors.outside;
    squares += outcome.relative_error() * outcome.relative_error();
  }
  const int stated = errors.trials - errors.refused;
  errors.rms = stated == 0 ? 0.0 : std::sqrt(squares / stated);
  return errors;
}

PeriodicErrors periodic_errors(std::string_view source_name, const RigOptions& options) {
  PeriodicErrors errors;
  double sum = 0.0;
  Dice dice(options.seed);
  const int each = std::max(1, options.trials / static_cast<int>(kRatios.size()));
  for (const double ratio : kRatios) {
    for (int i = 0; i < each; ++i) {
      const Outcome outcome = measure_loop(loop_of(source_name, ratio, dice));
      ++errors.trials;
      if (outcome.refused()) {
        ++errors.refused;
        continue;
      }
      if (!outcome.contained()) ++errors.outside;
      const double error = std::abs(outcome.relative_error());
      sum += error;
      errors.worst = std::max(errors.worst, error);
    }
  }
  const int stated = errors.trials - errors.refused;
  errors.mean = stated == 0 ? 1.0 : sum / stated;
  return errors;
}

bool RigReport::all_met() const { return std::ranges::all_of(targets, &Target::met); }

Result<RigReport> run_rig(const RigOptions& options) {
  RigReport result;
  auto& targets = result.targets;
  report(options, "regions", 0.0);
  for (const bool starts : {false, true}) {
    targets.push_back(edge_target("rapl", 1.0, starts, 1e-4, options));
    targets.push_back(edge_target("nvml-100ms", 1.0, starts, 1e-3, options));
    targets.push_back(edge_target("rapl", 0.1, starts, 1e-3, options));
    targets.push_back(edge_target("nvml-100ms", 0.1, starts, 5e-3, options));
  }
  add_periodic(targets, options);
  add_honesty(result, options);
  add_faults(result, options);

  report(options, "machines", 0.0);
  auto machines = check_topologies();
  if (!machines) return fail(machines.error());
  result.topologies = std::move(*machines);
  const auto wrong = std::ranges::count_if(
      result.topologies, [](const TopologyResult& t) { return !t.problems.empty(); });
  targets.push_back({"machines with something counted twice, missed or unknown", "0 of >= 25",
                     fmt::format("{} of {}", wrong, result.topologies.size()),
                     wrong == 0 && result.topologies.size() >= 25});
  return result;
}

}  // namespace btrack::rig
