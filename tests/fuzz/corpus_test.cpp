// SPDX-License-Identifier: Apache-2.0
// The corpus again, with every compiler and sanitizer: each file whole, cut short, and with one
// byte changed. What the fuzzer once found stays found.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "btrack/core/file.hpp"
#include "tests/fuzz/targets.hpp"

namespace btrack::fuzz {

void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

namespace fs = std::filesystem;

fs::path corpus_of(std::string_view target) {
  return fs::path(BTRACK_SOURCE_DIR) / "tests/fuzz/corpus" / target;
}

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, IsReadWhole) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(corpus_of(GetParam().name))) {
    SCOPED_TRACE(entry.path().filename());
    const auto bytes = read_file(entry.path());
    ASSERT_TRUE(bytes);
    GetParam().run(*bytes);
    ++files;
  }
  EXPECT_GT(files, 0) << "a target needs a corpus";
  GetParam().run("");
}

TEST_P(Corpus, IsReadCutShortAndChanged) {
  for (const auto& entry : fs::directory_iterator(corpus_of(GetParam().name))) {
    SCOPED_TRACE(entry.path().filename());
    const auto bytes = read_file(entry.path());
    ASSERT_TRUE(bytes);
    const std::size_t step = std::max<std::size_t>(bytes->size() / 64, 1);
    for (std::size_t at = 0; at < bytes->size(); at += step) {
      GetParam().run(std::string_view(*bytes).substr(0, at));
      std::string changed = *bytes;
      changed[at] = static_cast<char>(changed[at] ^ 0x11);
      GetParam().run(changed);
    }
  }
}

// A folder that no target reads would be a test that never runs.
TEST(CorpusFolders, EachBelongsToATarget) {
  for (const auto& entry : fs::directory_iterator(corpus_of(""))) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(std::ranges::any_of(targets(), [&](const Target& t) { return t.name == name; }))
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Corpus, testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace btrack::fuzz
