// SPDX-License-Identifier: Apache-2.0
// Choosing records and putting the question to them.
#include "btrack/cli/choice.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "btrack/bench/suite.hpp"
#include "btrack/cli/number_range.hpp"
#include "btrack/core/clock.hpp"

namespace btrack::cli {

void add_question(CLI::App& sub, Question& question) {
  auto* campaign = sub.add_option("--campaign", question.choice.campaign,
                                  "Results of this campaign (default: the newest)")
                       ->type_name("ID");
  auto* suite =
      sub.add_option("--suite", question.choice.suite, "Results of every campaign of this suite")
          ->type_name("NAME");
  sub.add_flag("--all", question.choice.all, "Everything in the store")
      ->excludes(campaign)
      ->excludes(suite);
  sub.add_option("--min-accuracy", question.min_accuracy,
                 "Accuracy a candidate must reach, 0 to 1 (default: the suite's)")
      ->check(number_range(0.0, 1.0))
      ->type_name("SHARE");
  sub.add_option("--objective", question.objective, "What to minimise among them: energy or time")
      ->check(CLI::IsMember({"energy", "time"}))
      ->type_name("WHAT");
}

Result<std::vector<results::RunRecord>> chosen_records(const results::ResultStore& store,
                                                       const Choice& choice, bool with_traces) {
  results::RunFilter filter;
  if (!choice.suite.empty()) {
    filter.suite = choice.suite;
  } else if (!choice.all) {
    const auto campaign = store.campaign(choice.campaign);
    if (!campaign) return fail(campaign.error());
    filter.campaign = campaign->id;
  }
  auto records = store.runs(filter);
  if (!records) return records;
  if (records->empty()) {
    return fail(ErrorKind::usage, "there are no results to compare in " + store.path().string(),
                "`btrack run quick` makes some; `btrack runs` shows what is there");
  }
  if (!with_traces) return records;
  for (auto& record : *records) {
    auto whole = store.run(record.id);
    if (!whole) return fail(whole.error());
    record = std::move(*whole);
  }
  return records;
}

Result<report::Report> answer(const results::ResultStore& store, const Question& question,
                              bool with_traces) {
  auto records = chosen_records(store, question.choice, with_traces);
  if (!records) return fail(records.error());
  const auto language = report::parse_language(question.language);
  if (!language) return fail(language.error());
  double min_accuracy = question.min_accuracy.value_or(0.0);
  if (!question.min_accuracy && !records->back().suite.empty()) {
    if (const auto suite = bench::find_suite(records->back().suite)) {
      min_accuracy = suite->min_accuracy;
    }
  }
  const auto objective =
      question.objective == "time" ? analysis::Objective::time : analysis::Objective::energy;
  return report::build_report(std::move(*records), min_accuracy, objective, *language,
                              utc_text(SystemClock().wall()));
}

}  // namespace btrack::cli
