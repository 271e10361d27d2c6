// SPDX-License-Identifier: Apache-2.0
// Options over settings.
#include "btrack/cli/overrides.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "btrack/bench/seeds.hpp"
#include "btrack/cli/number_range.hpp"
#include "btrack/core/text.hpp"

namespace btrack::cli {

void add_overrides(CLI::App& sub, Overrides& options) {
  const auto positive = CLI::Range(std::int64_t{1}, std::int64_t{1} << 40);
  sub.add_option("--epochs", options.epochs, "Training epochs of every entry")
      ->check(positive)
      ->type_name("N");
  sub.add_option("--batch", options.batch,
                 "Items per training step, or per call of a model file; auto: the workload's own, "
                 "or fewer to fit the memory")
      ->check(CLI::IsMember({"auto"}) | positive)
      ->type_name("N|auto");
  sub.add_option("--prompt", options.prompt, "Tokens of each prompt, in prefill and decode")
      ->check(positive)
      ->type_name("N");
  sub.add_option("--generate", options.generate,
                 "Tokens of each answer: the first ends prefill, the others are decode")
      ->check(CLI::Range(std::int64_t{2}, std::int64_t{1} << 40))
      ->type_name("N");
  sub.add_option("--threads", options.threads, "CPU threads (default: one per physical core)")
      ->check(positive)
      ->type_name("N");
  auto* seed = sub.add_option("--seed", options.seed, "Random seed")
                   ->check(CLI::NonNegativeNumber)
                   ->type_name("N");
  sub.add_option("--seeds", options.seeds,
                 "Every entry once for each of so many seeds, or of those listed")
      ->excludes(seed)
      ->type_name("N|LIST");
  sub.add_option("--repetitions", options.repetitions, "At least this many inference repetitions")
      ->check(positive)
      ->type_name("N");
  sub.add_option("--infer-seconds", options.infer_seconds,
                 "Length of one inference or scenario repetition")
      ->check(number_range(0.01, 86400.0))
      ->type_name("S");
  sub.add_option("--target-accuracy", options.target_accuracy,
                 "End training after the epoch that reaches it, 0 to 1")
      ->check(number_range(0.0, 1.0))
      ->type_name("SHARE");
  sub.add_option("--phases", options.phases,
                 "train, infer; of decoders also prefill (prompts) and decode (answers); load "
                 "scenarios: see --scenario")
      ->delimiter(',')
      ->check(CLI::IsMember(
          std::set<std::string>(results::phase::asked.begin(), results::phase::asked.end())))
      ->type_name("LIST");
  sub.add_option("--scenario", options.scenarios,
                 "Instead of --phases, how queries come: offline (phase infer), singlestream (one "
                 "after the other), multistream (8 samples a query) or server (Poisson arrivals at "
                 "--rate, or at the highest that keeps --latency-limit)")
      ->delimiter(',')
      ->check(CLI::IsMember({"offline", "singlestream", "multistream", "server"}))
      ->excludes("--phases")
      ->type_name("LIST");
  sub.add_option("--rate", options.rate, "Queries per second of scenario server")
      ->check(number_range(1e-3, 1e6))
      ->type_name("N");
  sub.add_option("--latency-limit", options.latency_limit,
                 "Scenario server without --rate: find the highest rate whose 99th percentile of "
                 "latency stays below")
      ->check(number_range(1e-6, 86400.0))
      ->type_name("S");
  sub.add_option("--variant", options.variant, "Input size, by its name in `btrack list --json`")
      ->type_name("NAME");
  sub.add_option("--profile", options.profile, "standard, alpha, tracker or micro")
      ->type_name("NAME");
  sub.add_option("--scale", options.scale, "tiny: a reduced network, to try things out")
      ->check(CLI::IsMember({"full", "tiny"}))
      ->type_name("NAME");
  sub.add_option("--precision", options.precision, "fp32, tf32, bf16 or fp16")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16", "fp16"}))
      ->type_name("NAME");
  sub.add_option("--data", options.data,
                 "Data set: a folder of IDX, CIFAR or token files or of pictures, a CSV file, or "
                 "generated:NAME")
      ->type_name("PATH");
  sub.add_option("--label-column", options.label_column, "Label of a CSV file (default: the last)")
      ->type_name("NAME");
  sub.add_option("--weights", options.weights,
                 "Begin with the values of this safetensors file instead of drawn ones")
      ->type_name("FILE");
  sub.add_option("--device", options.device, "cpu or cuda")->type_name("NAME");
}

namespace {

void override_settings(results::Settings& settings, const Overrides& options) {
  const auto set = [](auto& target, const auto& value) {
    if (value) target = *value;
  };
  set(settings.variant, options.variant);
  set(settings.profile, options.profile);
  set(settings.scale, options.scale);
  set(settings.precision, options.precision);
  set(settings.epochs, options.epochs);
  if (options.batch) {
    settings.batch_auto = *options.batch == "auto";
    settings.batch = parse_number<std::int64_t>(*options.batch).value_or(0);
  }
  set(settings.prompt, options.prompt);
  set(settings.generate, options.generate);
  set(settings.threads, options.threads);
  set(settings.seed, options.seed);
  set(settings.repetitions, options.repetitions);
  set(settings.infer_seconds, options.infer_seconds);
  if (options.target_accuracy) settings.target_accuracy = options.target_accuracy;
  set(settings.data, options.data);
  set(settings.label_column, options.label_column);
  set(settings.weights, options.weights);
  set(settings.device, options.device);
  if (options.rate) settings.rate = options.rate;
  if (options.latency_limit) settings.latency_limit = options.latency_limit;
  for (const auto& scenario : options.scenarios) {
    if (&scenario == &options.scenarios.front()) settings.phases.clear();
    settings.phases.push_back(scenario == "offline" ? std::string(results::phase::infer)
                                                    : scenario);
  }
  if (!options.phases.empty()) settings.phases = options.phases;
  settings.max_repetitions = std::max(settings.max_repetitions, settings.repetitions);
}

}  // namespace

Result<void> override_entries(std::vector<results::Settings>& entries, const Overrides& options) {
  for (auto& entry : entries) override_settings(entry, options);
  if (!options.seeds) return {};
  const auto seeds = bench::parse_seeds(*options.seeds);
  if (!seeds) return fail(seeds.error());
  entries = bench::with_seeds(entries, *seeds);
  return {};
}

}  // namespace btrack::cli
