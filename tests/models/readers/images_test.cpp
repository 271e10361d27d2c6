// SPDX-License-Identifier: Apache-2.0
// CIFAR's records and folders of pictures: what is read, and what is said about broken ones.
#include "btrack/models/readers/images.hpp"

#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <cstdlib>
#include <memory>

#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;
using testing::write_raw;

std::string record(const std::string& labels, char red, char blue) {
  return labels + std::string(1024, red) + std::string(1024, '\0') + std::string(1024, blue);
}

TEST(Cifar, TenHasOneLabel) {
  const TemporaryFolder folder;
  for (const char* file : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                           "data_batch_4.bin", "data_batch_5.bin"}) {
    write_raw(folder.path() / file, record("\x07", 'r', 'b'));
  }
  EXPECT_FALSE(is_cifar_folder(folder.path()));
  write_raw(folder.path() / "test_batch.bin", record("\x02", 'x', 'y') + record("\x03", 'z', 'u'));
  EXPECT_TRUE(is_cifar_folder(folder.path()));
  const auto read = read_cifar(folder.path());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->train.labels, (std::vector<std::int64_t>{7, 7, 7, 7, 7}));
  EXPECT_EQ(read->test.labels, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(read->test.pixels[3072], 'z');
  EXPECT_EQ(read->test.pixels.back(), 'u');
}

TEST(Cifar, HundredUsesTheFineLabel) {
  const TemporaryFolder folder;
  write_raw(folder.path() / "train.bin", record("\x01\x63", 'r', 'b'));
  write_raw(folder.path() / "test.bin", record("\x02\x05", 'r', 'b'));
  const auto read = read_cifar(folder.path());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->train.labels.front(), 99);
  EXPECT_EQ(read->train.pixels.front(), 'r');
  EXPECT_EQ(read->test.labels.front(), 5);
}

TEST(Cifar, SaysWhichFileIsCut) {
  const TemporaryFolder folder;
  write_raw(folder.path() / "train.bin", record("\x01\x63", 'r', 'b') + "xyz");
  write_raw(folder.path() / "test.bin", "");
  const auto read = read_cifar(folder.path());
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("train.bin: 3077 bytes are not a whole number of records"),
            std::string::npos)
      << read.error().message;
}

/// 5 x 3 pixels, red on the left, blue on the right.
std::vector<std::uint8_t> flag() {
  std::vector<std::uint8_t> pixels;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 5; ++column) {
      const bool left = column < 3;
      pixels.insert(pixels.end(), {static_cast<std::uint8_t>(left ? 250 : 0), 0,
                                   static_cast<std::uint8_t>(left ? 0 : 250)});
    }
  }
  return pixels;
}

std::string png_bytes() {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = 5;
  image.height = 3;
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  const auto pixels = flag();
  png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr);
  std::string bytes(size, '\0');
  png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
  return bytes;
}

std::string jpeg_bytes() {
  const tjhandle encoder = tjInitCompress();
  unsigned char* made = nullptr;
  unsigned long size = 0;
  const auto pixels = flag();
  tjCompress2(encoder, pixels.data(), 5, 0, 3, TJPF_RGB, &made, &size, TJSAMP_444, 95, 0);
  std::string bytes(reinterpret_cast<const char*>(made), size);
  tjFree(made);
  tjDestroy(encoder);
  return bytes;
}

TEST(Picture, IsReadFromPngAndJpeg) {
  const TemporaryFolder folder;
  write_raw(folder.path() / "a.png", png_bytes());
  write_raw(folder.path() / "a.jpg", jpeg_bytes());
  for (const char* name : {"a.png", "a.jpg"}) {
    const auto picture = read_picture(folder.path() / name);
    ASSERT_TRUE(picture) << picture.error().message;
    EXPECT_EQ(picture->width, 5);
    EXPECT_EQ(picture->height, 3);
    EXPECT_NEAR(picture->planes[0], 250, 12) << name;           // red, left
    EXPECT_NEAR(picture->planes[4], 0, 12) << name;             // red, right
    EXPECT_NEAR(picture->planes[2 * 15 + 4], 250, 12) << name;  // blue, right
  }
}

TEST(Picture, SaysWhatIsBroken) {
  const TemporaryFolder folder;
  write_raw(folder.path() / "cut.png", png_bytes().substr(0, 40));
  write_raw(folder.path() / "cut.jpg", jpeg_bytes().substr(0, 60));
  write_raw(folder.path() / "text.jpg", "hello");
  const auto message = [&](const char* name) {
    const auto picture = read_picture(folder.path() / name);
    return picture ? std::string("was read") : picture.error().message;
  };
  EXPECT_NE(message("cut.png").find("cut.png: the PNG is broken ("), std::string::npos);
  EXPECT_NE(message("cut.jpg").find("cut.jpg: the JPEG is broken ("), std::string::npos);
  EXPECT_NE(message("text.jpg").find("text.jpg: neither a JPEG nor a PNG"), std::string::npos);
  EXPECT_NE(message("none.jpg").find("none.jpg"), std::string::npos);
}

TEST(Pictures, EveryFifthIsKeptForTheTest) {
  const TemporaryFolder folder;
  for (const char* name : {"dog", "cat"}) {
    fs::create_directories(folder.path() / name);
    for (int i = 0; i < 5; ++i) {
      write_raw(folder.path() / name / (std::to_string(i) + ".PNG"), png_bytes());
    }
    write_raw(folder.path() / name / "notes.txt", "not a picture");
  }
  const auto found = list_pictures(folder.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->train.classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(found->train.files.size(), 8U);
  ASSERT_EQ(found->test.files.size(), 2U);
  EXPECT_EQ(found->test.files[0].path.filename(), "4.PNG");
  EXPECT_EQ(found->test.files[1].label, 1);
}

TEST(Pictures, TrainAndTestHaveTheSameClasses) {
  const TemporaryFolder folder;
  for (const char* name : {"train/cat", "train/dog", "val/cat"}) {
    fs::create_directories(folder.path() / name);
    write_raw(folder.path() / name / "1.png", png_bytes());
  }
  const auto differ = list_pictures(folder.path());
  ASSERT_FALSE(differ);
  EXPECT_NE(differ.error().message.find("(cat, dog) are not those of the test (cat)"),
            std::string::npos);
  fs::create_directories(folder.path() / "val/dog");
  const auto empty = list_pictures(folder.path());
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().message.find("val/dog: no .jpg, .jpeg or .png"), std::string::npos);
}

}  // namespace
}  // namespace btrack::models
