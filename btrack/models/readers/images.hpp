// SPDX-License-Identifier: Apache-2.0
// Labelled colour images as data sets keep them: CIFAR's binary files, and folders of JPEG and PNG.
// Needs no LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "btrack/core/error.hpp"

namespace btrack::models {

/// Red, green, blue planes of height x width bytes, one image after the other.
struct Images {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> pixels;
  std::vector<std::int64_t> labels;
};

/// A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009), binary version:
/// records of the labels and 3 x 32 x 32 bytes.
enum class Cifar {
  ten,      ///< data_batch_1.bin ... data_batch_5.bin, test_batch.bin; one label
  hundred,  ///< train.bin, test.bin; a coarse label, then the fine one, which is used
};

struct ImageSplits {
  Images train;
  Images test;
};

bool is_cifar_folder(const std::filesystem::path& folder);
/// Errors name the file: not a whole number of records, empty, missing.
Result<ImageSplits> read_cifar(const std::filesystem::path& folder);

/// One decoded picture: red, green, blue planes.
struct Picture {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> planes;
};

/// The bytes of a file of that name. As read_picture.
Result<Picture> decode_picture(const std::string& bytes, const std::string& name);
/// JPEG or PNG, told apart by the first bytes; grey and transparent ones become RGB (on black).
/// Errors name the file and the decoder's reason; sides beyond 32,768 are refused.
Result<Picture> read_picture(const std::filesystem::path& file);

struct PictureFile {
  std::filesystem::path path;
  std::int64_t label = 0;
};

/// root/class/picture, the classes in the order of their sorted names.
struct PictureFolder {
  std::vector<std::string> classes;
  std::vector<PictureFile> files;
};

struct PictureFolders {
  PictureFolder train;
  PictureFolder test;
};

/// root/train and root/val (or root/test); without them every fifth picture of root/class is kept
/// for the test. Errors: no class folder, an empty class, classes that differ between the two.
Result<PictureFolders> list_pictures(const std::filesystem::path& root);

}  // namespace btrack::models
