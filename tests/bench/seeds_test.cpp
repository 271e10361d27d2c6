// SPDX-License-Identifier: Apache-2.0
// Seeds as people write them, and entries multiplied by them.
#include "btrack/bench/seeds.hpp"

#include <gtest/gtest.h>

namespace btrack::bench {
namespace {

using Seeds = std::vector<std::int64_t>;

TEST(Seeds, AreANumberOfThemOrAList) {
  EXPECT_EQ(parse_seeds("3").value(), (Seeds{1, 2, 3}));
  EXPECT_EQ(parse_seeds("1").value(), (Seeds{1}));
  EXPECT_EQ(parse_seeds("4, 0,9").value(), (Seeds{4, 0, 9}));
  EXPECT_EQ(parse_seeds("7,").error().message, "'' is no seed");
}

TEST(Seeds, BadOnesAreNamed) {
  EXPECT_EQ(parse_seeds("0").error().message, "0 seeds are not between 1 and 1000");
  EXPECT_EQ(parse_seeds("-2").error().kind, ErrorKind::usage);
  EXPECT_EQ(parse_seeds("1001").error().kind, ErrorKind::usage);
  EXPECT_EQ(parse_seeds("1,-2").error().message, "seed -2 is negative");
  EXPECT_EQ(parse_seeds("1,2,1").error().message, "seed 1 is there twice");
  EXPECT_EQ(parse_seeds("three").error().message, "'three' is no seed");
  EXPECT_EQ(parse_seeds("1.5").error().message, "'1.5' is no seed");
  EXPECT_FALSE(parse_seeds(""));
}

TEST(Seeds, MultiplyEntriesOnce) {
  results::Settings a;
  a.workload = "a";
  results::Settings b;
  b.workload = "b";
  b.seed = 8;
  const auto all = with_seeds({a, b}, {5, 6});
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1].workload, "a");
  EXPECT_EQ(all[1].seed, 6);
  EXPECT_EQ(all[2].workload, "b");
  EXPECT_EQ(all[2].seed, 5);
  EXPECT_EQ(with_seeds(all, {5, 6}), all);
}

}  // namespace
}  // namespace btrack::bench
