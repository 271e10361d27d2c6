// SPDX-License-Identifier: Apache-2.0
// Safetensors files made by hand, and what is said about wrong ones.
#include "btrack/models/readers/safetensors.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

using testing::TemporaryFolder;
using testing::write_raw;

std::string with_length(const std::string& header, std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> 8 * i & 0xFF);
  return bytes + header;
}
std::string with_length(const std::string& header) { return with_length(header, header.size()); }

class Safetensors : public ::testing::Test {
 protected:
  Result<SafetensorsFile> open(const std::string& bytes) {
    write_raw(path_, bytes);
    return SafetensorsFile::open(path_);
  }
  void expect_refused(const std::string& bytes, const std::string& words) {
    const auto file = open(bytes);
    ASSERT_FALSE(file) << words;
    EXPECT_EQ(file.error().kind, ErrorKind::malformed);
    EXPECT_NE(file.error().message.find("w.safetensors: " + words), std::string::npos)
        << file.error().message;
  }
  /// One tensor "a" of that description before 8 bytes.
  void expect_refused_entry(const std::string& entry, const std::string& words) {
    expect_refused(with_length("{\"a\":" + entry + "}") + std::string(8, '\0'), words);
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "w.safetensors";
};

TEST_F(Safetensors, AreReadWhereverTheTensorsLie) {
  // Little-endian 1.0F and 2.0F are 00 00 80 3F and 00 00 00 40; the names are not in file order.
  const auto file =
      open(with_length(R"({"__metadata__":{"format":"pt"},)"
                       R"("b":{"dtype":"I64","shape":[],"data_offsets":[8,16]},)"
                       R"("a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                       R"("none":{"dtype":"F16","shape":[3,0],"data_offsets":[16,16]}}   )") +
           std::string("\0\0\x80\x3F\0\0\0\x40\x07\0\0\0\0\0\0\0", 16));
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_EQ(file->tensors().size(), 3U);
  const StoredTensor& a = file->tensors()[0];
  const StoredTensor& b = file->tensors()[1];
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.shape, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(b.name, "b");
  EXPECT_EQ(b.shape, std::vector<std::int64_t>{});
  std::vector<float> values(2);
  ASSERT_TRUE(file->read(a, std::as_writable_bytes(std::span(values))));
  EXPECT_EQ(values, (std::vector<float>{1.0F, 2.0F}));
  std::vector<std::int64_t> number(1);
  ASSERT_TRUE(file->read(b, std::as_writable_bytes(std::span(number))));
  EXPECT_EQ(number[0], 7);
}

TEST_F(Safetensors, WhatIsWrittenIsReadAgain) {
  std::vector<StoredTensor> tensors{{"z.weight", "F32", {2, 3}}, {"a \"quoted\"", "U8", {5}}};
  const std::string header = safetensors_header(tensors);
  EXPECT_EQ(header.size() % 8, 0U) << "the values begin at a multiple of 8";
  EXPECT_EQ(tensors[1].begin, 24U);
  EXPECT_EQ(tensors[1].end, 29U);
  const auto file = open(header + std::string(29, '\x11'));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->tensors(), tensors);
}

TEST_F(Safetensors, SayWhatIsWrongWithTheFile) {
  expect_refused("", "not a safetensors file: it is shorter than the 8 bytes");
  expect_refused("1234567", "not a safetensors file");
  expect_refused(with_length("{}", 3),
                 "its first 8 bytes announce a header of 3 bytes, and 2 follow");
  expect_refused(with_length("{}", ~std::uint64_t{0}), "its first 8 bytes announce a header of 18");
  expect_refused(with_length("[]"), "its header is not a JSON object");
  expect_refused(with_length("{"), "its header is not a JSON object");
  expect_refused(with_length("{}") + "x", "1 bytes at the end belong to no tensor");
  EXPECT_EQ(SafetensorsFile::open(folder_.path() / "absent").error().kind, ErrorKind::not_found);
  EXPECT_NE(SafetensorsFile::open(folder_.path()).error().message.find(": not a file"),
            std::string::npos);
}

TEST_F(Safetensors, SayWhatIsWrongWithATensor) {
  expect_refused_entry("7", "tensor 'a' is not a JSON object");
  expect_refused_entry(R"({"shape":[2],"data_offsets":[0,8]})", "tensor 'a' has no dtype");
  expect_refused_entry(R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})",
                       "tensor 'a' has the unknown dtype 'F31'");
  expect_refused_entry(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})",
                       "tensor 'a' has no shape of whole numbers");
  expect_refused_entry(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})",
                       "tensor 'a' has no shape of whole numbers");
  expect_refused_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})",
                       "tensor 'a' has no two data_offsets");
  expect_refused_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})",
                       "tensor 'a' ends before it begins");
  expect_refused_entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})",
                       "tensor 'a' of shape [3] and dtype F32 has 8 bytes");
  expect_refused_entry(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})",
                       "tensor 'a' of shape [4294967296, 4294967296] and dtype F32 has 0 bytes");
  expect_refused_entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,12]})",
                       "tensor 'a' ends at byte 12 of 8");
}

TEST_F(Safetensors, SayWhereTensorsDoNotLieSideBySide) {
  const auto two = [](const char* first, const char* second) {
    return with_length(std::string(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":)") + first +
                       R"(},"b":{"dtype":"F32","shape":[1],"data_offsets":)" + second + "}}") +
           std::string(8, '\0');
  };
  EXPECT_TRUE(open(two("[4,8]", "[0,4]")));
  expect_refused(two("[0,4]", "[2,6]"), "tensor 'b' overlaps the one before it");
  expect_refused(two("[0,4]", "[0,4]"), "tensor 'b' overlaps the one before it");
  expect_refused(two("[0,4]", "[5,9]"), "tensor 'b' ends at byte 9 of 8");
  expect_refused(two("[1,5]", "[5,9]"), "1 bytes before tensor 'a' belong to none");
}

}  // namespace
}  // namespace btrack::models
