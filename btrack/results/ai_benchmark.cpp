// SPDX-License-Identifier: Apache-2.0
// The tests of AI Benchmark Alpha 0.1.2: github.com/houseofai/ai-benchmark, its configuration.
#include "btrack/results/ai_benchmark.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include "btrack/core/text.hpp"
#include "btrack/results/embedded.hpp"

namespace btrack::results {
namespace {

AiBenchmarkTest test_of(std::string_view line) {
  const auto cells = split(line, ',');
  const auto number = [&]<class Number>(std::size_t cell, Number) {
    const auto value = cells.size() == 5 ? parse_number<Number>(cells[cell]) : std::nullopt;
    if (!value) throw std::logic_error(fmt::format("data/ai_benchmark.csv: '{}'", line));
    return *value;
  };
  const auto batch = number(3, std::int64_t{});
  return {cells[0], cells[1], cells[2], batch, number(4, 0.0)};
}

}  // namespace

std::span<const AiBenchmarkTest> ai_benchmark_tests() {
  static const auto all = [] {
    auto lines = split(trim(embedded::ai_benchmark_csv()), '\n');
    lines.erase(lines.begin());  // the heading
    std::vector<AiBenchmarkTest> tests;
    tests.reserve(lines.size());
    for (const auto line : lines) tests.push_back(test_of(line));
    return tests;
  }();
  return all;
}

std::int64_t ai_benchmark_batch(std::string_view workload, std::string_view variant,
                                std::string_view test) {
  for (const auto& each : ai_benchmark_tests()) {
    if (each.workload == workload && each.variant == variant && each.test == test) {
      return each.batch;
    }
  }
  return 0;
}

}  // namespace btrack::results
