// SPDX-License-Identifier: Apache-2.0
// The table of AI Benchmark Alpha's tests against sums taken from its configuration by hand.
#include "btrack/results/ai_benchmark.hpp"

#include <gtest/gtest.h>

namespace btrack::results {
namespace {

struct Sum {
  int tests = 0;
  std::int64_t batches = 0;
  double milliseconds = 0.0;
};

Sum sum_of(std::string_view name) {
  Sum sum;
  for (const auto& test : ai_benchmark_tests()) {
    if (test.test != name) continue;
    ++sum.tests;
    sum.batches += test.batch;
    sum.milliseconds += test.reference_ms;
  }
  return sum;
}

TEST(AiBenchmarkTests, AreAllThere) {
  const Sum train = sum_of(ai_test::train);
  EXPECT_EQ(train.tests, 18);
  EXPECT_EQ(train.batches, 187);
  EXPECT_EQ(train.milliseconds, 6860.0);
  const Sum infer = sum_of(ai_test::infer);
  EXPECT_EQ(infer.tests, 24);
  EXPECT_EQ(infer.batches, 347);
  EXPECT_EQ(infer.milliseconds, 4374.0);
  const Sum micro = sum_of(ai_test::micro);
  EXPECT_EQ(micro.tests, 16);
  EXPECT_EQ(micro.batches, 16);
  EXPECT_EQ(micro.milliseconds, 570.0);
  EXPECT_EQ(ai_benchmark_tests().size(), 18U + 24U + 16U);
}

TEST(AiBenchmarkTests, AreFoundByName) {
  EXPECT_EQ(ai_benchmark_batch("lstm_sentiment", "1024", "infer"), 100);
  EXPECT_EQ(ai_benchmark_batch("vgg19_sr", "1024", "train"), 0);
  EXPECT_EQ(ai_benchmark_batch("resnet50", "224", "infer"), 0);
}

}  // namespace
}  // namespace btrack::results
