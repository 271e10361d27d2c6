// SPDX-License-Identifier: Apache-2.0
// Making a network ready to run.
#include "btrack/models/network.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include "btrack/models/shapes.hpp"

namespace btrack::models {

at::Tensor Network::loss(const at::Tensor& output, const at::Tensor& target) {
  return loss_of(objective_, output, target);
}

NetworkPtr describe_network(const Selection& selected) {
  complete_meta_device();
  NetworkPtr network = selected.model->build(selected.config);
  network->objective_ = {selected.model->task, selected.config.mode};
  return network;
}

NetworkPtr make_network(const Selection& selected, std::int64_t seed, at::Device device) {
  NetworkPtr network = describe_network(selected);
  network->materialise(device, selected.model->layout == Layout::channels_last,
                       at::detail::createCPUGenerator(static_cast<std::uint64_t>(seed)));
  return network;
}

Size count_values(Network& network) {
  Size size;
  for (const auto& [path, value] : network.values()) {
    const std::int64_t count = value->tensor.numel();
    (value->role == Role::statistic ? size.statistics : size.parameters) += count;
    if (value->role == Role::frozen) size.frozen += count;
  }
  return size;
}

std::vector<at::Tensor> one_sample(const Config& config, at::Device device) {
  std::vector<at::Tensor> inputs;
  for (const auto& input : config.inputs) {
    std::vector<std::int64_t> sizes{1};
    sizes.insert(sizes.end(), input.shape().begin(), input.shape().end());
    const auto type = input.type == DataType::f32 ? at::kFloat : at::kLong;
    inputs.push_back(at::zeros(sizes, at::TensorOptions(device).dtype(type)));
  }
  return inputs;
}

std::vector<std::int64_t> output_sizes(const Selection& selected) {
  const at::NoGradGuard no_grad;
  return describe_network(selected)->forward(one_sample(selected.config, at::kMeta)).sizes().vec();
}

}  // namespace btrack::models
