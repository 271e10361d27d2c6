// SPDX-License-Identifier: Apache-2.0
// The tests of AI Benchmark Alpha 0.1.2, from data/ai_benchmark.csv: batches and reference times.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace btrack::results {

/// Names of tests: "train" and "infer" are scored, "micro" is inference of one item.
namespace ai_test {
inline constexpr std::string_view train = "train";
inline constexpr std::string_view infer = "infer";
inline constexpr std::string_view micro = "micro";
}  // namespace ai_test

struct AiBenchmarkTest {
  std::string_view workload;
  std::string_view variant;
  std::string_view test;
  std::int64_t batch = 0;
  /// Of one batch, on the device that AI Benchmark calls 1. Its sources do not say which that is.
  double reference_ms = 0.0;
};

/// All 58, workload after workload.
std::span<const AiBenchmarkTest> ai_benchmark_tests();
/// The batch of one test; 0 where there is no such test.
std::int64_t ai_benchmark_batch(std::string_view workload, std::string_view variant,
                                std::string_view test);

}  // namespace btrack::results
