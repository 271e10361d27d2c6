// SPDX-License-Identifier: Apache-2.0
// Reads CIFAR-10 and CIFAR-100 in their binary versions.
#include <fmt/format.h>

#include "btrack/core/file.hpp"
#include "btrack/models/readers/images.hpp"

namespace btrack::models {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 32;
constexpr std::size_t kPixels = 3 * kSide * kSide;
constexpr const char* kRemedy =
    "fetch the binary version again, or name another folder with --data DIR";

bool there(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Result<void> append(const fs::path& path, Cifar kind, Images& images) {
  const std::size_t labels = kind == Cifar::ten ? 1 : 2;
  const auto bytes = read_file(path);
  if (!bytes) return fail(bytes.error());
  const std::size_t record = labels + kPixels;
  if (bytes->empty() || bytes->size() % record != 0) {
    return fail(ErrorKind::malformed,
                fmt::format("{}: {} bytes are not a whole number of records of {}", path.string(),
                            bytes->size(), record),
                kRemedy);
  }
  for (std::size_t at = 0; at < bytes->size(); at += record) {
    images.labels.push_back(static_cast<unsigned char>((*bytes)[at + labels - 1]));
    const char* first = bytes->data() + at + labels;
    images.pixels.insert(images.pixels.end(), first, first + kPixels);
  }
  return {};
}

Result<Images> read_files(const std::vector<fs::path>& files, Cifar kind) {
  Images images{kSide, kSide, {}, {}};
  for (const auto& file : files) {
    if (auto read = append(file, kind, images); !read) return fail(read.error());
  }
  return images;
}

}  // namespace

bool is_cifar_folder(const fs::path& folder) {
  return there(folder / "test_batch.bin") ||
         (there(folder / "train.bin") && there(folder / "test.bin"));
}

Result<ImageSplits> read_cifar(const fs::path& folder) {
  const Cifar kind = there(folder / "test_batch.bin") ? Cifar::ten : Cifar::hundred;
  std::vector<fs::path> parts;
  if (kind == Cifar::hundred) parts.push_back(folder / "train.bin");
  for (int i = 1; kind == Cifar::ten && i <= 5; ++i) {
    parts.push_back(folder / fmt::format("data_batch_{}.bin", i));
  }
  auto train = read_files(parts, kind);
  if (!train) return fail(train.error());
  auto test = read_files({folder / (kind == Cifar::ten ? "test_batch.bin" : "test.bin")}, kind);
  if (!test) return fail(test.error());
  return ImageSplits{std::move(*train), std::move(*test)};
}

}  // namespace btrack::models
