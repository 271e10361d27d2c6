// SPDX-License-Identifier: Apache-2.0
// AI Benchmark's scores against hand-computed ones, and every reason not to give any.
#include "btrack/analysis/ai_benchmark.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace btrack::analysis {
namespace {

using results::AiBenchmarkTest;
using results::RunRecord;

const AiBenchmarkTest& test_of(std::string_view workload, std::string_view test) {
  const auto all = results::ai_benchmark_tests();
  return *std::find_if(all.begin(), all.end(), [&](const auto& each) {
    return each.workload == workload && each.test == test;
  });
}

/// `ratio` times as fast as the reference.
ScoredTest timed(const AiBenchmarkTest& test, double ratio) {
  return {&test, ScoreGap::none, Seconds(test.reference_ms * 1e-3 / ratio)};
}

TEST(AiScore, IsTheGeometricMeanOfBothKinds) {
  const ScoredTest tests[] = {
      timed(test_of("mobilenet_v2", "infer"), 2.0), timed(test_of("vgg16", "infer"), 3.0),
      timed(test_of("mobilenet_v2", "train"), 1.5), timed(test_of("vgg16", "train"), 0.5)};
  const AiScore score = ai_score(tests);
  EXPECT_EQ(score.inference, 24'494);  // sqrt(2 * 3) = 2.44949
  EXPECT_EQ(score.training, 8'660);    // sqrt(1.5 * 0.5) = 0.86603
  EXPECT_EQ(score.total(), 33'154);
}

TEST(AiScore, OfTheReferenceIsTenThousandEach) {
  std::vector<ScoredTest> tests;
  for (const auto& test : results::ai_benchmark_tests()) tests.push_back(timed(test, 1.0));
  EXPECT_EQ(ai_score(tests).inference, 10'000);
  EXPECT_EQ(ai_score(tests).training, 10'000);
}

/// One record for each scored test, as fast as the reference, two batches each.
std::vector<RunRecord> whole_campaign() {
  std::vector<RunRecord> records;
  for (const auto& test : results::ai_benchmark_tests()) {
    if (test.test == results::ai_test::micro) continue;
    RunRecord record;
    record.id = fmt::format("{}-{}-{}", test.workload, test.variant, test.test);
    record.campaign = "c1";
    record.suite = "ai-benchmark";
    record.status = results::Status::complete;
    record.settings.workload = test.workload;
    record.settings.variant = test.variant;
    record.settings.profile = "alpha";
    record.settings.phases = {std::string(test.test)};
    record.settings.batch = record.settings.infer_batch = test.batch;
    const auto length = Seconds(2.0 * test.reference_ms * 1e-3);
    results::PhaseWindow window;
    window.phase = test.test;
    window.items = 2 * test.batch;
    window.window = {SteadyTime{},
                     SteadyTime{} + std::chrono::duration_cast<SteadyTime::duration>(length)};
    record.windows.push_back(window);
    records.push_back(record);
  }
  return records;
}

TEST(AiBenchmark, AWholeCampaignHasAScore) {
  const auto result = ai_benchmark(whole_campaign());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->tests.size(), 42U);
  ASSERT_TRUE(result->score);
  EXPECT_EQ(result->score->inference, 10'000);
  EXPECT_EQ(result->score->training, 10'000);
}

/// Changes the record of U-Net's training and expects that gap there, no other, and no score.
void expect_gap(ScoreGap gap, const std::function<void(RunRecord&)>& change) {
  auto records = whole_campaign();
  for (auto& record : records) {
    if (record.settings.workload == "unet" && record.settings.phases[0] == "train") change(record);
  }
  const auto result = ai_benchmark(records);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->score) << score_gap_name(gap);
  for (const auto& [test, found, time] : result->tests) {
    const bool changed = test->workload == "unet" && test->test == "train";
    EXPECT_EQ(found, changed ? gap : ScoreGap::none) << test->workload << ' ' << test->test;
  }
}

TEST(AiBenchmark, EverythingThatIsNotAlphaIsAGap) {
  expect_gap(ScoreGap::not_run, [](RunRecord& record) { record.settings.variant = "512"; });
  expect_gap(ScoreGap::not_run, [](RunRecord& record) { record.campaign = "c0"; });
  expect_gap(ScoreGap::not_finished,
             [](RunRecord& record) { record.status = results::Status::failed; });
  expect_gap(ScoreGap::not_finished, [](RunRecord& record) { record.windows.clear(); });
  expect_gap(ScoreGap::profile, [](RunRecord& record) { record.settings.profile = "tracker"; });
  expect_gap(ScoreGap::scale, [](RunRecord& record) { record.settings.scale = "tiny"; });
  expect_gap(ScoreGap::precision, [](RunRecord& record) { record.settings.precision = "tf32"; });
  expect_gap(ScoreGap::batch, [](RunRecord& record) { record.settings.batch = 16; });
  expect_gap(ScoreGap::device, [](RunRecord& record) { record.settings.device = "cuda"; });
}

TEST(AiBenchmark, ALaterFailureDoesNotUndoAFinishedTest) {
  auto records = whole_campaign();
  records.push_back(records.front());
  records.back().status = results::Status::failed;
  EXPECT_TRUE(ai_benchmark(records)->score);
}

TEST(AiBenchmark, ConcernsItsOwnRunsOnly) {
  EXPECT_FALSE(ai_benchmark({}));
  auto records = whole_campaign();
  for (auto& record : records) {
    record.suite = "mine";
    record.settings.profile = "standard";
  }
  EXPECT_FALSE(ai_benchmark(records)) << "nobody asked for a score";
  records.front().settings.profile = "tracker";
  ASSERT_TRUE(ai_benchmark(records));
  EXPECT_FALSE(ai_benchmark(records)->score);
}

}  // namespace
}  // namespace btrack::analysis
