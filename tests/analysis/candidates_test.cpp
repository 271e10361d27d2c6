// SPDX-License-Identifier: Apache-2.0
// Which records become candidates, and what is said of the others.
#include <gtest/gtest.h>

#include "btrack/analysis/trade_off.hpp"

namespace btrack::analysis {
namespace {

using results::RunRecord;

/// 4 repetitions of 500 items in 0.5 s at 1 J each.
RunRecord record(const std::string& id, const std::string& workload) {
  RunRecord r;
  r.id = id;
  r.status = results::Status::complete;
  r.settings.workload = workload;
  r.parameters = 7;
  r.qualities = {{"accuracy", 0.8, 0}, {"accuracy", 0.9, 1}};
  for (int i = 0; i < 4; ++i) {
    results::PhaseWindow w;
    w.phase = "infer";
    w.index = i;
    w.window = {steady_from_ns(i * 1'000'000'000LL),
                steady_from_ns(i * 1'000'000'000LL + 500'000'000)};
    w.items = 500;
    w.energy.total.source = power::EnergySource::measured;
    w.energy.total.grade = power::Grade::C;
    w.energy.total.value = Joules(1.0);
    w.energy.total.low = Joules(0.9);
    w.energy.total.high = Joules(1.1);
    r.windows.push_back(w);
  }
  return r;
}

TEST(Comparable, MakesACandidateOfACompleteRecord) {
  const RunRecord records[] = {record("a", "lenet5")};
  const Comparable c = comparable(records);
  ASSERT_EQ(c.candidates.size(), 1U);
  const Candidate& one = c.candidates[0];
  EXPECT_EQ(one.accuracy, 0.9);
  EXPECT_DOUBLE_EQ(one.energy_per_1000.value.value(), 2.0);
  EXPECT_DOUBLE_EQ(one.energy_per_1000.low.value(), 1.8);
  EXPECT_DOUBLE_EQ(one.seconds_per_1000.count(), 1.0);
  EXPECT_DOUBLE_EQ(one.repeated_joules.low, 2.0);
  EXPECT_EQ(one.repeated_seconds.n, 4U);
  EXPECT_EQ(one.train_energy.source, power::EnergySource::missing);
  EXPECT_EQ(one.parameters, 7);
}

TEST(Comparable, SaysWhyTheOthersAreLeftOut) {
  RunRecord failed = record("failed", "a");
  failed.status = results::Status::failed;
  failed.failure = Error{ErrorKind::crashed, "the worker was killed", ""};
  RunRecord blind = record("blind", "b");
  blind.qualities.clear();
  RunRecord idle = record("idle", "c");
  idle.windows.clear();
  RunRecord unmetered = record("unmetered", "d");
  for (auto& window : unmetered.windows) window.energy.total = {};
  for (auto& window : unmetered.windows) window.energy.total.note = "no counter";
  const RunRecord records[] = {failed, blind, idle, unmetered};
  const Comparable c = comparable(records);
  EXPECT_TRUE(c.candidates.empty());
  ASSERT_EQ(c.left_out.size(), 4U);
  EXPECT_EQ(c.left_out[0].first, "failed");
  EXPECT_EQ(c.left_out[0].second, "the run is failed: the worker was killed");
  EXPECT_EQ(c.left_out[1].second, "it has no accuracy");
  EXPECT_EQ(c.left_out[2].second, "it did not infer");
  EXPECT_EQ(c.left_out[3].second.find("its inference energy is missing"), 0U);
}

TEST(Comparable, TheNewestOfAWorkloadAndItsSettingsCounts) {
  RunRecord other_batch = record("other", "lenet5");
  other_batch.settings.batch = 64;
  RunRecord newer_but_failed = record("failed", "lenet5");
  newer_but_failed.status = results::Status::interrupted;
  const RunRecord records[] = {record("old", "lenet5"), other_batch, record("new", "lenet5"),
                               newer_but_failed};
  const Comparable c = comparable(records);
  ASSERT_EQ(c.candidates.size(), 2U);
  EXPECT_EQ(c.candidates[0].run, "other");
  EXPECT_EQ(c.candidates[1].run, "new");
  ASSERT_EQ(c.left_out.size(), 2U);
  EXPECT_EQ(c.left_out[0].second, "a newer run has the same workload and settings");
  EXPECT_EQ(c.left_out[1].second, "the run is interrupted");
  EXPECT_TRUE(comparable({}).candidates.empty());
}

}  // namespace
}  // namespace btrack::analysis
