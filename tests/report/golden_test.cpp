// SPDX-License-Identifier: Apache-2.0
// Whole outputs against approved files. BTRACK_APPROVE=1 writes them anew: then read the diff.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "btrack/core/file.hpp"
#include "btrack/report/report.hpp"
#include "tests/support/sample_records.hpp"

namespace btrack::report {
namespace {

void expect_approved(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(BTRACK_SOURCE_DIR) / "tests/golden/report" / name;
  if (std::getenv("BTRACK_APPROVE") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    ASSERT_TRUE(write_file(path, text));
    return;
  }
  const auto approved = read_file(path);
  ASSERT_TRUE(approved) << approved.error().message;
  EXPECT_EQ(text, *approved) << "If this is intended: BTRACK_APPROVE=1 ctest -L golden";
}

Report built(testing::SampleEnergy energy, Language language) {
  auto report = build_report(testing::sample_ladder_records(energy), 0.88,
                             analysis::Objective::energy, language, "2026-11-23T02:03:04Z")
                    .value();
  report.version = "0.0.0";
  return report;
}

TEST(Golden, ConsoleEnglish) {
  expect_approved("console_en.txt",
                  to_console(built(testing::SampleEnergy::estimated, Language::en), {false, 120}));
}
TEST(Golden, ConsoleJapanese) {
  expect_approved("console_ja.txt",
                  to_console(built(testing::SampleEnergy::estimated, Language::ja), {false, 80}));
}
TEST(Golden, ConsoleWithoutEnergy) {
  expect_approved("console_no_energy.txt",
                  to_console(built(testing::SampleEnergy::none, Language::en), {false, 100}));
}
TEST(Golden, MarkdownMeasured) {
  expect_approved("markdown_en.md",
                  to_markdown(built(testing::SampleEnergy::measured, Language::en)));
}

}  // namespace
}  // namespace btrack::report
