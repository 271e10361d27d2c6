// SPDX-License-Identifier: Apache-2.0
// Batch sizes that an entry leaves open come from its variant, profile and scale.
#include "btrack/bench/catalogue.hpp"

#include <gtest/gtest.h>

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
