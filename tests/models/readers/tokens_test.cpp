// SPDX-License-Identifier: Apache-2.0
// Token files with and without a header, and what is said about wrong ones.
#include "btrack/models/readers/tokens.hpp"

#include <gtest/gtest.h>

#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

using testing::TemporaryFolder;
using testing::write_raw;

std::string numbers(std::initializer_list<std::uint32_t> values, int width) {
  std::string bytes;
  for (const auto value : values) {
    for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> 8 * i & 0xFF);
  }
  return bytes;
}

std::string header(std::uint32_t magic, std::uint32_t version, std::uint32_t count) {
  return numbers({magic, version, count}, 4) + std::string(std::size_t{253} * 4, '\0');
}

class Tokens : public ::testing::Test {
 protected:
  Result<std::vector<std::int32_t>> read(const std::string& bytes,
                                         std::int64_t vocabulary = 50257) {
    write_raw(folder_.path() / "train.bin", bytes);
    return read_tokens(folder_.path() / "train.bin", vocabulary);
  }
  void expect_refused(const std::string& bytes, const std::string& words) {
    const auto tokens = read(bytes);
    ASSERT_FALSE(tokens) << words;
    EXPECT_NE(tokens.error().message.find("train.bin: " + words), std::string::npos)
        << tokens.error().message;
  }

  TemporaryFolder folder_;
};

TEST_F(Tokens, BareSixteenBits) {
  EXPECT_EQ(read(numbers({7, 50256, 300}, 2)).value(), (std::vector<std::int32_t>{7, 50256, 300}));
}

TEST_F(Tokens, WithTheHeadersOfLlmC) {
  const std::vector<std::int32_t> expected{1, 50256};
  EXPECT_EQ(read(header(20240520, 1, 2) + numbers({1, 50256}, 2)).value(), expected);
  EXPECT_EQ(read(header(20240801, 7, 2) + numbers({1, 50256}, 4)).value(), expected);
  EXPECT_EQ(read(header(20240801, 7, 1) + numbers({128000}, 4), 128256).value().front(), 128000);
}

TEST_F(Tokens, SayWhatIsWrong) {
  expect_refused(header(20240520, 2, 1) + numbers({1}, 2), "version 2 of llm.c's token file");
  expect_refused(header(20240520, 1, 9) + numbers({1}, 2),
                 "it holds 1 tokens where its header says 9");
  expect_refused("abc", "3 bytes are not a whole number of 2-byte tokens");
  expect_refused("", "0 bytes are not a whole number");
  expect_refused(numbers({1, 50257}, 2),
                 "token 50257 of position 1 is outside the model's 0..50256");
}

}  // namespace
}  // namespace btrack::models
