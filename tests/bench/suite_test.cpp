// SPDX-License-Identifier: Apache-2.0
// Suites are read strictly; each mistake is named with file and line.
#include "btrack/bench/suite.hpp"

#include <gtest/gtest.h>

#include "btrack/core/file.hpp"

namespace btrack::bench {
namespace {

namespace fs = std::filesystem;

class SuiteTest : public ::testing::Test {
 protected:
  fs::path file_ =
      fs::path(::testing::TempDir()) /
      (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".toml");
  Result<Suite> load(std::string_view text) {
    EXPECT_TRUE(write_file(file_, text));
    return load_suite(file_);
  }
  void TearDown() override { fs::remove(file_); }
};

TEST_F(SuiteTest, DefaultsAreFilledInAndOverridden) {
  const auto suite = load(R"(title = "t"
min_accuracy = 0.88
[defaults]
epochs = 5
seed = 3
[[run]]
workload = "a"
[[run]]
workload = "b"
variant = "1536"
profile = "alpha"
scale = "tiny"
precision = "bf16"
epochs = 1
phases = ["infer", "decode"]
prompt = 64
generate = 32
)");
  ASSERT_TRUE(suite) << suite.error().message;
  ASSERT_EQ(suite->entries.size(), 2U);
  EXPECT_EQ(suite->entries[0].epochs, 5);
  EXPECT_EQ(suite->entries[0].phases, (std::vector<std::string>{"train", "infer"}));
  EXPECT_EQ(suite->entries[1].epochs, 1);
  EXPECT_EQ(suite->entries[1].seed, 3);
  EXPECT_EQ(suite->entries[0].profile, "standard");
  EXPECT_EQ(suite->entries[1].variant, "1536");
  EXPECT_EQ(suite->entries[1].profile, "alpha");
  EXPECT_EQ(suite->entries[1].scale, "tiny");
  EXPECT_EQ(suite->entries[1].precision, "bf16");
  EXPECT_EQ(suite->entries[1].phases, (std::vector<std::string>{"infer", "decode"}));
  EXPECT_EQ(suite->entries[1].prompt, 64);
  EXPECT_EQ(suite->entries[1].generate, 32);
  EXPECT_EQ(suite->entries[0].generate, 0);
  EXPECT_DOUBLE_EQ(suite->min_accuracy, 0.88);
}

TEST_F(SuiteTest, AModelFileLiesBesideTheSuite) {
  const auto suite = load(R"([[run]]
file = "nets/a.pt"
infer_batch = 4
[[run]]
file = "/else/where/b.pt2"
phases = ["train"]
[[run]]
workload = "c"
)");
  ASSERT_TRUE(suite) << suite.error().message;
  EXPECT_EQ(suite->entries.at(0).file, file_.parent_path().lexically_normal() / "nets/a.pt");
  EXPECT_EQ(suite->entries[0].workload, "a.pt");
  EXPECT_EQ(suite->entries[0].phases, std::vector<std::string>{"infer"});
  EXPECT_EQ(suite->entries[0].infer_batch, 4);
  EXPECT_EQ(suite->entries.at(1).file, "/else/where/b.pt2");
  EXPECT_EQ(suite->entries[1].phases, std::vector<std::string>{"train"})
      << "its run will refuse it";
  EXPECT_EQ(suite->entries.at(2).file, "");
  EXPECT_EQ(suite->entries[2].phases.size(), 2U);
}

TEST_F(SuiteTest, AFolderOfModelFilesIsASuite) {
  const fs::path folder = fs::path(file_).replace_extension("");
  fs::create_directories(folder);
  for (const auto* name : {"b.pt", "a.pt2", "b.toml", "notes.txt"}) {
    ASSERT_TRUE(write_file(folder / name, ""));
  }
  const auto suite = folder_suite(folder.string() + "/");
  ASSERT_TRUE(suite) << suite.error().message;
  EXPECT_EQ(suite->name, "AFolderOfModelFilesIsASuite");
  ASSERT_EQ(suite->entries.size(), 2U);
  EXPECT_EQ(suite->entries[0].workload, "a.pt2");
  EXPECT_EQ(suite->entries[1].file, (folder / "b.pt").lexically_normal());
  for (const auto* name : {"b.pt", "a.pt2"}) fs::remove(folder / name);
  const auto none = folder_suite(folder);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("holds no model file"), std::string::npos);
  fs::remove_all(folder);
}

struct Mistake {
  const char* text;
  int line;
  const char* says;
};

TEST_F(SuiteTest, EveryMistakeIsNamedWithItsLine) {
  const Mistake mistakes[] = {
      {"title = \"t\"\n[[run]]\nworkload = \"a\"\nepoch = 1\n", 4, "did you mean 'epochs'"},
      {"[[run]]\nworkload = \"a\"\nepochs = 0\n", 3, "at least 1"},
      {"[[run]]\nworkload = \"a\"\nepochs = 1.5\n", 3, "whole number"},
      {"[[run]]\nworkload = 3\n", 2, "string"},
      {"[[run]]\nepochs = 1\n", 1, "needs a workload or a file"},
      {"\n[[run]]\nworkload = \"a\"\nfile = \"b.pt\"\n", 2, "a workload or a file, not both"},
      {"[[run]]\nworkload = \"a\"\nphases = [\"tune\"]\n", 3,
       "a list of \"train\", \"infer\", \"prefill\", \"decode\""},
      {"[[run]]\nworkload = \"a\"\ngenerate = 1\n", 3, "at least 2"},
      {"[[run]]\nworkload = \"a\"\nprompt = \"long\"\n", 3, "whole number"},
      {"[[run]]\nworkload = \"a\"\nscale = \"small\"\n", 3, "one of full, tiny"},
      {"[[run]]\nworkload = \"a\"\nprecision = \"int8\"\n", 3, "one of fp32, tf32, bf16, fp16"},
      {"min_accuracy = 88\n[[run]]\nworkload = \"a\"\n", 1, "from 0 to 1"},
      {"colour = 1\n", 1, "unknown key 'colour'"},
      {"title = \"unfinished\n", 1, "not valid TOML"},
  };
  for (const auto& mistake : mistakes) {
    const auto suite = load(mistake.text);
    ASSERT_FALSE(suite) << mistake.text;
    const auto& message = suite.error().message;
    EXPECT_EQ(suite.error().kind, ErrorKind::usage);
    EXPECT_NE(message.find(mistake.says), std::string::npos) << message;
    EXPECT_NE(message.find(":" + std::to_string(mistake.line) + ":"), std::string::npos) << message;
  }
}

TEST_F(SuiteTest, ShippedSuitesAreValid) {
  for (const auto* name : {"quick", "ladder"}) {
    const auto suite =
        load_suite(fs::path(BTRACK_SOURCE_DIR) / "suites" / (std::string(name) + ".toml"));
    ASSERT_TRUE(suite) << suite.error().message;
    EXPECT_FALSE(suite->title.empty());
  }
}

TEST_F(SuiteTest, AnUnknownNameFindsItsNeighbour) {
  ASSERT_EQ(::setenv("BTRACK_SUITES", (fs::path(BTRACK_SOURCE_DIR) / "suites").c_str(), 1), 0);
  const auto suite = find_suite("quik");
  ::unsetenv("BTRACK_SUITES");
  ASSERT_FALSE(suite);
  EXPECT_NE(suite.error().message.find("'quick'"), std::string::npos) << suite.error().message;
}

TEST_F(SuiteTest, SeedsMakeSeveralEntriesOfOne) {
  const auto suite = load(R"([defaults]
seeds = 3
[[run]]
workload = "a"
[[run]]
workload = "b"
seeds = [7, 4]
[[run]]
workload = "c"
seed = 9
)");
  ASSERT_TRUE(suite) << suite.error().message;
  std::vector<std::pair<std::string, std::int64_t>> found;
  for (const auto& entry : suite->entries) found.emplace_back(entry.workload, entry.seed);
  EXPECT_EQ(found, (decltype(found){{"a", 1}, {"a", 2}, {"a", 3}, {"b", 7}, {"b", 4}, {"c", 9}}));
  const auto refused = [&](const std::string& seeds) {
    const auto wrong = load("[[run]]\nworkload = \"a\"\n" + seeds + "\n");
    EXPECT_FALSE(wrong) << seeds;
    return wrong ? std::string() : wrong.error().message;
  };
  EXPECT_NE(refused("seeds = 0").find(":3: "), std::string::npos);
  EXPECT_NE(refused("seeds = [1, 1]").find("seed 1 is there twice"), std::string::npos);
  EXPECT_NE(refused("seeds = []").find("the list of seeds is empty"), std::string::npos);
  EXPECT_NE(refused("seeds = [-1]").find("'seeds'"), std::string::npos);
  EXPECT_NE(refused("seeds = \"three\"").find("'seeds'"), std::string::npos);
  EXPECT_NE(refused("seed = 1\nseeds = 2").find("both"), std::string::npos);
}

}  // namespace
}  // namespace btrack::bench
