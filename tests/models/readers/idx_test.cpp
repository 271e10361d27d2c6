// SPDX-License-Identifier: Apache-2.0
// The IDX reader: all types, raw and gzip, and what it says about broken files.
#include "btrack/models/readers/idx.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "btrack/core/file.hpp"
#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

using testing::idx_bytes;
using testing::TemporaryFolder;
using testing::write_gzip;
using testing::write_raw;

template <class T>
T element(const IdxArray& array, std::size_t index) {
  T value{};
  std::memcpy(&value, array.bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

class Idx : public ::testing::Test {
 protected:
  Result<IdxArray> read(const std::string& bytes) {
    write_raw(file_, bytes);
    return read_idx(file_);
  }

  /// Reading fails as malformed, in a sentence that names the file and holds `words`.
  void expect_refused(const std::string& bytes, const std::string& words) {
    const auto array = read(bytes);
    ASSERT_FALSE(array) << words;
    EXPECT_EQ(array.error().kind, ErrorKind::malformed);
    EXPECT_NE(array.error().message.find(file_.string()), std::string::npos);
    EXPECT_NE(array.error().message.find(words), std::string::npos) << array.error().message;
    EXPECT_NE(array.error().remedy.find("--data"), std::string::npos);
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "some-idx";
};

TEST_F(Idx, ReadsBytesAndShape) {
  const auto array = read(idx_bytes(0x08, {2, 3}, std::string("\x00\x01\x02\xFD\xFE\xFF", 6)));
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_EQ(array->type, IdxType::u8);
  EXPECT_EQ(array->shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(array->count(), 6);
  EXPECT_EQ(element<std::uint8_t>(*array, 5), 255);
}

TEST_F(Idx, TurnsBigEndianElementsRound) {
  const auto i8 = read(idx_bytes(0x09, {1}, "\xFF"));
  ASSERT_TRUE(i8);
  EXPECT_EQ(element<std::int8_t>(*i8, 0), -1);
  const auto i16 = read(idx_bytes(0x0B, {2}, std::string("\x01\x02\xFF\xFE", 4)));
  ASSERT_TRUE(i16);
  EXPECT_EQ(element<std::int16_t>(*i16, 0), 258);
  EXPECT_EQ(element<std::int16_t>(*i16, 1), -2);
  const auto i32 = read(idx_bytes(0x0C, {1}, std::string("\x00\x01\x00\x02", 4)));
  ASSERT_TRUE(i32);
  EXPECT_EQ(element<std::int32_t>(*i32, 0), 65538);
  const auto f32 = read(idx_bytes(0x0D, {1}, std::string("\x3F\xC0\x00\x00", 4)));
  ASSERT_TRUE(f32);
  EXPECT_EQ(element<float>(*f32, 0), 1.5F);
  const auto f64 = read(idx_bytes(0x0E, {1}, std::string("\xC0\x04\x00\x00\x00\x00\x00\x00", 8)));
  ASSERT_TRUE(f64);
  EXPECT_EQ(element<double>(*f64, 0), -2.5);
}

TEST_F(Idx, ReadsGzip) {
  write_gzip(file_, idx_bytes(0x08, {4}, "abcd"));
  const auto array = read_idx(file_);
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_EQ(array->count(), 4);
  EXPECT_EQ(element<char>(*array, 3), 'd');
}

TEST_F(Idx, RefusesWhatIsNotIdx) {
  expect_refused("PNG or so", "not an IDX file");
  expect_refused("", "not an IDX file");
  expect_refused(idx_bytes(0x0A, {1}, "a"), "not an IDX file");
  expect_refused(std::string("\0\0\x08", 3), "not an IDX file");
}

TEST_F(Idx, RefusesTruncatedFiles) {
  expect_refused(idx_bytes(0x08, {5}, "abcd"), "4 bytes of elements where its header says 5");
  expect_refused(idx_bytes(0x0D, {2}, "abcdefg"), "7 bytes of elements where its header says 8");
  expect_refused(idx_bytes(0x08, {5, 5}, "").substr(0, 9), "truncated within the sizes");
  expect_refused(idx_bytes(0x08, {}, ""), "truncated within the sizes");
}

TEST_F(Idx, RefusesBytesAfterTheEnd) {
  expect_refused(idx_bytes(0x08, {2}, "abc"), "bytes follow");
}

class BrokenGzip : public Idx {
 protected:
  void SetUp() override {
    std::string noise;
    for (std::uint32_t i = 0; i < 20000; ++i) noise += static_cast<char>(i * i * 2654435761U >> 13);
    write_gzip(file_, idx_bytes(0x08, {20000}, noise));
    whole_ = read_file(file_).value();
  }
  std::string whole_;
};

TEST_F(BrokenGzip, CutShort) {
  expect_refused(whole_.substr(0, whole_.size() / 2), "bytes of elements where its header says");
}

TEST_F(BrokenGzip, WithWrongBits) {
  std::string bytes = whole_;
  bytes[bytes.size() - 6] ^= 1;  // the check sum of the content
  expect_refused(bytes, "the gzip stream is broken (");
}

TEST_F(Idx, AHeaderCannotClaimMemoryTheFileLacks) {
  const std::uint32_t huge = 0xFFFFFFFF;
  expect_refused(idx_bytes(0x0E, {huge, huge, huge}, "abc"), "asks for more than");
  // 8 GB asked, 3 bytes there: refused without reserving them.
  expect_refused(idx_bytes(0x08, {8, 1U << 30}, "abc"), "3 bytes of elements");
}

TEST_F(Idx, SaysThatAFileIsMissing) {
  const auto array = read_idx(folder_.path() / "absent");
  ASSERT_FALSE(array);
  EXPECT_EQ(array.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace btrack::models
