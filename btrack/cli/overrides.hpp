// SPDX-License-Identifier: Apache-2.0
// The options of `btrack run` that change every entry of a suite.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "btrack/cli/command.hpp"
#include "btrack/results/record.hpp"

namespace btrack::cli {

/// What a user may change in every entry; what is not given stays the entry's own.
struct Overrides {
  std::optional<std::int64_t> epochs, prompt, generate, threads, seed, repetitions;
  std::optional<double> infer_seconds, target_accuracy;
  std::optional<std::string> batch;
  std::optional<std::string> data, label_column, weights, device, variant, profile, scale,
      precision;
  std::optional<double> rate, latency_limit;
  std::vector<std::string> phases, scenarios;
  std::optional<std::string> seeds;  ///< see bench::parse_seeds
};

void add_overrides(CLI::App& sub, Overrides& options);
/// Changes each entry, and multiplies them where several seeds are asked for.
Result<void> override_entries(std::vector<results::Settings>& entries, const Overrides& options);

}  // namespace btrack::cli
