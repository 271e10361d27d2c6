// SPDX-License-Identifier: Apache-2.0
// Batch sizes that an entry leaves open come from its variant, profile and scale.
#include "btrack/bench/catalogue.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "btrack/core/file.hpp"

namespace btrack::bench {
namespace {

CatalogueRow row_of_two_variants() {
  CatalogueRow row;
  row.name = "net";
  row.epochs = 3;
  row.tiny_batch = 2;
  row.answer = {512, 128};
  row.tiny_answer = {16, 16};
  row.variants = {{"512", "", 10, {{"standard", 10, 20}, {"alpha", 5, 6}}},
                  {"1536", "", 90, {{"standard", 1, 2}, {"alpha", 0, 1}}}};
  return row;
}

class Complete : public ::testing::Test {
 protected:
  Complete() { entry_.workload = "net"; }
  Result<results::Settings> completed() {
    std::vector entries{entry_};
    auto done = complete_settings(entries, {row_of_two_variants(), {.name = "plain", .batch = 7}});
    if (!done) return fail(done.error());
    return entries[0];
  }
  std::string refusal() {
    const auto done = completed();
    if (done) return "accepted";
    EXPECT_FALSE(done.error().remedy.empty());
    return done.error().message;
  }
  results::Settings entry_;
};

TEST_F(Complete, TheFirstVariantIsMeantWhereNoneIsNamed) {
  EXPECT_EQ(completed()->batch, 10);
  EXPECT_EQ(completed()->infer_batch, 20);
  EXPECT_EQ(completed()->epochs, 3);
}

TEST_F(Complete, VariantProfileAndScaleDecide) {
  entry_.variant = "1536";
  EXPECT_EQ(completed()->batch, 1);
  entry_.profile = "alpha";
  EXPECT_EQ(completed()->batch, 0) << "no such test";
  EXPECT_EQ(completed()->infer_batch, 1);
  entry_.scale = "tiny";
  EXPECT_EQ(completed()->batch, 2);
  entry_.batch = 9;
  EXPECT_EQ(completed()->batch, 9) << "what is named is kept";
}

TEST_F(Complete, LengthsOfPromptAndAnswerWhereAPhaseHasThem) {
  EXPECT_EQ(completed()->prompt, 0) << "no phase that reads it";
  entry_.phases = {"infer", "decode"};
  EXPECT_EQ(completed()->prompt, 512);
  EXPECT_EQ(completed()->generate, 128);
  entry_.generate = 9;
  EXPECT_EQ(completed()->generate, 9) << "what is named is kept";
  entry_.scale = "tiny";
  EXPECT_EQ(completed()->prompt, 16);
  entry_.scale = "full";
  entry_.workload = "plain";
  EXPECT_EQ(refusal(), "plain has no phase decode: it does not generate tokens");
}

TEST_F(Complete, AWorkerWithoutVariantsHasItsDefaultsOnly) {
  entry_.workload = "plain";
  EXPECT_EQ(completed()->batch, 7);
  entry_.scale = "tiny";
  EXPECT_EQ(refusal(), "the worker has no scale 'tiny' of plain");
}

TEST(CompleteFiles, TheirRowsGiveNameAndBatch) {
  const std::vector<CatalogueRow> rows{{.name = "net.pt", .batch = 7, .infer_batch = 7},
                                       {.name = "good.pt",
                                        .batch = 16,
                                        .infer_batch = 16,
                                        .epochs = 1,
                                        .inference_only = true,
                                        .file = "/b/net.pt"}};
  std::vector<results::Settings> entries(3);
  for (auto& entry : entries) entry.workload = "net.pt";
  entries[0].file = entries[1].file = "/b/net.pt";
  entries[1].batch = 3;
  entries[2].file = "/c/gone.pt";
  ASSERT_TRUE(complete_settings(entries, rows));
  EXPECT_EQ(entries[0].workload, "good.pt");
  EXPECT_EQ(entries[0].infer_batch, 16);
  EXPECT_EQ(entries[1].infer_batch, 3) << "inference has only one batch";
  EXPECT_EQ(entries[2].workload, "net.pt") << "its run will say what is wrong";
  EXPECT_EQ(entries[2].infer_batch, 0);
}

/// A worker that answers --describe as told.
class Describe : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  Result<void> added(const std::string& answer, std::vector<std::string> files) {
    const auto worker = folder_ / "worker";
    EXPECT_TRUE(write_file(worker, "#!/bin/sh\nprintf '%s ' \"$@\" > \"$0.asked\"\ncat <<'EOF'\n" +
                                       answer + "\nEOF\n"));
    std::filesystem::permissions(worker, std::filesystem::perms::owner_all);
    std::vector<results::Settings> entries;
    for (auto& file : files) entries.emplace_back().file = std::move(file);
    rows_.clear();
    return add_files(worker, entries, rows_);
  }
  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("describe-") + ::testing::UnitTest::GetInstance()->current_test_info()->name() +
       "-" + std::to_string(::getpid()));
  std::vector<CatalogueRow> rows_;
};

constexpr const char* kGood =
    R"({"name":"a","file":"/a.pt","defaults":{"batch":4,"infer_batch":4}})";
constexpr const char* kBad =
    R"({"file":"/b.pt","error":{"kind":"malformed","message":"b is damaged","remedy":"again"}})";

TEST_F(Describe, EachFileIsAskedForOnce) {
  const auto answer = std::string("[") + kGood + "," + kBad + "]";
  ASSERT_TRUE(added(answer, {"/a.pt", "/b.pt", "", "/a.pt"}));
  ASSERT_EQ(rows_.size(), 1U) << "one that is damaged has no row";
  EXPECT_EQ(rows_[0].infer_batch, 4);
  EXPECT_EQ(rows_[0].file, "/a.pt");
  EXPECT_EQ(read_file(folder_ / "worker.asked").value(), "--describe /a.pt /b.pt ");
}

TEST_F(Describe, NothingThatCouldRunIsAnErrorAtOnce) {
  const auto refused = added(std::string("[") + kBad + "]", {"/b.pt"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::malformed);
  EXPECT_EQ(refused.error().message, "b is damaged");
  EXPECT_EQ(refused.error().remedy, "again");
  EXPECT_TRUE(added(std::string("[") + kBad + "]", {"/b.pt", ""})) << "the other entry can";
  EXPECT_EQ(added("nonsense", {"/b.pt"}).error().kind, ErrorKind::malformed);
}

TEST_F(Describe, WithoutModelFilesNobodyIsAsked) {
  EXPECT_TRUE(added("nonsense", {""}));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "worker.asked"));
}

TEST_F(Complete, UnknownWordsAreNamedWithTheirNeighbour) {
  entry_.variant = "153";
  EXPECT_NE(refusal().find("variant of net '153' (did you mean '1536'"), std::string::npos)
      << refusal();
  entry_.variant = "";
  entry_.profile = "alfa";
  EXPECT_NE(refusal().find("'alpha'"), std::string::npos) << refusal();
  entry_.workload = "nett";
  EXPECT_NE(refusal().find("there is no workload 'nett'"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace btrack::bench
