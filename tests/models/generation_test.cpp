// SPDX-License-Identifier: Apache-2.0
// The cache of keys and values: what is answered with it is what is answered without it.
#include "btrack/models/generation.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randint.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "btrack/models/device.hpp"

namespace btrack::models {
namespace {

constexpr std::int64_t kPrompt = 7;
constexpr std::int64_t kAnswer = 9;
constexpr auto kGoOn = [](std::int64_t) { return true; };

double largest(const at::Tensor& x) { return x.abs().max().item<double>(); }

struct Case {
  std::string model;
  std::int64_t batch;
};

class Cached : public ::testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() { set_threads(1); }
  void SetUp() override {
    auto generator = at::detail::createCPUGenerator(3);
    const c10::InferenceMode inference;
    prompts_ = at::randint(0, 128, {GetParam().batch, kPrompt}, generator, at::kLong);
    network_->eval();
  }

  /// Of the last token, batch x 1 x vocabulary, every token computed anew.
  at::Tensor plain_logits(const at::Tensor& tokens) {
    const at::Tensor inputs[] = {tokens};
    return network_->forward(inputs).narrow(1, tokens.size(1) - 1, 1);
  }

  const NetworkPtr network_ =
      make_network(selection_of(**find_model(GetParam().model), Scale::tiny), 5, at::kCPU);
  at::Tensor prompts_;
};

TEST_P(Cached, EveryStepGivesTheLogitsOfThePlainForwardPass) {
  const c10::InferenceMode inference;
  Generative& decoder = *generative(*network_);
  KeyValueCache cache(decoder.cache_shape(), GetParam().batch, kPrompt + kAnswer, at::kFloat);
  at::Tensor seen = prompts_;
  at::Tensor logits = decoder.extend(prompts_, cache);
  for (std::int64_t step = 0; step < kAnswer; ++step) {
    const at::Tensor plain = plain_logits(seen);
    ASSERT_LE(largest(logits - plain), 1e-5 * largest(plain)) << "step " << step;
    EXPECT_EQ(cache.length(), kPrompt + step);
    const at::Tensor next = plain.argmax(-1);
    seen = at::cat({seen, next}, 1);
    logits = decoder.extend(next, cache);
  }
}

TEST_P(Cached, GreedyAnswersAreThoseOfThePlainForwardPass) {
  const c10::InferenceMode inference;
  at::Tensor seen = prompts_;
  for (std::int64_t i = 0; i < kAnswer; ++i) {
    seen = at::cat({seen, plain_logits(seen).argmax(-1)}, 1);
  }
  Generator generator(network_, prompts_, kAnswer, Precision::fp32);
  for (int round = 0; round < 2; ++round) {  // the second goes on from the same prompts
    if (round == 0) generator.prefill();
    EXPECT_TRUE(generator.decode(kGoOn));
    EXPECT_TRUE(generator.answers().equal(seen.narrow(1, kPrompt, kAnswer))) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Decoders, Cached,
                         ::testing::Values(Case{"llama_mini", 1}, Case{"llama_mini", 3},
                                           Case{"llama_8b", 2}, Case{"moe_mini", 1},
                                           Case{"moe_mini", 3}),
                         [](const auto& decoder) {
                           return decoder.param.model + "_" + std::to_string(decoder.param.batch);
                         });

TEST(Generator, CountsTokensStopsAndRefusesDecodeBeforePrefill) {
  const c10::InferenceMode inference;
  const auto network =
      make_network(selection_of(**find_model("llama_mini"), Scale::tiny), 5, at::kCPU);
  Generator generator(network, at::arange(8).view({2, 4}), 6, Precision::fp32);
  EXPECT_EQ(generator.prompt_tokens(), 8);
  EXPECT_THROW(generator.decode(kGoOn), c10::Error);
  generator.prefill();
  std::vector<std::int64_t> told;
  EXPECT_TRUE(generator.decode([&](std::int64_t tokens) {
    told.push_back(tokens);
    return true;
  }));
  EXPECT_EQ(told, (std::vector<std::int64_t>{2, 4, 6, 8, 10})) << "5 further tokens, 2 answers";
  EXPECT_FALSE(generator.decode([](std::int64_t tokens) { return tokens < 4; }));
}

NetworkPtr tiny(std::string_view name) {
  return make_network(selection_of(**find_model(name), Scale::tiny), 5, at::kCPU);
}

TEST(Generator, InBfloat16EveryStepGivesTheLogitsOfThePlainForwardPassInIt) {
  const c10::InferenceMode inference;
  const auto network = tiny("llama_mini");
  network->eval();
  const Autocast autocast(Precision::bf16, at::kCPU);
  Generative& decoder = *generative(*network);
  KeyValueCache cache(decoder.cache_shape(), 2, kPrompt + 4, at::kBFloat16);
  at::Tensor next = at::arange(2 * kPrompt).view({2, kPrompt});
  at::Tensor seen = next;
  for (int step = 0; step < 4; ++step) {
    const at::Tensor logits = decoder.extend(next, cache);
    const at::Tensor inputs[] = {seen};
    const at::Tensor plain = network->forward(inputs).narrow(1, seen.size(1) - 1, 1);
    EXPECT_EQ(logits.scalar_type(), at::kBFloat16);
    ASSERT_LE(largest(logits - plain), 0.02 * largest(plain)) << "step " << step;
    next = plain.argmax(-1);
    seen = at::cat({seen, next}, 1);
  }
}

TEST(Generator, AStepReadsAllWeightsAndTheCacheSoFar) {
  const auto read = [](std::string_view model, Precision precision) {
    return Generator(tiny(model), at::arange(8).view({2, 4}), 6, precision).bytes_per_step();
  };
  // 2 answers, keys and values, 2 layers, 4 heads of 8; 4 tokens of the prompt and 3 on average.
  const double weights = static_cast<double>(count_values(*tiny("llama_mini")).parameters);
  EXPECT_DOUBLE_EQ(read("llama_mini", Precision::fp32), 4.0 * (weights + 2 * 2 * 2 * 4 * 8 * 7));
  EXPECT_DOUBLE_EQ(read("llama_mini", Precision::bf16), 2.0 * (weights + 2 * 2 * 2 * 4 * 8 * 7));
}

TEST(Generator, AStepReadsTheExpertsThatWereAskedAndTwoRowsOfTheEmbedding) {
  const auto left_out = [](std::string_view model, std::int64_t batch) {
    const auto network = tiny(model);
    return count_values(*network).parameters - generative(*network)->weights_read(batch);
  };
  constexpr std::int64_t kExpert = 3 * 64 * 128;
  EXPECT_EQ(left_out("moe_mini", 1), 2 * 6 * kExpert) << "2 layers, 2 of 8 experts";
  EXPECT_EQ(left_out("moe_mini", 3), 2 * 2 * kExpert);
  EXPECT_EQ(left_out("moe_mini", 4), 0);
  EXPECT_EQ(left_out("llama_8b", 2), (128 - 2) * 512) << "the head is a matrix of its own";
}

TEST(Generator, OnlyDecodersGenerate) {
  const auto network = describe_network(selection_of(**find_model("lenet5")));
  EXPECT_EQ(generative(*network), nullptr);
}

TEST(MakePrompts, TokensOneBehindTheOtherFromTheStartAgain) {
  const Split split{{at::arange(6).view({2, 3})}, at::arange(2)};
  EXPECT_TRUE(make_prompts(split, 2, 4).equal(at::arange(8).remainder(6).view({2, 4})));
}

}  // namespace
}  // namespace btrack::models
