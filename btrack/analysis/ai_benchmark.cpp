// SPDX-License-Identifier: Apache-2.0
// AI Benchmark's scores: ai_benchmark/utils.py of github.com/houseofai/ai-benchmark.
#include "btrack/analysis/ai_benchmark.hpp"

#include <algorithm>
#include <cmath>

namespace btrack::analysis {
namespace {

using results::AiBenchmarkTest;
using results::RunRecord;
namespace ai_test = results::ai_test;

constexpr double kUnit = 10'000.0;

int score_of(std::span<const ScoredTest> tests, std::string_view kind) {
  double logarithms = 0.0;
  double count = 0.0;
  for (const auto& [test, gap, time] : tests) {
    if (test->test != kind) continue;
    logarithms += std::log(test->reference_ms / (time.count() * 1e3));
    ++count;
  }
  // A whole number must not be lost to the last bit of the logarithms.
  constexpr double kRounding = 1.0 + 1e-12;
  return static_cast<int>(kUnit * kRounding * std::exp(logarithms / count));
}

bool has_phase(const RunRecord& record, std::string_view phase) {
  const auto& phases = record.settings.phases;
  return std::find(phases.begin(), phases.end(), phase) != phases.end();
}

/// Of a run that was meant for AI Benchmark's scores, whatever it was run with.
bool concerns(const RunRecord& record) {
  const auto tests = results::ai_benchmark_tests();
  const auto& settings = record.settings;
  const bool meant = settings.profile == "alpha" || settings.profile == "tracker" ||
                     record.suite == "ai-benchmark";
  return meant && std::any_of(tests.begin(), tests.end(), [&](const AiBenchmarkTest& test) {
           return test.workload == settings.workload;
         });
}

std::int64_t batch_of(const RunRecord& record, std::string_view kind) {
  return kind == ai_test::train ? record.settings.batch : record.settings.infer_batch;
}

ScoreGap gap_of(const RunRecord& record, const AiBenchmarkTest& test, std::string_view device) {
  const auto& settings = record.settings;
  if (settings.profile != "alpha") return ScoreGap::profile;
  if (settings.scale != "full") return ScoreGap::scale;
  if (settings.precision != "fp32") return ScoreGap::precision;
  if (batch_of(record, test.test) != test.batch) return ScoreGap::batch;
  if (settings.device != device) return ScoreGap::device;
  const bool finished =
      record.status == results::Status::complete && results::phase_items(record, test.test) > 0;
  return finished ? ScoreGap::none : ScoreGap::not_finished;
}

/// The newest run of the test that counts, else what keeps the newest from counting.
ScoredTest scored(const AiBenchmarkTest& test, std::span<const RunRecord> records,
                  const RunRecord& newest) {
  ScoredTest result{&test, ScoreGap::not_run, {}};
  for (std::size_t i = records.size(); i-- > 0;) {
    const RunRecord& record = records[i];
    if (record.campaign != newest.campaign || record.settings.workload != test.workload ||
        record.settings.variant != test.variant || !has_phase(record, test.test)) {
      continue;
    }
    const ScoreGap gap = gap_of(record, test, newest.settings.device);
    if (gap == ScoreGap::none || result.gap == ScoreGap::not_run) result.gap = gap;
    if (gap != ScoreGap::none) continue;
    result.batch_time = results::phase_time(record, test.test) * static_cast<double>(test.batch) /
                        static_cast<double>(results::phase_items(record, test.test));
    break;
  }
  return result;
}

}  // namespace

std::string_view score_gap_name(ScoreGap gap) {
  switch (gap) {
    case ScoreGap::none:
      break;
    case ScoreGap::not_run:
      return "not_run";
    case ScoreGap::not_finished:
      return "not_finished";
    case ScoreGap::profile:
      return "profile";
    case ScoreGap::scale:
      return "scale";
    case ScoreGap::precision:
      return "precision";
    case ScoreGap::batch:
      return "batch";
    case ScoreGap::device:
      return "device";
  }
  return "none";
}

AiScore ai_score(std::span<const ScoredTest> tests) {
  return {score_of(tests, ai_test::infer), score_of(tests, ai_test::train)};
}

std::optional<AiBenchmark> ai_benchmark(std::span<const RunRecord> records) {
  const auto newest = std::find_if(records.rbegin(), records.rend(), concerns);
  if (newest == records.rend()) return std::nullopt;
  AiBenchmark result;
  bool complete = true;
  for (const auto& test : results::ai_benchmark_tests()) {
    if (test.test == ai_test::micro) continue;
    result.tests.push_back(scored(test, records, *newest));
    complete = complete && result.tests.back().gap == ScoreGap::none;
  }
  if (complete) result.score = ai_score(result.tests);
  return result;
}

}  // namespace btrack::analysis
