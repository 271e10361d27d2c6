// SPDX-License-Identifier: Apache-2.0
// Images from IDX files, CIFAR's binary files, and folders of JPEG and PNG.
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "btrack/models/files.hpp"
#include "btrack/models/readers/idx.hpp"
#include "btrack/models/readers/images.hpp"

namespace btrack::models {
namespace images {

namespace fs = std::filesystem;

constexpr const char* kHowToGet =
    "apt-get install dataset-fashion-mnist, or name a folder of IDX files with --data DIR";

/// The file of that stem, raw or gzip, in either spelling that is in circulation.
Result<fs::path> find_file(const fs::path& folder, const std::string& stem, int rank) {
  const auto idx = fmt::format("idx{}-ubyte", rank);
  for (const auto* separator : {"-", "."}) {
    for (const auto* ending : {"", ".gz"}) {
      fs::path path = folder / (stem + separator + idx + ending);
      std::error_code ignored;
      if (fs::exists(path, ignored)) return path;
    }
  }
  return fail(ErrorKind::not_found,
              fmt::format("the data set is not there: {}/{}-{}[.gz]", folder.string(), stem, idx),
              kHowToGet);
}

at::ScalarType scalar_type(IdxType type) {
  switch (type) {
    case IdxType::u8:
      return at::kByte;
    case IdxType::i8:
      return at::kChar;
    case IdxType::i16:
      return at::kShort;
    case IdxType::i32:
      return at::kInt;
    case IdxType::f32:
      return at::kFloat;
    case IdxType::f64:
      return at::kDouble;
  }
  return at::kByte;
}

at::Tensor to_tensor(IdxArray& array, at::ScalarType wanted) {
  return at::from_blob(array.bytes.data(), array.shape, scalar_type(array.type)).to(wanted).clone();
}

Result<void> check_items(const fs::path& path, std::vector<std::int64_t> shape,
                         const InputSpec& input) {
  const std::int64_t items = shape.front();
  shape.erase(shape.begin());
  const std::vector<std::int64_t> expected(input.shape().begin(), input.shape().end());
  if (shape == expected && items > 0) return {};
  return fail(ErrorKind::malformed,
              fmt::format("{}: {} items of {} where the model takes items of {}", path.string(),
                          items, fmt::join(shape, "x"), fmt::join(expected, "x")),
              "take a model, or a variant of it, for these items (`btrack list`)");
}

Result<Split> load_idx_split(const fs::path& folder, const std::string& stem,
                             const Config& config) {
  const auto image_file = find_file(folder, stem + "-images", 3);
  if (!image_file) return fail(image_file.error());
  const auto label_file = find_file(folder, stem + "-labels", 1);
  if (!label_file) return fail(label_file.error());
  auto array = read_idx(*image_file);
  if (!array) return fail(array.error());
  auto shape = array->shape;
  if (shape.size() == 3) shape.insert(shape.begin() + 1, 1);  // grey images carry no channel
  if (auto sound = check_items(*image_file, shape, config.inputs[0]); !sound) {
    return fail(sound.error());
  }
  auto numbers = read_idx(*label_file);
  if (!numbers) return fail(numbers.error());
  if (numbers->shape != std::vector<std::int64_t>{shape[0]}) {
    return fail(ErrorKind::malformed,
                fmt::format("{}: {} labels for {} images", label_file->string(),
                            fmt::join(numbers->shape, "x"), shape[0]),
                kHowToGet);
  }
  const at::Tensor labels = to_tensor(*numbers, at::kLong);
  if (auto sound = check_labels(labels, config.classes, *label_file); !sound) {
    return fail(sound.error());
  }
  return Split{{to_tensor(*array, at::kFloat).view(shape)}, labels};
}

Result<Split> split_of(Images& images, const fs::path& folder, const Config& config) {
  const auto items = static_cast<std::int64_t>(images.labels.size());
  const std::vector<std::int64_t> shape{items, 3, images.height, images.width};
  if (auto sound = check_items(folder, shape, config.inputs[0]); !sound) return fail(sound.error());
  const at::Tensor labels = at::tensor(images.labels, at::kLong);
  if (auto sound = check_labels(labels, config.classes, folder); !sound) return fail(sound.error());
  return Split{{at::from_blob(images.pixels.data(), shape, at::kByte).to(at::kFloat)}, labels};
}

Result<Split> load_pictures(const PictureFolder& folder, const fs::path& root,
                            const Config& config) {
  const auto shape = config.inputs[0].shape();
  const auto items = static_cast<std::int64_t>(folder.files.size());
  Split split{{at::empty({items, 3, shape[1], shape[2]})}, at::empty({items}, at::kLong)};
  for (std::int64_t i = 0; i < items; ++i) {
    const auto& file = folder.files[static_cast<std::size_t>(i)];
    auto picture = read_picture(file.path);
    if (!picture) return fail(picture.error());
    split.inputs[0].narrow(0, i, 1).copy_(fit_picture(*picture, shape[1], shape[2]));
    split.targets.narrow(0, i, 1).fill_(file.label);
  }
  if (auto sound = check_labels(split.targets, config.classes, root); !sound) {
    return fail(sound.error());
  }
  return split;
}

}  // namespace images

at::Tensor fit_picture(Picture& picture, std::int64_t height, std::int64_t width) {
  const at::Tensor image =
      at::from_blob(picture.planes.data(), {1, 3, picture.height, picture.width}, at::kByte)
          .to(at::kFloat);
  const double scale = std::max(static_cast<double>(height) / static_cast<double>(picture.height),
                                static_cast<double>(width) / static_cast<double>(picture.width));
  const auto side = [scale](std::int64_t from, std::int64_t least) {
    return std::max<std::int64_t>(std::llround(static_cast<double>(from) * scale), least);
  };
  const std::int64_t tall = side(picture.height, height);
  const std::int64_t wide = side(picture.width, width);
  const at::Tensor resized = at::_upsample_bilinear2d_aa(image, {tall, wide}, false);
  return resized.narrow(2, (tall - height) / 2, height).narrow(3, (wide - width) / 2, width);
}

Result<void> check_labels(const at::Tensor& labels, std::int64_t classes,
                          const std::filesystem::path& path) {
  const auto low = labels.min().item<std::int64_t>();
  const auto high = labels.max().item<std::int64_t>();
  if (low >= 0 && high < classes) return {};
  return fail(ErrorKind::malformed,
              fmt::format("{}: label {} is outside 0..{}", path.string(), low < 0 ? low : high,
                          classes - 1),
              "take a model with as many classes as the data set, or another data set");
}

Result<DataSet> load_idx(const std::filesystem::path& folder, const Config& config) {
  auto train = images::load_idx_split(folder, "train", config);
  if (!train) return fail(train.error());
  auto test = images::load_idx_split(folder, "t10k", config);
  if (!test) return fail(test.error());
  return DataSet{std::move(*train), std::move(*test)};
}

Result<DataSet> load_cifar(const std::filesystem::path& folder, const Config& config) {
  auto splits = read_cifar(folder);
  if (!splits) return fail(splits.error());
  auto train = images::split_of(splits->train, folder, config);
  if (!train) return fail(train.error());
  auto test = images::split_of(splits->test, folder, config);
  if (!test) return fail(test.error());
  return DataSet{std::move(*train), std::move(*test)};
}

Result<DataSet> load_pictures(const std::filesystem::path& root, const Config& config) {
  const auto shape = config.inputs[0].shape();
  if (shape.size() != 3 || shape[0] != 3) {
    return fail(ErrorKind::unsupported,
                fmt::format("{}: pictures are for models of colour images, and this one takes {}",
                            root.string(), fmt::join(shape, "x")),
                "take a model with 3 channels (`btrack list`)");
  }
  const auto folders = list_pictures(root);
  if (!folders) return fail(folders.error());
  auto train = images::load_pictures(folders->train, root, config);
  if (!train) return fail(train.error());
  auto test = images::load_pictures(folders->test, root, config);
  if (!test) return fail(test.error());
  return DataSet{std::move(*train), std::move(*test)};
}

}  // namespace btrack::models
