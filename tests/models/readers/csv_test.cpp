// SPDX-License-Identifier: Apache-2.0
// Tables with labels: headers, quotes, gzip, and what is said about wrong rows.
#include "btrack/models/readers/csv.hpp"

#include <gtest/gtest.h>

#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

using testing::TemporaryFolder;
using testing::write_gzip;
using testing::write_raw;

class Csv : public ::testing::Test {
 protected:
  Result<Table> read(const std::string& text, const std::string& label = {}) {
    write_raw(folder_.path() / "a.csv", text);
    return read_csv(folder_.path() / "a.csv", label);
  }
  void expect_refused(const std::string& text, const std::string& words,
                      const std::string& label = {}) {
    const auto table = read(text, label);
    ASSERT_FALSE(table) << words;
    EXPECT_NE(table.error().message.find("a.csv: " + words), std::string::npos)
        << table.error().message;
  }

  TemporaryFolder folder_;
};

TEST_F(Csv, WithoutHeaderTheLastColumnIsTheLabel) {
  const auto table = read("0.0,5.5,3\n-1,2e3,0\n");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->width, 2);
  EXPECT_EQ(table->values, (std::vector<float>{0.0F, 5.5F, -1.0F, 2000.0F}));
  EXPECT_EQ(table->labels, (std::vector<std::int64_t>{3, 0}));
  EXPECT_TRUE(table->columns.empty());
  EXPECT_TRUE(table->classes.empty());
}

TEST_F(Csv, HeaderQuotesAndWordsAsLabels) {
  const auto table =
      read("\"width, mm\",kind,height\r\n1,\"a \"\"b\"\"\",2\r\n3,A,4\r\n5,A,6\r\n", "kind");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->columns, (std::vector<std::string>{"width, mm", "height"}));
  EXPECT_EQ(table->classes, (std::vector<std::string>{"A", "a \"b\""}));
  EXPECT_EQ(table->labels, (std::vector<std::int64_t>{1, 0, 0}));
  EXPECT_EQ(table->values, (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST_F(Csv, WordsAsLabelsWithoutHeader) {
  const auto table = read("1,2,no\n3,4,yes\n");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->labels, (std::vector<std::int64_t>{0, 1}));
}

TEST_F(Csv, ByPosition) {
  EXPECT_EQ(read("7,1,2\n8,3,4\n", "0")->labels, (std::vector<std::int64_t>{7, 8}));
}

TEST_F(Csv, Compressed) {
  write_gzip(folder_.path() / "digits.csv.gz", "1,2,0\n3,4,1\n");
  EXPECT_EQ(read_csv(folder_.path() / "digits.csv.gz")->labels.size(), 2U);
}

TEST_F(Csv, SaysWhatIsWrong) {
  expect_refused("1,2,0\n3,1\n", "row 2 has 2 fields where the first has 3");
  expect_refused("1,2,0\n3,x,1\n", "row 2, field 2: 'x' is not a finite number");
  expect_refused("1,2,0\n3,nan,1\n", "row 2, field 2: 'nan' is not a finite number");
  expect_refused("a,b,c\n", "a header without rows");
  expect_refused("", "no rows of at least two fields");
  expect_refused("5\n6\n", "no rows of at least two fields");
  expect_refused("\"1,2,0\n3,4,1\n", "the quotes of row 1 are wrong");
  expect_refused("width,kind\n1,2\n", "no column is 'kin' (did you mean 'kind'?)", "kin");
  expect_refused("1,2\n3,4\n", "no column is '2'", "2");
}

}  // namespace
}  // namespace btrack::models
