// SPDX-License-Identifier: Apache-2.0
// Which results a subcommand works on: the newest campaign unless said otherwise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "btrack/analysis/trade_off.hpp"
#include "btrack/cli/command.hpp"
#include "btrack/report/report.hpp"
#include "btrack/results/record.hpp"

namespace btrack::cli {

struct Choice {
  std::string campaign;  ///< id; empty: the newest
  std::string suite;     ///< all campaigns of that suite
  bool all = false;      ///< everything in the store
};

struct Question {
  Choice choice;
  std::optional<double> min_accuracy;  ///< in [0, 1]; nothing: the suite's own
  std::string objective = "energy";
  std::string language = "en";
};

/// Adds --campaign, --suite, --all, --min-accuracy, --objective.
void add_question(CLI::App& sub, Question& question);

/// The chosen records, oldest first; `usage` error where there are none.
Result<std::vector<results::RunRecord>> chosen_records(const results::ResultStore& store,
                                                       const Choice& choice, bool with_traces);

/// The comparison of the chosen records as the question asks for it.
Result<report::Report> answer(const results::ResultStore& store, const Question& question,
                              bool with_traces);

}  // namespace btrack::cli
