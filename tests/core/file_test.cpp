// SPDX-License-Identifier: Apache-2.0
// Whole files: what was written is read back, and a refused write leaves nothing behind.
#include "btrack/core/file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace btrack {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  fs::path folder_ = fs::path(::testing::TempDir()) /
                     ::testing::UnitTest::GetInstance()->current_test_info()->name();
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
};

TEST_F(FileTest, RoundTripReplacesWholeFiles) {
  const std::string content(200'000, 'x');
  ASSERT_TRUE(write_file(folder_ / "a", "old"));
  ASSERT_TRUE(write_file(folder_ / "a", content));
  EXPECT_EQ(read_file(folder_ / "a").value(), content);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(FileTest, ARefusedWriteLeavesNoPart) {
  fs::create_directory(folder_ / "target");
  const auto refused = write_file(folder_ / "target", "x");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("target"), std::string::npos);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(FileTest, APipeIsWrittenToAndStaysAPipe) {
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_TRUE(write_file(pipe, "through"));
  std::array<char, 16> said{};
  EXPECT_EQ(::read(reader, said.data(), said.size()), 7);
  EXPECT_EQ(std::string_view(said.data()), "through");
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(pipe));
  ASSERT_TRUE(write_file("/dev/null", "nothing"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(FileTest, ALinkStaysALink) {
  ASSERT_TRUE(write_file(folder_ / "real", "old"));
  fs::create_symlink("real", folder_ / "link");
  ASSERT_TRUE(write_file(folder_ / "link", "new"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "real").value(), "new");
}

TEST_F(FileTest, AbsenceNamesTheFile) {
  const auto missing = read_file(folder_ / "none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_NE(missing.error().message.find("none"), std::string::npos);
}

}  // namespace
}  // namespace btrack
