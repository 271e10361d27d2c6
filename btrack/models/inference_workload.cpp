// SPDX-License-Identifier: Apache-2.0
// Warm-up and repetitions, the same for everything that only runs batches.
#include "btrack/models/inference_workload.hpp"

#include <fmt/format.h>

#include "btrack/models/load_scenario.hpp"

namespace btrack::models {

Result<bool> InferenceWorkload::run(const bench::Run& wanted, Reporter& reporter) {
  const Facts own = facts();
  const std::int64_t samples = samples_per_query(wanted.phase);
  if (samples == 0 && wanted.phase != results::phase::infer) {
    return fail(ErrorKind::unsupported, fmt::format("{} has inference only", own.name));
  }
  Result<void> ran;
  const RunBatches run = [&](const Advance& advance) { ran = run_batches(samples, advance); };
  if (warm_ != samples) {
    const auto window = warm_up_inference(run, own.device, reporter);
    if (!ran) return fail(ran.error());
    reporter.window(window);
    warm_ = samples;
  }
  auto done = samples > 0 ? load_scenario(run, own.device, wanted, own.seed, reporter)
                          : timed_inference(run, own.device, Seconds(wanted.seconds), reporter);
  if (!ran) return fail(ran.error());
  if (!done) return false;
  done->window.index = wanted.index;
  done->window.items *= own.items_per_sample;
  reporter.window(done->window);
  reporter.latencies(done->window, done->latencies_ns);
  resources_.tell(reporter, own.device, own.precision);
  return true;
}

Result<void> check_inference_only(const results::Settings& settings, std::string_view what) {
  const auto refused = [&](std::string_view why, std::string_view remedy) {
    return fail(ErrorKind::usage, fmt::format("{} is {}: {}", settings.workload, what, why),
                std::string(remedy));
  };
  for (const auto& phase : settings.phases) {
    if (phase == results::phase::infer || samples_per_query(phase) > 0) continue;
    return refused(fmt::format("phase {} is not offered, only inference", phase),
                   "write phases = [\"infer\"], or measure your own program with `btrack measure`");
  }
  if (settings.batch_auto) {
    return refused("what a larger batch needs is not known", "name a number, or none");
  }
  if (settings.precision != "fp32") {
    return refused("it runs in a precision of its own", "leave out --precision");
  }
  if (!settings.weights.empty()) {
    return refused("it begins with no other weights", "leave --weights out");
  }
  if (!settings.variant.empty() || settings.profile != "standard" || settings.scale != "full") {
    return refused("it has no variants, profiles and scales", "leave these options out");
  }
  return {};
}

}  // namespace btrack::models
