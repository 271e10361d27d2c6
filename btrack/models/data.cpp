// SPDX-License-Identifier: Apache-2.0
// Loading data sets and handing out batches.
#include "btrack/models/data.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include <algorithm>

#include "btrack/models/files.hpp"
#include "btrack/models/generated.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models {
namespace noises {

at::Tensor noise(const InputSpec& input, std::int64_t items, const at::Generator& generator) {
  std::vector<std::int64_t> sizes{items};
  sizes.insert(sizes.end(), input.shape().begin(), input.shape().end());
  if (input.type == DataType::i64 && input.skew != 1.0) {
    const at::Tensor shares = at::empty(sizes, at::kDouble).uniform_(0.0, 1.0, generator);
    return shares.pow_(input.skew).mul_(input.high - input.low).add_(input.low).to(at::kLong);
  }
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

/// Full batches only.
std::int64_t synthetic_items(const Config& config, std::int64_t batch, std::int64_t batches) {
  return batch * std::max<std::int64_t>(items_that_fit(config, batch * batches) / batch, 1);
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

}  // namespace noises

std::int64_t items_that_fit(const Config& config, std::int64_t wanted) {
  constexpr std::int64_t kMostValues = std::int64_t{1} << 28;
  std::int64_t values = 0;
  for (const auto& input : config.inputs) {
    std::int64_t sample = 1;
    for (const auto size : input.shape()) sample *= size;
    values += sample;
  }
  return std::clamp<std::int64_t>(kMostValues / values, 1, wanted);
}

Result<DataSet> load_data(const Selection& selected, const results::Settings& settings,
                          at::Device device) {
  const at::NoGradGuard no_grad;
  Result<DataSet> data = DataSet{};
  if (selected.synthetic(settings)) {
    data = noises::synthesise(selected, settings);
  } else if (is_generated(settings)) {
    data = generate_task(selected, settings);
  } else {
    data = load_files(selected, settings);
  }
  if (!data) return data;
  noises::place(data->train, selected.model->layout, device);
  noises::place(data->test, selected.model->layout, device);
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
