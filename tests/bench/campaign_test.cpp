// SPDX-License-Identifier: Apache-2.0
// A campaign goes on after failures, keeps what is finished, and completes what is left.
#include "btrack/bench/campaign.hpp"

#include <gtest/gtest.h>

namespace btrack::bench {
namespace {

namespace fs = std::filesystem;

class CampaignTest : public ::testing::Test {
 protected:
  fs::path file_ =
      fs::path(::testing::TempDir()) /
      (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".db");
  RunnerContext context_;
  void SetUp() override {
    clear();
    context_.worker = std::string(BTRACK_SOURCE_DIR) + "/tests/fakes/fake_worker.py";
  }
  void TearDown() override { clear(); }
  void clear() {
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(file_.string() + suffix);
  }
  static Suite suite(const std::vector<std::string>& workloads) {
    Suite made;
    made.name = "made";
    for (const auto& workload : workloads) {
      results::Settings settings;
      settings.workload = workload;
      settings.phases = {"train"};
      settings.epochs = 1;
      made.entries.push_back(settings);
    }
    return made;
  }
};

TEST_F(CampaignTest, AFailedEntryDoesNotEndIt) {
  auto store = results::ResultStore::open(file_);
  ASSERT_TRUE(store) << store.error().message;
  const auto campaign = new_campaign(suite({"good", "crash", "good"}), SystemClock());
  ASSERT_TRUE(store->add(campaign));
  int records = 0;
  CampaignObserver observer;
  observer.on_record = [&](const auto&, const auto&) { ++records; };
  const auto outcome = run_campaign(campaign, *store, context_, {}, observer);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(records, 3);
  EXPECT_EQ(outcome->complete, 2U);
  ASSERT_EQ(outcome->failed.size(), 1U);
  EXPECT_EQ(outcome->failed[0].entry, 1);
  EXPECT_EQ(store->runs()->size(), 3U) << "the failure is a record too";
}

TEST_F(CampaignTest, ResumingRunsOnlyWhatIsLeft) {
  auto store = results::ResultStore::open(file_);
  ASSERT_TRUE(store);
  const auto campaign = new_campaign(suite({"good", "good"}), SystemClock());
  ASSERT_TRUE(store->add(campaign));
  bool stop = false;
  context_.stop_requested = [&] { return stop; };
  CampaignObserver observer;
  observer.on_record = [&](const auto&, const auto&) { stop = true; };
  const auto first = run_campaign(campaign, *store, context_, {}, observer);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->interrupted);
  EXPECT_EQ(first->complete, 1U);

  stop = false;
  const auto kept = store->runs()->front().id;
  const auto reread = store->campaign("");
  ASSERT_TRUE(reread);
  const auto second = run_campaign(*reread, *store, context_, {}, {});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->complete, 2U);
  EXPECT_FALSE(second->interrupted);
  EXPECT_EQ(store->runs()->front().id, kept);
  const auto third = run_campaign(*reread, *store, context_, {}, {});
  EXPECT_EQ(store->runs()->size(), 3U) << "nothing is left to run: one interrupted, two complete";
}

}  // namespace
}  // namespace btrack::bench
