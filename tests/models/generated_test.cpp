// SPDX-License-Identifier: Apache-2.0
// Generated tasks: what they ask is what they say, and the networks learn it.
#include "btrack/models/generated.hpp"

#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include "btrack/models/device.hpp"
#include "btrack/models/training.hpp"

namespace btrack::models {
namespace {

constexpr auto kGoOn = [](std::int64_t) { return true; };

struct Tiny {
  Selection selected;
  results::Settings settings;
};

Tiny tiny(const std::string& workload, const std::string& data, std::int64_t seed = 1) {
  Tiny made;
  made.settings.workload = workload;
  made.settings.data = data;
  made.settings.scale = "tiny";
  made.settings.seed = seed;
  made.selected = select(made.settings).value();
  return made;
}

DataSet data_of(const std::string& workload, const std::string& data, std::int64_t seed = 1) {
  const auto [selected, settings] = tiny(workload, data, seed);
  return load_data(selected, settings, at::kCPU).value();
}

/// The given half of every sequence, and what is asked for after it.
std::pair<at::Tensor, at::Tensor> halves(const Split& split) {
  const std::int64_t half = split.inputs[0].size(1) / 2;
  return {split.inputs[0].narrow(1, 0, half), split.targets.narrow(1, half, half)};
}

TEST(Sequences, AskForTheGivenHalfInItsOrder) {
  const auto [copied, copy] = halves(data_of("gpt2_124m", "generated:copy").test);
  EXPECT_TRUE(copy.equal(copied));
  const auto [turned, reverse] = halves(data_of("gpt2_124m", "generated:reverse").test);
  const std::int64_t last = turned.size(1) - 1;
  for (std::int64_t i = 0; i <= last; ++i) {
    EXPECT_TRUE(reverse.select(1, i).equal(turned.select(1, last - i))) << i;
  }
  const auto [mixed, sorted] = halves(data_of("gpt2_124m", "generated:sort").test);
  EXPECT_TRUE(sorted.narrow(1, 1, last).ge(sorted.narrow(1, 0, last)).all().item<bool>());
  EXPECT_TRUE(sorted.sum(1).equal(mixed.sum(1)));
}

TEST(Sequences, ShowTheAnswersSoFarAndAskForNothingElse) {
  const Split split = data_of("gpt2_124m", "generated:copy").train;
  const at::Tensor& tokens = split.inputs[0];
  const std::int64_t half = tokens.size(1) / 2;
  EXPECT_TRUE(split.targets.narrow(1, 0, half).eq(kNoTarget).all().item<bool>());
  EXPECT_TRUE(tokens.narrow(1, half + 1, half - 1).equal(split.targets.narrow(1, half, half - 1)))
      << "the next token";
  EXPECT_EQ(tokens.select(1, half).min().item<int>(), 64) << "the separator is no symbol";
  EXPECT_LT(tokens.narrow(1, 0, half).max().item<int>(), 64);
}

TEST(Generated, FollowsFromTheSeed) {
  for (const auto& [workload, data] : {std::pair{"llama_mini", "generated:sort"},
                                       {"graphsage", "generated:communities"},
                                       {"unet", "generated:shapes"},
                                       {"dlrm_dcnv2", "generated:clicks"}}) {
    const DataSet first = data_of(workload, data);
    const DataSet again = data_of(workload, data);
    const DataSet other = data_of(workload, data, 2);
    EXPECT_TRUE(first.has_truth);
    EXPECT_TRUE(first.test.targets.equal(again.test.targets)) << data;
    EXPECT_FALSE(first.test.targets.equal(other.test.targets)) << data;
    for (std::size_t i = 0; i < first.train.inputs.size(); ++i) {
      EXPECT_TRUE(first.train.inputs[i].equal(again.train.inputs[i])) << data << ' ' << i;
    }
    const auto few = slice_inputs(first.train, 0, 1);
    EXPECT_FALSE(few[0].equal(first.test.inputs[0].narrow(0, 0, 1))) << data;
  }
}

TEST(Communities, HoldFourFifthsOfTheEdgesAndWhatChanceAdds) {
  const Split split = data_of("graphsage", "generated:communities").train;
  double inside = 0.0;
  for (std::int64_t i = 0; i < split.size(); ++i) {
    const at::Tensor of = split.targets.select(0, i);
    const auto ends = [&](std::size_t input) {
      return of.index_select(0, split.inputs[input].select(0, i));
    };
    inside += ends(1).eq(ends(2)).to(at::kFloat).mean().item<double>();
  }
  EXPECT_NEAR(inside / static_cast<double>(split.size()), 0.8 + 0.2 / 5, 0.03);
}

TEST(Shapes, EveryPixelIsOfOneKind) {
  const Split split = data_of("unet", "generated:shapes").test;
  EXPECT_TRUE(split.targets.sum(1).eq(255.0).all().item<bool>());
  EXPECT_EQ(split.targets.amax().item<double>(), 255.0);
  EXPECT_LE(split.inputs[0].amax().item<double>(), 255.0);
  const at::Tensor shares = split.targets.mean({0, 2, 3}).div_(255.0);
  for (std::int64_t kind = 0; kind < 3; ++kind) {
    EXPECT_GT(shares[kind].item<double>(), 0.05) << kind;
  }
  const at::Tensor brightness = split.inputs[0].amax(1);
  const at::Tensor covered = split.targets.select(1, 0).eq(0.0);
  EXPECT_GE(brightness.masked_select(covered).min().item<double>(), 127.0);
  EXPECT_LE(brightness.masked_select(covered.logical_not()).max().item<double>(), 128.0);
}

/// Accuracy on the test items after some epochs at tiny scale.
double reached(const std::string& workload, const std::string& data, TrainPlan plan) {
  set_threads(1);
  const auto [selected, settings] = tiny(workload, data);
  const DataSet items = load_data(selected, settings, at::kCPU).value();
  const auto network = make_network(selected, 1, at::kCPU);
  Trainer trainer(*network, items.train, plan);
  for (std::int64_t i = 0; i < plan.epochs; ++i) trainer.epoch(kGoOn);
  return evaluate(*network, items.test, {.batch = plan.batch}, kGoOn)->accuracy.value();
}

// One symbol of 64, one community of 5, the background's share, a coin: what ignorance reaches is
// in the comments, and what reaches the threshold has learned the task.
TEST(Generated, IsLearnedByATransformer) {
  EXPECT_GT(reached("gpt2_124m", "generated:sort", {.batch = 32, .epochs = 2}), 0.8);  // 0.016
}
TEST(Generated, IsLearnedByGraphSage) {
  EXPECT_GT(reached("graphsage", "generated:communities",
                    {.batch = 1, .epochs = 10, .learning_rate = 1e-2}),
            0.6);  // 0.2
}
TEST(Generated, IsLearnedByUNet) {
  EXPECT_GT(reached("unet", "generated:shapes", {.batch = 8, .epochs = 2, .learning_rate = 5e-3}),
            0.82);  // 0.74
}
TEST(Generated, IsLearnedByDlrm) {
  EXPECT_GT(reached("dlrm_dcnv2", "generated:clicks", {.batch = 128, .epochs = 1}), 0.7);  // 0.5
}

void expect_refused(const std::string& workload, const std::string& data, const std::string& words,
                    const std::string& profile = "standard") {
  auto [selected, settings] = tiny(workload, data);
  settings.profile = profile;
  selected = select(settings).value();
  const auto made = load_data(selected, settings, at::kCPU);
  ASSERT_FALSE(made) << words;
  EXPECT_EQ(made.error().kind, ErrorKind::usage);
  EXPECT_NE(made.error().message.find(words), std::string::npos) << made.error().message;
  EXPECT_FALSE(made.error().remedy.empty());
}

TEST(Generated, RefusesWhatItCannotAsk) {
  expect_refused("gpt2_124m", "generated:sorted", "did you mean 'sort'");
  expect_refused("unet", "generated:sort", "is not for unet, whose task is segmentation");
  expect_refused("resnet50", "generated:", "there is no generated task ''");
  expect_refused("llama_mini", "generated:sort", "profile tracker cannot leave", "tracker");
}

}  // namespace
}  // namespace btrack::models
