// SPDX-License-Identifier: Apache-2.0
// Others' share of the processors from /proc/stat and our own CPU time.
#include "btrack/bench/neighbours.hpp"

#include <gtest/gtest.h>

#include "btrack/core/file.hpp"

namespace btrack::bench {
namespace {

namespace fs = std::filesystem;

TEST(Neighbours, AreWhatWeDidNotUse) {
  const ProcessorTimes begin{100.0, 10.0, 5.0, 1000.0};
  const ProcessorTimes end{115.0, 11.0, 9.0, 1100.0};
  const auto facts = neighbours(begin, end);
  EXPECT_EQ(facts.at("load.others_percent"), "11.0");  // 15 s less our 4, of 100
  EXPECT_EQ(facts.at("load.steal_percent"), "1.0");
}

TEST(Neighbours, CannotBeLessThanNone) {
  const ProcessorTimes begin{100.0, 10.0, 5.0, 1000.0};
  EXPECT_EQ(neighbours(begin, {101.0, 10.0, 9.0, 1100.0}).at("load.others_percent"), "0.0");
  EXPECT_TRUE(neighbours(begin, begin).empty());
}

TEST(Neighbours, ReadTheFirstLineOfStat) {
  const fs::path folder = fs::path(::testing::TempDir()) / "neighbours";
  fs::create_directories(folder);
  ASSERT_TRUE(
      write_file(folder / "stat", "cpu  100 200 300 4000 500 60 70 80 9 9\ncpu0 1 1 1 1\n"));
  const auto times = ProcessorTimes::now(folder);
  ASSERT_TRUE(times);
  EXPECT_NEAR(times->busy_s / times->all_s, 730.0 / 5310.0, 1e-12);
  EXPECT_NEAR(times->steal_s / times->all_s, 80.0 / 5310.0, 1e-12);
  for (const auto* wrong : {"", "cpu  100 text", "intr 1 2 3 4 5 6 7 8 9"}) {
    ASSERT_TRUE(write_file(folder / "stat", wrong));
    EXPECT_FALSE(ProcessorTimes::now(folder)) << wrong;
  }
  EXPECT_FALSE(ProcessorTimes::now(folder / "absent"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace btrack::bench
