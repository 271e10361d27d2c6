// SPDX-License-Identifier: Apache-2.0
// Sampling around a run, and energies computed from the trace afterwards.
#include "btrack/bench/measurement.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "btrack/bench/machine.hpp"
#include "btrack/power/baseline.hpp"
#include "btrack/power/energy.hpp"
#include "btrack/power/relations.hpp"

namespace btrack::bench {
namespace {

using results::PhaseWindow;
using results::RunRecord;

constexpr Seconds kDrainEvery{1.0};

std::vector<Window> windows_of(const RunRecord& record, std::string_view phase) {
  std::vector<Window> windows;
  for (const PhaseWindow& window : record.windows) {
    if (window.phase == phase) windows.push_back(window.window);
  }
  return windows;
}

bool is_idle(const PhaseWindow& window) {
  return window.phase == results::phase::idle || window.phase == results::phase::active_idle;
}

/// A baseline of that kind and what every window has above it.
void add_baseline(RunRecord& record, const power::EnergyMeter& meter, std::string_view kind,
                  const std::vector<Window>& idle) {
  const auto period = power::slowest_period(record.trace.channels);
  const power::IdlePower power(meter, period, idle.front(), idle.back());
  record.baselines.push_back({std::string(kind), power.figure()});
  for (PhaseWindow& window : record.windows) {
    if (!is_idle(window)) window.net.push_back({std::string(kind), power.net(window.window)});
  }
}

/// The reason stands where the numbers would.
void add_missing_baseline(RunRecord& record, std::string_view kind, const std::string& reason) {
  power::IdleFigure missing;
  missing.note = reason;
  record.baselines.push_back({std::string(kind), missing});
  for (PhaseWindow& window : record.windows) {
    if (is_idle(window)) continue;
    power::EnergyFigure net;
    net.note = reason;
    window.net.push_back({std::string(kind), net});
  }
}

void add_baselines(RunRecord& record, const power::EnergyMeter& meter, bool asked) {
  using results::baseline::active;
  using results::baseline::cold;
  if (!asked) {
    add_missing_baseline(record, cold, "no idle baseline was asked for (--baseline SECONDS)");
    return;
  }
  for (const auto kind : {cold, active}) {
    const auto idle = idle_windows(record, kind);
    if (idle.size() == 2) {
      add_baseline(record, meter, kind, idle);
    } else if (kind == cold || !idle.empty()) {
      add_missing_baseline(record, kind,
                           fmt::format("the idle power {} the work was not measured",
                                       idle.empty() ? "before" : "after"));
    }
  }
}

}  // namespace

Result<Measurement> Measurement::start(const RunnerContext& context) {
  auto probed = power::probe_sensors(context.probe);
  power::SamplerOptions options;
  options.period = context.sample_period;
  auto sampler = std::make_unique<power::Sampler>(std::move(probed.sensors), options);
  if (auto started = sampler->start(); !started) return fail(started.error());
  auto idle_length = context.baseline;
  if (idle_length == Seconds(0)) {
    idle_length = power::idle_length(power::slowest_period(sampler->trace().channels));
  }
  const auto& procfs = context.probe.procfs_root;
  auto begun = context.ranks.local_size > 1 ? std::nullopt : ProcessorTimes::now(procfs);
  return Measurement(std::move(sampler), idle_length, procfs, begun);
}

bool Measurement::idle(RunRecord& record, std::string_view phase, const Pause& pause) {
  if (!idle_length_) return true;
  using std::chrono::steady_clock;
  edge();
  const auto begin = steady_clock::now();
  for (Seconds left = *idle_length_; left > Seconds(0);
       left = *idle_length_ - Seconds(steady_clock::now() - begin)) {
    if (!pause(std::min(left, kDrainEvery))) return false;
    drain();
  }
  PhaseWindow window;
  window.phase = phase;
  window.index = static_cast<std::int64_t>(windows_of(record, phase).size());
  window.window = {begin, steady_clock::now()};
  edge();
  record.windows.push_back(std::move(window));
  return true;
}

void Measurement::finish(RunRecord& record) {
  sampler_->stop();
  record.trace = sampler_->trace();
  record.sampling = sampler_->cost();
  const power::EnergyMeter meter(record.trace);
  for (auto& window : record.windows) window.energy = meter.measure(window.window);
  add_baselines(record, meter, idle_length_.has_value());
  const auto ended = ProcessorTimes::now(procfs_root_);
  if (begun_ && ended) record.provenance.merge(neighbours(*begun_, *ended));
  record.unmeasured.emplace();
  for (const auto part : power::unmeasured_parts(record.trace.channels)) {
    record.unmeasured->emplace_back(power::unmeasured_part_id(part));
  }
}

std::vector<Window> idle_windows(const RunRecord& record, std::string_view baseline) {
  const bool cold = baseline == results::baseline::cold;
  return windows_of(record, cold ? results::phase::idle : results::phase::active_idle);
}

results::RunRecord new_record(const results::Settings& settings, const RunnerContext& context) {
  const SystemClock system;
  const Clock& clock = context.probe.clock != nullptr ? *context.probe.clock : system;
  results::RunRecord record;
  record.id = results::new_run_id(settings.workload, clock.wall());
  record.started_utc = utc_text(clock.wall());
  record.settings = settings;
  record.facility = context.facility;
  record.provenance = machine_facts(context.probe);
  return record;
}

}  // namespace btrack::bench
