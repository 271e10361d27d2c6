// SPDX-License-Identifier: Apache-2.0
// AI Benchmark's scores as sentences, or why there are none.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "btrack/report/format.hpp"
#include "btrack/report/view.hpp"

namespace btrack::report {
namespace {

using analysis::ScoreGap;

/// The tests of each gap as "unet 256 train, unet 512 infer"; where it is all of them, "42 / 42".
std::map<ScoreGap, std::string> gaps_of(const std::vector<analysis::ScoredTest>& tests) {
  std::map<ScoreGap, std::vector<std::string>> names;
  for (const auto& [test, gap, time] : tests) {
    if (gap == ScoreGap::none) continue;
    names[gap].push_back(fmt::format("{} {} {}", test->workload, test->variant, test->test));
  }
  std::map<ScoreGap, std::string> texts;
  for (const auto& [gap, list] : names) {
    texts[gap] = list.size() == tests.size() ? fmt::format("{0} / {0}", list.size())
                                             : fmt::format("{}", fmt::join(list, ", "));
  }
  return texts;
}

std::size_t missing(const std::vector<analysis::ScoredTest>& tests) {
  return static_cast<std::size_t>(std::count_if(
      tests.begin(), tests.end(), [](const auto& test) { return test.gap != ScoreGap::none; }));
}

}  // namespace

std::vector<Sentence> make_score(const Report& report) {
  if (!report.ai_benchmark) return {};
  const auto& [tests, score] = *report.ai_benchmark;
  if (score) {
    return {{"score.value",
             {{"total", count(score->total())},
              {"inference", count(score->inference)},
              {"training", count(score->training)}}},
            {"score.basis", {}}};
  }
  std::vector<Sentence> out{
      {"score.refused",
       {{"missing", std::to_string(missing(tests))}, {"all", std::to_string(tests.size())}}}};
  for (const auto& [gap, names] : gaps_of(tests)) {
    out.push_back({fmt::format("score.{}", analysis::score_gap_name(gap)), {{"tests", names}}});
  }
  return out;
}

}  // namespace btrack::report
