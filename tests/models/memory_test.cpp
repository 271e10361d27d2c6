// SPDX-License-Identifier: Apache-2.0
// The estimate of a run's memory: against what a run really takes, and what is done about too much.
#include "btrack/models/memory.hpp"

#include <gtest/gtest.h>

namespace btrack::models {
namespace {

constexpr std::int64_t kMebi = std::int64_t{1} << 20;

Selection selected(std::string_view name) { return selection_of(**find_model(name)); }

results::Settings asked(std::int64_t batch) {
  results::Settings settings;
  settings.phases = {"train", "infer"};
  settings.batch = settings.infer_batch = batch;
  return settings;
}

TEST(Memory, ValuesAreExact) {
  const MemoryNeed need = memory_need(selected("vgg16"));
  EXPECT_EQ(need.values, std::int64_t{4} * 138'357'544);
  EXPECT_EQ(need.learning, 3 * need.values);
  EXPECT_EQ(need.sample, std::int64_t{2} * 4 * 3 * 224 * 224);
}

/// 13.6 M values leave VGG-16's convolutions and fully connected layers (workload facts of the
/// graph); pooling adds 1.5 M, and ReLU works in place.
TEST(Memory, ActivationsAreThoseOfTheLayers) {
  const MemoryNeed need = memory_need(selected("vgg16"));
  const double kept = static_cast<double>(need.training - need.inference) / 4.0;
  EXPECT_NEAR(kept, 15.2e6, 0.5e6);
}

/// VGG-16's largest pair of activations is 64 x 224 x 224 values twice, its largest weight 102.8 M.
TEST(Memory, WeightsAreNotNeededForEverySample) {
  EXPECT_LT(memory_need(selected("vgg16")).inference, 64 * kMebi);
  EXPECT_LT(memory_need(selected("dlrm_dcnv2")).training, kMebi);
}

/// All of VGG-16 is convolutions and linear layers; of DLRM nearly all is tables, which nobody
/// casts.
TEST(Memory, AutocastKeepsHalfPrecisionCopiesOfFactors) {
  const MemoryNeed vgg = memory_need(selected("vgg16"));
  EXPECT_EQ(vgg.halves, std::int64_t{2} * 138'357'544);
  const MemoryNeed tables = memory_need(selected("dlrm_dcnv2"));
  EXPECT_GT(tables.halves, kMebi);
  EXPECT_LT(tables.halves, tables.values / 10);
  auto settings = asked(4);
  const std::int64_t whole = bytes_needed(vgg, settings);
  settings.precision = "bf16";
  EXPECT_EQ(bytes_needed(vgg, settings) - whole, vgg.halves);
  settings.precision = "tf32";
  EXPECT_EQ(bytes_needed(vgg, settings), whole);
}

TEST(Memory, FitsOrSaysBothSizes) {
  const Selection resnet = selected("resnet50");
  auto fixed = asked(512);
  const auto refused = fit_memory(resnet, 8192 * kMebi, fixed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::out_of_memory);
  EXPECT_NE(refused.error().message.find("GiB, and 8.0 GiB are available"), std::string::npos);
  EXPECT_NE(refused.error().remedy.find("--batch auto"), std::string::npos);

  auto open = asked(512);
  open.batch_auto = true;
  ASSERT_TRUE(fit_memory(resnet, 8192 * kMebi, open));
  EXPECT_GT(open.batch, 2);
  EXPECT_LT(open.batch, 256);
  EXPECT_LE(bytes_needed(memory_need(resnet), open), 8192 * kMebi * 9 / 10);
  auto doubled = open;
  doubled.batch *= 2;
  doubled.infer_batch *= 2;
  EXPECT_GT(bytes_needed(memory_need(resnet), doubled), 8192 * kMebi * 9 / 10);
}

/// What 1,024 further tokens of each answer cost.
std::int64_t kibi_per_token(std::string_view model, std::string_view precision) {
  const MemoryNeed need = memory_need(selected(model));
  auto settings = asked(2);
  settings.phases = {"prefill", "decode"};
  settings.precision = precision;
  settings.prompt = 512;
  settings.generate = 128;
  const std::int64_t before = bytes_needed(need, settings);
  settings.generate += 1024;
  return (bytes_needed(need, settings) - before) / 2 / 1024 / 1024;
}

/// Of Llama 3.2 1B: 16 layers x 8 heads x 64 numbers x 2 (keys, values) x 2 bytes; of 8B: 32 x 8 x
/// 128 x 2 x 2; OLMoE: 16 x 16 x 128 x 2 x 2.
TEST(Memory, TheCacheOfADecoderIsExact) {
  EXPECT_EQ(kibi_per_token("llama_1b", "bf16"), 32);
  EXPECT_EQ(kibi_per_token("llama_1b", "fp32"), 64);
  EXPECT_EQ(kibi_per_token("llama_8b", "bf16"), 128);
  EXPECT_EQ(kibi_per_token("olmoe_7b", "fp16"), 128);
}

TEST(Memory, ALongAnswerMayNotFit) {
  auto settings = asked(1);
  settings.phases = {"decode"};
  settings.prompt = 512;
  settings.generate = 1 << 17;
  const Selection llama = selected("llama_1b");
  EXPECT_FALSE(fit_memory(llama, 12 * 1024 * kMebi, settings)) << "4.6 GiB weights, 8 GiB cache";
  settings.generate = 128;
  EXPECT_TRUE(fit_memory(llama, 12 * 1024 * kMebi, settings));
}

TEST(Memory, NothingFitsIntoNothing) {
  auto settings = asked(8);
  settings.batch_auto = true;
  const auto refused = fit_memory(selected("cnn_s"), 100 * kMebi, settings);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().remedy.find("more memory"), std::string::npos);
}

TEST(Memory, ThisMachineHasSome) { EXPECT_GT(available_bytes(at::kCPU).value(), 10 * kMebi); }

}  // namespace
}  // namespace btrack::models
