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

#include <algorithm>
#include <filesystem>

#include "btrack/models/idx.hpp"
#include "btrack/models/network.hpp"

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

Result<Split> load_split(const fs::path& folder, const std::string& stem, const Config& config) {
  const auto image_file = find_file(folder, stem + "-images", 3);
  if (!image_file) return fail(image_file.error());
  const auto label_file = find_file(folder, stem + "-labels", 1);
  if (!label_file) return fail(label_file.error());
  auto images = load_images(*image_file, config.inputs[0]);
  if (!images) return fail(images.error());
  auto labels = load_labels(*label_file, images->size(0), config.classes);
  if (!labels) return fail(labels.error());
  return Split{{*images}, *labels};
}

Result<DataSet> load_folder(const fs::path& folder, const Config& config) {
  auto train = load_split(folder, "train", config);
  if (!train) return fail(train.error());
  auto test = load_split(folder, "t10k", config);
  if (!test) return fail(test.error());
  const double mean = train->inputs[0].mean().item<double>();
  const double deviation = std::max(train->inputs[0].std().item<double>(), 1e-6);
  for (auto* split : {&*train, &*test}) split->inputs[0].sub_(mean).div_(deviation);
  return DataSet{std::move(*train), std::move(*test)};
}

at::Tensor noise(const InputSpec& input, std::int64_t items, const at::Generator& generator) {
  std::vector<std::int64_t> sizes{items};
  sizes.insert(sizes.end(), input.shape().begin(), input.shape().end());
  if (input.type == DataType::i64) {
    return at::randint(static_cast<std::int64_t>(input.low), static_cast<std::int64_t>(input.high),
                       sizes, generator, at::kLong);
  }
  if (input.low == input.high) return at::randn(sizes, generator);
  return at::empty(sizes).uniform_(input.low, input.high, generator);
}

Split noise(const Selection& selected, std::int64_t items, const at::Generator& generator) {
  Split split;
  for (const auto& input : selected.config.inputs) {
    split.inputs.push_back(noise(input, items, generator));
  }
  split.targets = synthetic_targets(selected, split.inputs, output_sizes(selected), generator);
  return split;
}

/// Fewer batches than wanted where they would take more than 1 GiB.
std::int64_t synthetic_items(const Config& config, std::int64_t batch, std::int64_t batches) {
  constexpr std::int64_t kMostValues = std::int64_t{1} << 28;
  std::int64_t values = 0;
  for (const auto& input : config.inputs) {
    std::int64_t sample = 1;
    for (const auto size : input.shape()) sample *= size;
    values += sample;
  }
  return batch * std::clamp<std::int64_t>(kMostValues / (values * batch), 1, batches);
}

DataSet synthesise(const Selection& selected, const results::Settings& settings) {
  const auto generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(settings.seed));
  const auto items = [&](std::int64_t batch, std::int64_t batches) {
    return synthetic_items(selected.config, std::max<std::int64_t>(batch, 1), batches);
  };
  return {noise(selected, items(settings.batch, kSyntheticBatches), generator),
          noise(selected, items(settings.infer_batch, 2), generator), false};
}

at::Tensor placed(at::Tensor tensor, Layout layout, at::Device device) {
  if (layout == Layout::channels_last && tensor.dim() == 4) {
    tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
  }
  return tensor.to(device);
}

void place(Split& split, Layout layout, at::Device device) {
  const bool shared = split.targets.is_same(split.inputs[0]);
  for (auto& input : split.inputs) input = placed(input, layout, device);
  split.targets = shared ? split.inputs[0] : placed(split.targets, layout, device);
}

}  // namespace loading

Result<DataSet> load_data(const Selection& selected, const results::Settings& settings,
                          at::Device device) {
  const at::NoGradGuard no_grad;
  Result<DataSet> data = DataSet{};
  if (selected.synthetic(settings)) {
    data = loading::synthesise(selected, settings);
  } else {
    data = loading::load_folder(settings.data.empty() ? loading::kFashionMnist : settings.data,
                                selected.config);
  }
  if (!data) return data;
  loading::place(data->train, selected.model->layout, device);
  loading::place(data->test, selected.model->layout, device);
  return data;
}

Batcher::Batcher(const Split& split, std::int64_t batch) : current_(split.inputs.size()) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> tensors = split.inputs;
  tensors.push_back(split.targets);
  for (const auto& tensor : tensors) {
    Lane lane;
    lane.sizes = tensor.sizes().vec();
    lane.strides = tensor.strides().vec();
    const std::int64_t values = tensor.numel() / tensor.size(0);
    lane.rows = tensor.as_strided({tensor.size(0), values}, {values, 1});
    lane.buffer = at::empty({batch, values}, tensor.options());
    lanes_.push_back(std::move(lane));
  }
}

at::Tensor Batcher::gather(Lane& lane, const at::Tensor& indices) {
  const std::int64_t count = indices.size(0);
  at::Tensor part = lane.buffer.narrow(0, 0, count);
  at::index_select_out(part, lane.rows, 0, indices);
  lane.sizes[0] = count;
  return part.as_strided(lane.sizes, lane.strides);
}

void Batcher::gather(const at::Tensor& indices) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < current_.size(); ++i) current_[i] = gather(lanes_[i], indices);
  current_targets_ = gather(lanes_.back(), indices);
}

std::vector<at::Tensor> slice_inputs(const Split& split, std::int64_t begin, std::int64_t count) {
  std::vector<at::Tensor> inputs;
  for (const auto& input : split.inputs) inputs.push_back(input.narrow(0, begin, count));
  return inputs;
}

}  // namespace btrack::models
