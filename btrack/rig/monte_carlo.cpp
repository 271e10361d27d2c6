// SPDX-License-Identifier: Apache-2.0
// Drawing scenarios and counting how the energy meter did.
#include "btrack/rig/monte_carlo.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "btrack/power/track.hpp"

namespace btrack::rig {
namespace {

constexpr std::array kLoads{"constant", "steps",   "square",
                            "sine",     "prbs",    "training",
                            "ramp",     "warming", "starts with the region"};
constexpr std::array kLengths{"0.1-2 T", "2-20 T", "20-100 T", "> 100 T"};

std::size_t length_class(const Trial& trial) {
  const double periods =
      (trial.region.end_s - trial.region.begin_s) / trial.channel.update_period.count();
  return periods < 2 ? 0 : periods < 20 ? 1 : periods < 100 ? 2 : 3;
}

void add_load(Waveform& truth, std::size_t load, const Trial& trial, Dice& dice) {
  const double swing = trial.channel.power_limit.value() * dice.uniform(0.05, 0.4);
  const double length = trial.region.end_s - trial.region.begin_s;
  const double begin = trial.region.begin_s;
  switch (load) {
    case 1:
      for (int i = 0; i < 3; ++i) {
        const double from = begin + dice.uniform(-0.5, 1.0) * length;
        truth.add(Step{swing / 3, from, from + dice.uniform(0.05, 1.0) * length});
      }
      break;
    case 2:
      truth.add(Square{swing, dice.decades(0.002, 2.0), dice.uniform(0.2, 0.8), dice.uniform()});
      break;
    case 3:
      truth.add(Constant{swing / 2});
      truth.add(Sine{swing / 2, dice.decades(0.002, 5.0), dice.uniform()});
      break;
    case 4:
      truth.add(Prbs(swing, dice.decades(0.001, 0.3)));
      break;
    case 5:
      truth.add(training_like(swing, dice.decades(0.01, 1.0)));
      break;
    case 6:
      truth.add(Ramp{swing, begin, begin + length});
      break;
    case 7:
      truth.add(Warming{swing, dice.decades(1.0, 60.0), begin});
      break;
    case 8:
      truth.add(Step{swing, begin, begin + length});
      break;
    default:
      break;
  }
}

/// The card's own gain and offset: drawn from the rectangles of which the channel states 95 %.
void draw_errors(Trial& trial, Dice& dice) {
  const double half = (trial.channel.gain.high - 1.0) / 0.95;
  trial.hardware.gain = 1.0 / dice.uniform(1.0 - half, 1.0 + half);
  const double offset = trial.channel.offset.value() / 0.95;
  trial.hardware.offset_w = dice.uniform(-offset, offset);
}

void draw_schedule(Trial& trial, Dice& dice) {
  trial.hardware.phase_s = dice.uniform() * trial.hardware.period_s;
  trial.hardware.jitter = dice.uniform(0.0, 0.05);
  trial.hardware.drift = dice.uniform(-100e-6, 100e-6);
  trial.hardware.start = trial.channel.modulus == 0 ? 0 : dice.bits() % trial.channel.modulus;
  Schedule& s = trial.schedule;
  s.seed = dice.bits();
  s.lead_in_s = std::max(1.0, 5.0 * trial.hardware.period_s);
  switch (dice.choice(8)) {
    case 0:
      s.lost_share = 0.02;
      break;
    case 1:
      s.stall_each_s = 2.0;
      break;
    case 2:
      trial.fault.slow_from_s = 0.0;
      trial.fault.slow_read_s = std::min(5e-3, 0.05 * trial.hardware.period_s);
      break;
    default:
      break;
  }
}

void count(Honesty& row, const Outcome& outcome) {
  ++row.scenarios;
  row.silent_errors += outcome.silent_error() ? 1U : 0U;
  if (outcome.refused()) {
    ++row.refused;
    return;
  }
  if (outcome.bounded()) {
    ++row.bounded;
    row.outside_bound += outcome.contained() ? 0U : 1U;
    return;
  }
  row.contained += outcome.contained() ? 1U : 0U;
  row.half_width_sum += 0.5 * ((outcome.figure.high - outcome.figure.low) / outcome.figure.value);
}

/// One counter's life: what was added, what was read, and what can be known of it.
struct Life {
  power::Channel channel;
  Dice dice;
  double time_s = 1000.0;
  std::uint64_t shown = 0;
  double true_counts = 0.0;
  bool hidden = false;

