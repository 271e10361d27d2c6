// SPDX-License-Identifier: Apache-2.0
// The options that say how all entries of a campaign are measured, also those that are resumed.
#pragma once

#include <optional>

#include "btrack/bench/runner.hpp"
#include "btrack/cli/baseline.hpp"
#include "btrack/cli/energy_kinds.hpp"
#include "btrack/results/store.hpp"

namespace btrack::cli {

struct ConditionChoice {
  std::optional<double> sample_hz;
  BaselineChoice baseline;
  FacilityChoice facility;

  [[nodiscard]] results::Conditions asked() const;
  /// Those the campaign began with, where it is resumed. An error (usage) where an option asks for
  /// others: half of the campaign would be measured one way and half another.
  [[nodiscard]] Result<results::Conditions> of(const results::Campaign& campaign) const;
};

/// `choice` must outlive the parsing.
void add_condition_options(CLI::App& sub, ConditionChoice& choice);

void apply(const results::Conditions& conditions, bench::RunnerContext& context);

}  // namespace btrack::cli
