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
