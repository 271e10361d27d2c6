// SPDX-License-Identifier: Apache-2.0
// What the words of a run's settings choose, and what is said about wrong ones.
#include "btrack/models/selection.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "btrack/bench/suite.hpp"
#include "btrack/models/precision.hpp"
#include "btrack/results/ai_benchmark.hpp"

namespace btrack::models {
namespace {

class Select : public ::testing::Test {
 protected:
  Select() { settings_.workload = "srcnn_955"; }

  void expect_refused(ErrorKind kind, const std::string& words) {
    auto settings = settings_;
    const auto selected = select(settings);
    ASSERT_FALSE(selected) << words;
    EXPECT_EQ(selected.error().kind, kind);
    EXPECT_NE(selected.error().message.find(words), std::string::npos) << selected.error().message;
    EXPECT_FALSE(selected.error().remedy.empty());
  }

  results::Settings settings_;
};

TEST_F(Select, TheFirstVariantInStandardModeByDefault) {
  const auto selected = select(settings_).value();
  EXPECT_EQ(selected.variant->name, "512");
  EXPECT_FALSE(selected.config.faithful());
  EXPECT_EQ(settings_.batch, 10);
  EXPECT_EQ(settings_.epochs, 1);
}

TEST_F(Select, ProfilesAreBatchesAndMode) {
  settings_.profile = "tracker";
  const auto selected = select(settings_).value();
  EXPECT_TRUE(selected.config.faithful());
  EXPECT_EQ(settings_.batch, 40);
  EXPECT_EQ(settings_.infer_batch, 40);

  settings_ = {};
  settings_.workload = "srcnn_955";
  settings_.profile = "micro";
  settings_.phases = {"infer"};
  ASSERT_TRUE(select(settings_));
  EXPECT_EQ(settings_.infer_batch, 1);
}

TEST_F(Select, LengthsOfPromptAndAnswerAreTheRowsWhereAPhaseHasThem) {
  settings_.workload = "llama_1b";
  ASSERT_TRUE(select(settings_));
  EXPECT_EQ(settings_.prompt, 0) << "no phase that reads it";
  settings_.phases = {"prefill", "decode"};
  settings_.generate = 5;
  ASSERT_TRUE(select(settings_));
  EXPECT_EQ(settings_.prompt, 512);
  EXPECT_EQ(settings_.generate, 5);
  settings_.prompt = settings_.generate = 0;
  settings_.scale = "tiny";
  ASSERT_TRUE(select(settings_));
  EXPECT_EQ(settings_.prompt, 16);
  EXPECT_EQ(settings_.generate, 16);
  settings_.generate = 1;
  expect_refused(ErrorKind::usage, "decode needs answers of at least 2 tokens");
  settings_.workload = "srcnn_955";
  expect_refused(ErrorKind::usage, "it does not generate tokens");
}

TEST_F(Select, AVariantHasItsOwnInputAndTests) {
  settings_.variant = "1536";
  settings_.profile = "alpha";
  settings_.phases = {"infer"};
  const auto selected = select(settings_).value();
  EXPECT_EQ(selected.config.inputs[0].shape()[1], 1536);
  EXPECT_EQ(settings_.infer_batch, 1);

  settings_.phases = {"train", "infer"};
  expect_refused(ErrorKind::usage, "profile alpha has no training test of srcnn_955 at 1536");
  settings_.batch = 1;
  EXPECT_TRUE(select(settings_)) << "a batch that is named is taken";
}

TEST_F(Select, TrainingAloneIsEvaluatedInItsOwnBatches) {
  settings_.workload = "vgg19_sr";  // AI Benchmark infers with it at other sizes only
  settings_.profile = "alpha";
  settings_.phases = {"train"};
  ASSERT_TRUE(select(settings_));
  EXPECT_EQ(settings_.batch, 10);
  EXPECT_EQ(settings_.infer_batch, 10);
}

bench::Suite suite_named(const std::string& name) {
  const auto suite = bench::load_suite(fmt::format("{}/suites/{}.toml", BTRACK_SOURCE_DIR, name));
  EXPECT_TRUE(suite) << suite.error().message;
  return suite.value_or(bench::Suite{});
}

/// Each entry of the suite is one of the tests, and no test is missing.
void expect_all_tests(const std::string& suite_name, Profile profile) {
  std::set<std::string> listed;
  for (auto settings : suite_named(suite_name).entries) {
    EXPECT_EQ(settings.profile, profile_name(profile));
    for (const auto& phase : settings.phases) {
      const auto test = fmt::format("{} {} {}", settings.workload, settings.variant, phase);
      EXPECT_TRUE(listed.insert(test).second) << test << " is there twice";
    }
    const auto selected = select(settings);
    EXPECT_TRUE(selected) << selected.error().message;
  }
  const bool micro = profile == Profile::micro;
  std::set<std::string> wanted;
  for (const auto& test : results::ai_benchmark_tests()) {
    if (micro != (test.test == results::ai_test::micro)) continue;
    wanted.insert(fmt::format("{} {} {}", test.workload, test.variant,
                              micro ? results::phase::infer : test.test));
  }
  EXPECT_EQ(listed, wanted) << suite_name;
}

TEST(AiBenchmarkSuites, HaveTheTestsOfTheirModels) {
  expect_all_tests("ai-benchmark", Profile::alpha);
  expect_all_tests("ai-benchmark-micro", Profile::micro);
}

/// The rows that neither the ladder's data sets nor AI Benchmark's tests belong to.
std::set<std::string> modern_rows() {
  std::set<std::string> names;
  for (const auto& model : models()) {
    const auto tests = results::ai_benchmark_tests();
    const bool alpha = std::any_of(tests.begin(), tests.end(),
                                   [&](const auto& test) { return test.workload == model.name; });
    if (model.source == Source::synthetic && !alpha) names.emplace(model.name);
  }
  return names;
}

TEST(ModernSuites, ListTheWholeSet) {
  for (const auto* name : {"modern", "modern-tiny"}) {
    std::set<std::string> listed;
    for (auto settings : suite_named(name).entries) {
      EXPECT_EQ(settings.scale, name == std::string("modern") ? "full" : "tiny");
      EXPECT_TRUE(listed.insert(settings.workload).second)
          << settings.workload << " is there twice";
      const auto selected = select(settings);
      EXPECT_TRUE(selected) << selected.error().message;
    }
    EXPECT_EQ(listed, modern_rows()) << name;
  }
}

TEST(ModernSuites, TrainAndInferEverythingWhereItIsTiny) {
  for (const auto& settings : suite_named("modern-tiny").entries) {
    EXPECT_EQ(settings.phases, (std::vector<std::string>{"train", "infer"})) << settings.workload;
  }
}

TEST_F(Select, TinyIsSmallAndSynthetic) {
  settings_.workload = "lenet5";
  EXPECT_FALSE(select(settings_).value().synthetic(settings_));
  settings_ = {};
  settings_.workload = "lenet5";
  settings_.scale = "tiny";
  const auto selected = select(settings_).value();
  EXPECT_TRUE(selected.synthetic(settings_));
  EXPECT_EQ(settings_.batch, 2);
}

TEST_F(Select, WrongWordsAreNamedWithTheirNeighbours) {
  settings_.variant = "153";
  expect_refused(ErrorKind::usage, "srcnn_955 has no variant '153'");
  settings_.variant = "";
  settings_.profile = "alfa";
  expect_refused(ErrorKind::usage, "did you mean 'alpha'");
  settings_.profile = "standard";
  settings_.scale = "small";
  expect_refused(ErrorKind::usage, "there is no scale 'small'");
  settings_.workload = "srcnn";
  expect_refused(ErrorKind::usage, "there is no workload 'srcnn'");
}

TEST(Precision, IsRefusedWhereTheDeviceCannot) {
  EXPECT_EQ(choose_precision("bf16", c10::kCPU), Precision::bf16);
  for (const auto* name : {"tf32", "fp16"}) {
    const auto refused = choose_precision(name, c10::kCPU);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
    EXPECT_EQ(refused.error().message, std::string(name) + " needs a CUDA device, not cpu");
  }
  EXPECT_EQ(choose_precision("int8", c10::kCPU).error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace btrack::models
