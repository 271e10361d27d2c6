// SPDX-License-Identifier: Apache-2.0
// A worker in another language, good and broken in every way: always a record, always one sentence.
#include "btrack/bench/runner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "btrack/results/scenario.hpp"

namespace btrack::bench {
namespace {

using results::Status;

results::RunRecord run(const std::string& workload, Seconds silence_limit = Seconds(20.0),
                       std::function<bool()> stop = {}) {
  results::Settings settings;
  settings.workload = workload;
  settings.phases = {"train", "infer"};
  settings.epochs = 2;
  RunnerContext context;
  context.worker = std::string(BTRACK_SOURCE_DIR) + "/tests/fakes/fake_worker.py";
  context.silence_limit = silence_limit;
  context.stop_requested = std::move(stop);
  return run_workload(settings, context);
}

TEST(Runner, AGoodWorkerGivesACompleteRecord) {
  const auto record = run("good");
  ASSERT_EQ(record.status, Status::complete) << record.failure->message;
  EXPECT_EQ(results::phase_items(record, "train"), 2000);
  EXPECT_GE(results::phase_items(record, "infer"), 500) << "at least five repetitions of 100";
  EXPECT_DOUBLE_EQ(results::last_quality(record, "accuracy").value(), 0.6);
  EXPECT_EQ(record.provenance.at("library.fake"), "1");
  EXPECT_GT(record.settings.threads, 0) << "the number that was used, not the 0 that was asked";
  EXPECT_FALSE(record.trace.readings.empty());
  EXPECT_GT(record.sampling.rounds, 0U);
}

TEST(Runner, EachPhaseIsRepeatedUntilItsOwnIntervalIsNarrow) {
  results::Settings settings;
  settings.workload = "good";
  settings.phases = {"prefill", "decode"};
  RunnerContext context;
  context.worker = std::string(BTRACK_SOURCE_DIR) + "/tests/fakes/fake_worker.py";
  const auto record = run_workload(settings, context);
  ASSERT_EQ(record.status, Status::complete) << record.failure->message;
  EXPECT_GE(results::phase_items(record, "prefill"), 500);
  EXPECT_GE(results::phase_items(record, "decode"), 500);
  EXPECT_EQ(results::phase_items(record, "infer"), 0);
  EXPECT_TRUE(record.provenance.contains("repetitions.stop.prefill"));
  EXPECT_TRUE(record.provenance.contains("repetitions.stop.decode"));
}

struct Broken {
  const char* workload;
  ErrorKind kind;
  const char* says;
};
class BrokenWorker : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenWorker, LeavesARecordThatSaysWhy) {
  const auto record = run(GetParam().workload, Seconds(2.0));
  EXPECT_EQ(record.status, Status::failed);
  ASSERT_TRUE(record.failure);
  EXPECT_EQ(record.failure->kind, GetParam().kind) << record.failure->message;
  EXPECT_NE(record.failure->message.find(GetParam().says), std::string::npos)
      << record.failure->message;
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenWorker,
    ::testing::Values(Broken{"wrong_check", ErrorKind::malformed, "41, expected 42"},
                      Broken{"crash", ErrorKind::crashed, "signal 11"},
                      Broken{"exit", ErrorKind::crashed,
                             "code 7 before it was done; its last words: the reason"},
                      Broken{"hang", ErrorKind::timeout, "said nothing for"},
                      Broken{"garbage", ErrorKind::malformed, "Segmentation fault"},
                      Broken{"fails", ErrorKind::malformed, "not a number"},
                      Broken{"no_window", ErrorKind::malformed, "without its window"},
                      Broken{"old_protocol", ErrorKind::unsupported, "protocol 99"},
                      Broken{"backwards", ErrorKind::malformed, "ends before it begins"},
                      Broken{"lost_latencies", ErrorKind::malformed, "without their window"}),
    [](const auto& broken) { return std::string(broken.param.workload); });

TEST(Runner, ColdAndActiveIdleAroundTheWork) {
  results::Settings settings;
  settings.workload = "good";
  settings.phases = {"train"};
  settings.epochs = 1;
  RunnerContext context;
  context.worker = std::string(BTRACK_SOURCE_DIR) + "/tests/fakes/fake_worker.py";
  context.baseline = Seconds(0.3);
  auto record = run_workload(settings, context);
  ASSERT_EQ(record.status, Status::complete) << record.failure->message;
  std::vector<std::string> phases;
  for (const auto& window : record.windows) phases.push_back(window.phase);
  EXPECT_EQ(phases, (std::vector<std::string>{"idle", "setup", "active_idle", "train",
                                              "active_idle", "idle"}));
  ASSERT_EQ(record.baselines.size(), 2U);
  EXPECT_EQ(record.baselines[0].kind, "cold");
  EXPECT_EQ(record.baselines[1].kind, "active");
  EXPECT_EQ(record.windows[3].net.size(), 2U);

  settings.workload = "crash";
  record = run_workload(settings, context);
  EXPECT_EQ(record.status, Status::failed);
  ASSERT_EQ(record.baselines.size(), 2U);
  EXPECT_EQ(record.baselines[0].power.note, "the idle power after the work was not measured");
}

results::RunRecord serve(std::optional<double> rate, std::optional<double> latency_limit,
                         const std::string& workload = "queue") {
  results::Settings settings;
  settings.workload = workload;
  settings.phases = {"server"};
  settings.rate = rate;
  settings.latency_limit = latency_limit;
  settings.infer_seconds = 4.0;
  RunnerContext context;
  context.worker = std::string(BTRACK_SOURCE_DIR) + "/tests/fakes/fake_worker.py";
  return run_workload(settings, context);
}

TEST(Runner, ServerLatenciesHoldTheWaitOfAnMD1Queue) {
  constexpr double kService = 0.005;  // of the fake worker
  const auto record = serve(100.0, std::nullopt);
  ASSERT_EQ(record.status, Status::complete) << record.failure->message;
  const auto figures = results::scenario_figures(record, results::phase::server);
  ASSERT_TRUE(figures && figures->latency);
  EXPECT_EQ(figures->latency->queries, figures->queries);
  EXPECT_NEAR(static_cast<double>(figures->queries), 5 * 4 * 100, 200);
  EXPECT_EQ(figures->rate, 100.0);
  // Pollaczek and Khinchine: load x service / (2 x (1 - load)) at a load of 0.5.
  EXPECT_NEAR(figures->latency->mean.count() - kService, kService / 2.0, kService / 4.0);
  EXPECT_TRUE(figures->flags.empty());
  for (const auto& window : record.windows) EXPECT_NE(window.phase, "server_probe");
}

TEST(Runner, RateSearchFindsWhatTheServerCanDo) {
  // Of an M/D/1 queue of 200 queries/s, 99 % wait less than 35 ms at about 150 /s (the exponential
  // tail), and less than 5 ms at 27 /s (exactly).
  for (const auto& [limit, low, high] : {std::tuple{0.04, 110.0, 195.0}, {0.01, 15.0, 60.0}}) {
    const auto record = serve(std::nullopt, limit);
    ASSERT_EQ(record.status, Status::complete) << record.failure->message;
    const auto figures = results::scenario_figures(record, results::phase::server);
    ASSERT_TRUE(figures && figures->latency);
    EXPECT_GE(figures->rate.value_or(0.0), low);
    EXPECT_LE(figures->rate.value_or(0.0), high);
    EXPECT_LT(figures->latency->p99.estimate.value, 1.5 * limit);
    const auto points = results::rate_points(record);
    EXPECT_GT(points.size(), 3U);
    EXPECT_TRUE(std::ranges::is_sorted(points, {}, &results::RatePoint::rate));
    EXPECT_EQ(std::ranges::count(points, false, &results::RatePoint::probe), 1);
    EXPECT_FALSE(record.settings.rate);  // what was asked for stays
  }
}

TEST(Runner, NoRateKeepsALimitBelowTheServiceTime) {
  const auto record = serve(std::nullopt, 0.004);
  EXPECT_EQ(record.status, Status::failed);
  ASSERT_TRUE(record.failure);
  EXPECT_EQ(record.failure->kind, ErrorKind::incomplete);
  EXPECT_NE(record.failure->message.find("no rate keeps the latency limit of 0.00400 s"),
            std::string::npos)
      << record.failure->message;
  EXPECT_EQ(record.windows.back().phase, "server_probe");
}

TEST(Runner, AServerThatFallsBehindIsFlagged) {
  const auto record = serve(300.0, 0.1);
  ASSERT_EQ(record.status, Status::complete);
  EXPECT_EQ(results::scenario_figures(record, results::phase::server)->flags,
            (std::vector<std::string>{"overloaded", "over-limit"}));
}

TEST(Runner, AWorkerWithoutLatenciesIsValidButCannotBeSearched) {
  const auto record = serve(100.0, std::nullopt, "good");
  ASSERT_EQ(record.status, Status::complete) << record.failure->message;
  const auto figures = results::scenario_figures(record, results::phase::server);
  ASSERT_TRUE(figures);
  EXPECT_FALSE(figures->latency);
  EXPECT_EQ(figures->flags.front(), "latency-unknown");
  const auto searched = serve(std::nullopt, 0.1, "good");
  ASSERT_TRUE(searched.failure);
  EXPECT_NE(searched.failure->message.find("told no latencies"), std::string::npos);
}

TEST(Runner, WhatWasFinishedBeforeACrashIsKept) {
  const auto record = run("crash");
  EXPECT_EQ(results::phase_items(record, "train"), 1000);
}

TEST(Runner, StopOnRequestIsARecordToo) {
  int asked = 0;
  const auto record = run("slow", Seconds(20.0), [&] { return ++asked > 3; });
  EXPECT_EQ(record.status, Status::interrupted);
  EXPECT_EQ(record.failure->kind, ErrorKind::interrupted);
}

TEST(Runner, AMissingWorkerIsARecordToo) {
  results::Settings settings;
  settings.workload = "good";
  RunnerContext context;
  context.worker = "/nowhere/btrack-worker";
  const auto record = run_workload(settings, context);
  EXPECT_EQ(record.status, Status::failed);
  EXPECT_EQ(record.failure->kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace btrack::bench