  [[nodiscard]] double range() const { return static_cast<double>(channel.modulus); }
  power::Reading step(CounterCases& tally) {
    const double gap = dice.chance(0.2) ? dice.decades(10.0, 1200.0) : dice.decades(0.05, 10.0);
    const double limit = channel.power_limit.value();
    const double added = std::floor(dice.uniform(0.02, 0.98) * limit * gap / channel.si_per_count);
    const double most = limit * (gap + 0.002) / channel.si_per_count;
    time_s += gap;
    true_counts += added;
    const auto before = static_cast<double>(shown);
    if (dice.chance(0.15)) {  // restarts somewhere within the gap
      ++tally.resets;
      const double since = std::floor(dice.uniform() * added);
      const double apparent = since >= before ? since - before : since + range() - before;
      const bool looks_whole = since >= before || channel.modulus != 0;
      hidden |= looks_whole && apparent <= most && added != apparent;
      shown = static_cast<std::uint64_t>(since);
      if (channel.modulus != 0) shown %= channel.modulus;
    } else {
      if (channel.modulus != 0 && before + added >= range()) ++tally.wraps;
      if (channel.modulus != 0 && most > range()) ++tally.gaps;
      shown += static_cast<std::uint64_t>(added);
      if (channel.modulus != 0) shown %= channel.modulus;
    }
    return {0, power::reading_flags::ok, at(time_s), shown};
  }
};

}  // namespace

double Honesty::share() const {
  return stated() == 0 ? 0.0 : static_cast<double>(contained) / static_cast<double>(stated());
}

double Honesty::mean_half_width() const {
  return stated() == 0 ? 0.0 : half_width_sum / static_cast<double>(stated());
}

Scenario random_scenario(std::uint64_t seed, std::uint64_t number) {
  static const std::vector<Source> kSources = sources();
  Dice dice(scrambled(seed) ^ number);
  Scenario scenario;
  scenario.source = dice.choice(kSources.size());
  scenario.load = dice.choice(kLoads.size());
  const Source& source = kSources[scenario.source];
  Trial& trial = scenario.trial;
  trial = trial_of(source, source.channel.power_limit.value() * dice.uniform(0.1, 0.5));
  const double period = source.hardware.period_s;
  // 0.1 T to 100 T, or the seconds that regions of real work take.
  const double length =
      dice.chance(0.5) ? period * dice.decades(0.1, 100.0) : dice.decades(0.5, 8.0);
  const double begin = 10.0 + dice.uniform();
  trial.region = {begin, begin + length};
  add_load(trial.truth, scenario.load, trial, dice);
  draw_errors(trial, dice);
  draw_schedule(trial, dice);
  return scenario;
}

HonestyReport interval_honesty(std::uint64_t seed, std::uint64_t scenarios,
                               const Progress& progress) {
  HonestyReport report;
  report.all.name = "all";
  for (const Source& one : sources()) report.by_source.push_back({std::string(one.name)});
  for (const char* name : kLengths) report.by_length.push_back({name});
  for (const char* name : kLoads) report.by_load.push_back({name});
  for (std::uint64_t i = 0; i < scenarios; ++i) {
    const Scenario scenario = random_scenario(seed, i);
    const Outcome outcome = run(scenario.trial);
    for (Honesty* row :
         {&report.all, &report.by_source[scenario.source],
          &report.by_length[length_class(scenario.trial)], &report.by_load[scenario.load]}) {
      count(*row, outcome);
    }
    if (progress && i % 64 == 0) progress(static_cast<double>(i) / static_cast<double>(scenarios));
  }
  return report;
}

CounterCases counter_cases(std::uint64_t seed, std::uint64_t cases, const Progress& progress) {
  const std::array channels{source("rapl").channel, source("rapl-amd").channel,
                            source("amd-gpu").channel};
  CounterCases tally;
  tally.cases = cases;
  for (std::uint64_t i = 0; i < cases; ++i) {
    Dice dice(scrambled(seed) ^ i);
    const auto& channel = channels[dice.choice(channels.size())];
    const std::uint64_t modulus = channel.modulus == 0 ? 1ULL << 40U : channel.modulus;
    Life life{channel, dice, 1000.0, dice.bits() % modulus};
    power::TrackBuilder builder(life.channel);
    builder.add({0, power::reading_flags::ok, at(life.time_s), life.shown});
    const std::size_t readings = 1 + dice.choice(4);
    for (std::size_t n = 0; n < readings; ++n) builder.add(life.step(tally));
    const auto track = std::move(builder).finish();
    const auto measured = static_cast<double>(track.nodes.back().count);
    const bool listed = std::ranges::any_of(
        track.faults, [](const power::FaultSpan& f) { return f.fault != power::Fault::wrapped; });
    if (measured != life.true_counts && !listed) {
      ++(life.hidden ? tally.indistinguishable : tally.undetected);
    }
    if (progress && i % 4096 == 0) progress(static_cast<double>(i) / static_cast<double>(cases));
  }
  return tally;
}

}  // namespace btrack::rig
