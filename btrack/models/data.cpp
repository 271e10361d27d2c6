// SPDX-License-Identifier: Apache-2.0
// Loading data sets and handing out batches.
#include "btrack/models/data.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "btrack/models/idx.hpp"

namespace btrack::models {
namespace loading {

namespace fs = std::filesystem;

constexpr const char* kFashionMnist = "/usr/share/datasets/fashion-mnist";
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

Result<at::Tensor> load_images(const fs::path& path, const InputSpec& input) {
  auto array = read_idx(path);
  if (!array) return fail(array.error());
  // Grey images carry no channel dimension in IDX.
  auto shape = array->shape;
  if (input.shape()[0] == 1 && shape.size() == 3) shape.insert(shape.begin() + 1, 1);
  const std::vector<std::int64_t> expected(input.shape().begin(), input.shape().end());
  const std::vector<std::int64_t> item(shape.begin() + 1, shape.end());
  if (item != expected || shape[0] == 0) {
    return fail(ErrorKind::malformed,
                fmt::format("{}: {} items of {} where the model takes items of {}", path.string(),
                            shape[0], fmt::join(item, "x"), fmt::join(expected, "x")),
                kHowToGet);
  }
  return to_tensor(*array, at::kFloat).view(shape);
}

Result<at::Tensor> load_labels(const fs::path& path, std::int64_t items, std::int64_t classes) {
  auto array = read_idx(path);
  if (!array) return fail(array.error());
  if (array->shape != std::vector<std::int64_t>{items}) {
    return fail(ErrorKind::malformed,
                fmt::format("{}: {} labels for {} images", path.string(),
                            fmt::join(array->shape, "x"), items),
                kHowToGet);
  }
  const at::Tensor labels = to_tensor(*array, at::kLong);
  const auto low = labels.min().item<std::int64_t>();
  const auto high = labels.max().item<std::int64_t>();
  if (low < 0 || high >= classes) {
    return fail(ErrorKind::malformed,
                fmt::format("{}: label {} is outside 0..{}", path.string(), low < 0 ? low : high,
                            classes - 1),
                kHowToGet);
  }
  return labels;
}

Result<Split> load_split(const fs::path& folder, const std::string& stem, const Model& model) {
  const auto image_file = find_file(folder, stem + "-images", 3);
  if (!image_file) return fail(image_file.error());
  const auto label_file = find_file(folder, stem + "-labels", 1);
  if (!label_file) return fail(label_file.error());
  auto images = load_images(*image_file, model.inputs[0]);
  if (!images) return fail(images.error());
  auto labels = load_labels(*label_file, images->size(0), model.classes);
  if (!labels) return fail(labels.error());
  return Split{{*images}, *labels};
}

Result<DataSet> load_folder(const fs::path& folder, const Model& model) {
  auto train = load_split(folder, "train", model);
  if (!train) return fail(train.error());
  auto test = load_split(folder, "t10k", model);
  if (!test) return fail(test.error());
  const double mean = train->inputs[0].mean().item<double>();
  const double deviation = std::max(train->inputs[0].std().item<double>(), 1e-6);
  for (auto* split : {&*train, &*test}) split->inputs[0].sub_(mean).div_(deviation);
  return DataSet{std::move(*train), std::move(*test)};
}

Split noise(const Model& model, std::int64_t items, at::Generator generator) {
  Split split;
  for (const auto& input : model.inputs) {
    std::vector<std::int64_t> sizes{items};
    sizes.insert(sizes.end(), input.shape().begin(), input.shape().end());
    split.inputs.push_back(input.type == DataType::f32
                               ? at::randn(sizes, generator)
                               : at::randint(0, input.limit, sizes, generator, at::kLong));
  }
  split.targets = at::randint(0, model.classes, {items}, generator, at::kLong);
  return split;
}

/// A synthetic epoch is 8 batches: enough for a stable rate, short enough for a processor.
DataSet synthesise(const Model& model, const results::Settings& settings) {
  const auto generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(settings.seed));
  return {noise(model, 8 * settings.batch, generator),
          noise(model, 2 * settings.infer_batch, generator), false};
}

void place(Split& split, Layout layout, at::Device device) {
  for (auto& input : split.inputs) {
    if (layout == Layout::channels_last && input.dim() == 4) {
      input = input.contiguous(at::MemoryFormat::ChannelsLast);
    }
    input = input.to(device);
  }
  split.targets = split.targets.to(device);
}

}  // namespace loading

Result<DataSet> load_data(const Model& model, const results::Settings& settings,
                          at::Device device) {
  const at::NoGradGuard no_grad;
  Result<DataSet> data = DataSet{};
  if (model.source == Source::synthetic && settings.data.empty()) {
    data = loading::synthesise(model, settings);
  } else {
    data =
        loading::load_folder(settings.data.empty() ? loading::kFashionMnist : settings.data, model);
  }
  if (!data) return data;
  loading::place(data->train, model.layout, device);
  loading::place(data->test, model.layout, device);
  return data;
}

Batcher::Batcher(const Split& split, std::int64_t batch)
    : all_targets_(split.targets), current_(split.inputs.size()) {
  const at::NoGradGuard no_grad;
  for (const auto& input : split.inputs) {
    Lane lane;
    lane.sizes = input.sizes().vec();
    lane.strides = input.strides().vec();
    const std::int64_t values = input.numel() / input.size(0);
    lane.rows = input.as_strided({input.size(0), values}, {values, 1});
    lane.buffer = at::empty({batch, values}, input.options());
    lanes_.push_back(std::move(lane));
  }
  target_buffer_ = at::empty({batch}, split.targets.options());
}

void Batcher::gather(const at::Tensor& indices) {
  const at::NoGradGuard no_grad;
  const std::int64_t count = indices.size(0);
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[i];
    at::Tensor part = lane.buffer.narrow(0, 0, count);
    at::index_select_out(part, lane.rows, 0, indices);
    lane.sizes[0] = count;
    current_[i] = part.as_strided(lane.sizes, lane.strides);
  }
  current_targets_ = target_buffer_.narrow(0, 0, count);
  at::index_select_out(current_targets_, all_targets_, 0, indices);
}

std::vector<at::Tensor> slice_inputs(const Split& split, std::int64_t begin, std::int64_t count) {
  std::vector<at::Tensor> inputs;
  for (const auto& input : split.inputs) inputs.push_back(input.narrow(0, begin, count));
  return inputs;
}

}  // namespace btrack::models
