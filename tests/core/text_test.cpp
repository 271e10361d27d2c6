// SPDX-License-Identifier: Apache-2.0
// Strict numbers, splitting, nearest names and significant digits.
#include "btrack/core/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace btrack {
namespace {

TEST(Text, NumbersAreTakenWholeOrNotAtAll) {
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_number<int>("12x"), std::nullopt);
  EXPECT_EQ(parse_number<int>(" 12"), std::nullopt);
  EXPECT_EQ(parse_number<int>(""), std::nullopt);
  EXPECT_DOUBLE_EQ(*parse_number<double>("1.5e3"), 1500.0);
}

TEST(Text, TrimAndSplit) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
}

TEST(Text, NearestNameIsASlipAwayOrNothing) {
  const std::vector<std::string> known = {"lenet5", "resnet20", "vit_micro"};
  EXPECT_EQ(nearest_name("lenet", known), "lenet5");
  EXPECT_EQ(nearest_name("resnet_20", known), "resnet20");
  EXPECT_EQ(nearest_name("completely-else", known), std::nullopt);
  EXPECT_EQ(did_you_mean("vitmicro", known), " (did you mean 'vit_micro'?)");
}

TEST(Text, SignificantDigits) {
  EXPECT_EQ(significant(0.012345), "0.0123");
  EXPECT_EQ(significant(4.5678), "4.57");
  EXPECT_EQ(significant(123456.0), "123000");
  EXPECT_EQ(significant(0.0), "0");
  EXPECT_EQ(significant(9.999), "10.0");
  EXPECT_EQ(significant(999.6), "1000");
  EXPECT_EQ(significant(-0.5), "-0.500");
}

}  // namespace
}  // namespace btrack
