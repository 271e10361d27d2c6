// SPDX-License-Identifier: Apache-2.0
// Columns on a terminal, line breaks, and aligned tables.
#include "btrack/report/width.hpp"

#include <gtest/gtest.h>

#include "btrack/report/report.hpp"

namespace btrack::report {
namespace {

TEST(DisplayWidth, CountsWideCharactersTwiceAndMarksNot) {
  EXPECT_EQ(display_width("J / 1,000"), 9U);
  EXPECT_EQ(display_width("不確かさ"), 8U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("µs"), 2U);
  EXPECT_EQ(display_width("\xFF\xC3"), 2U);  // broken bytes count one each, and end
}

TEST(Wrap, BreaksAtBlanksAndKeepsLongWords) {
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("a 123456789 b", 4), (std::vector<std::string>{"a", "123456789", "b"}));
}

TEST(Wrap, NeverStartsALineWithAClosingMark) {
  const auto lines = wrap("推定値です。次の文です。", 10);
  for (const auto& line : lines) {
    EXPECT_LE(display_width(line), 12U);  // a closing mark may hang over by one character
    EXPECT_NE(line.rfind("。", 0), 0U) << line;
  }
  EXPECT_GT(lines.size(), 1U);
}

TEST(TextTable, AlignsNumbersRightAndWideHeadings) {
  const std::vector<std::string> header{"モデル", "J"};
  const std::vector<std::vector<std::string>> rows{{"cnn", "1.5 [1, 2]"}, {"最小", "-"}};
  EXPECT_EQ(text_table(header, rows),
            "モデル           J\n"
            "------  ----------\n"
            "cnn     1.5 [1, 2]\n"
            "最小             -\n");
}

}  // namespace
}  // namespace btrack::report
