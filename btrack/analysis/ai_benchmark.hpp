// SPDX-License-Identifier: Apache-2.0
// AI Benchmark's scores, and which of its tests keep a campaign from having one.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "btrack/results/ai_benchmark.hpp"
#include "btrack/results/record.hpp"

namespace btrack::analysis {

/// Why a test does not count. A score is comparable with others only where every test ran as AI
/// Benchmark Alpha runs it.
enum class ScoreGap {
  none,
  not_run,
  not_finished,
  profile,    ///< another than alpha
  scale,      ///< tiny
  precision,  ///< another than fp32
  batch,      ///< another than the test's
  device,     ///< another than that of the newest test
};
std::string_view score_gap_name(ScoreGap gap);

struct ScoredTest {
  const results::AiBenchmarkTest* test = nullptr;
  ScoreGap gap = ScoreGap::not_run;
  Seconds batch_time{};  ///< mean time of one batch, where there is no gap
};

struct AiScore {
  int inference = 0;
  int training = 0;
  [[nodiscard]] int total() const { return inference + training; }
};

struct AiBenchmark {
  std::vector<ScoredTest> tests;  ///< the 42 that are scored
  std::optional<AiScore> score;   ///< only where no test has a gap
};

/// 10,000 times the geometric mean of reference time / own time, cut to a whole number; training
/// and inference apart. Every test must have its time.
AiScore ai_score(std::span<const ScoredTest> tests);

/// The newest campaign that ran tests of AI Benchmark (suite ai-benchmark, or a profile with its
/// batches); nothing where none did. Records in the order of their starts, the newest last.
std::optional<AiBenchmark> ai_benchmark(std::span<const results::RunRecord> records);

}  // namespace btrack::analysis
