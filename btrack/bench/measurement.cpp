// SPDX-License-Identifier: Apache-2.0
// Sampling around a run, and energies computed from the trace afterwards.
#include "btrack/bench/measurement.hpp"

#include "btrack/bench/machine.hpp"
#include "btrack/power/energy.hpp"

namespace btrack::bench {

Result<Measurement> Measurement::start(const RunnerContext& context) {
  auto probed = power::probe_sensors(context.probe);
  power::SamplerOptions options;
  options.period = context.sample_period;
  auto sampler = std::make_unique<power::Sampler>(std::move(probed.sensors), options);
  if (auto started = sampler->start(); !started) return fail(started.error());
  return Measurement(std::move(sampler));
}

void Measurement::finish(results::RunRecord& record) {
  sampler_->stop();
  record.trace = sampler_->trace();
  record.sampling = sampler_->cost();
  const power::EnergyMeter meter(record.trace);
  for (auto& window : record.windows) window.energy = meter.measure(window.window);
}

results::RunRecord new_record(const results::Settings& settings, const RunnerContext& context) {
  const SystemClock system;
  const Clock& clock = context.probe.clock != nullptr ? *context.probe.clock : system;
  results::RunRecord record;
  record.id = results::new_run_id(settings.workload, clock.wall());
  record.started_utc = utc_text(clock.wall());
  record.settings = settings;
  record.provenance = machine_facts(context.probe);
  return record;
}

}  // namespace btrack::bench
