// SPDX-License-Identifier: Apache-2.0
// Finds the pictures of a folder whose subfolders are the classes.
#include <fmt/format.h>

#include <algorithm>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"
#include "btrack/models/readers/images.hpp"

namespace btrack::models {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRemedy =
    "lay the pictures out as DIR/train/CLASS/*.jpg and DIR/val/CLASS/*.jpg, or as DIR/CLASS/*.jpg";
constexpr std::size_t kTestEvery = 5;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_picture(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

/// What is in the folder, sorted, hidden names left out.
Result<std::vector<fs::path>> entries_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->path().filename().string().starts_with('.')) entries.push_back(entry->path());
  }
  if (error) return fail(system_error(error.value(), "list", folder));
  std::sort(entries.begin(), entries.end());
  return entries;
}

Result<PictureFolder> list_classes(const fs::path& root) {
  const auto folders = entries_of(root);
  if (!folders) return fail(folders.error());
  PictureFolder found;
  for (const auto& folder : *folders) {
    if (!is_folder(folder)) continue;
    const auto files = entries_of(folder);
    if (!files) return fail(files.error());
    const std::size_t before = found.files.size();
    for (const auto& file : *files) {
      if (is_picture(file)) {
        found.files.push_back({file, static_cast<std::int64_t>(found.classes.size())});
      }
    }
    if (found.files.size() == before) {
      return fail(ErrorKind::malformed,
                  fmt::format("{}: no .jpg, .jpeg or .png file in it", folder.string()), kRemedy);
    }
    found.classes.push_back(folder.filename().string());
  }
  if (found.classes.empty()) {
    return fail(ErrorKind::not_found, fmt::format("{}: no folder of pictures in it", root.string()),
                kRemedy);
  }
  return found;
}

PictureFolders set_apart(PictureFolder all) {
  PictureFolders parts{{all.classes, {}}, {all.classes, {}}};
  for (std::size_t i = 0; i < all.files.size(); ++i) {
    auto& part = i % kTestEvery == kTestEvery - 1 ? parts.test : parts.train;
    part.files.push_back(std::move(all.files[i]));
  }
  return parts;
}

}  // namespace

Result<PictureFolders> list_pictures(const fs::path& root) {
  if (!is_folder(root / "train")) {
    auto all = list_classes(root);
    if (!all) return fail(all.error());
    PictureFolders parts = set_apart(std::move(*all));
    if (!parts.test.files.empty()) return parts;
    return fail(ErrorKind::malformed,
                fmt::format("{}: {} pictures are too few to keep some for the test", root.string(),
                            parts.train.files.size()),
                kRemedy);
  }
  auto train = list_classes(root / "train");
  if (!train) return fail(train.error());
  auto test = list_classes(root / (is_folder(root / "val") ? "val" : "test"));
  if (!test) return fail(test.error());
  if (train->classes != test->classes) {
    return fail(ErrorKind::malformed,
                fmt::format("{}: the classes to train on ({}) are not those of the test ({})",
                            root.string(), join(train->classes, ", "), join(test->classes, ", ")),
                kRemedy);
  }
  return PictureFolders{std::move(*train), std::move(*test)};
}

}  // namespace btrack::models
