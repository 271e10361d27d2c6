// SPDX-License-Identifier: Apache-2.0
// Making a network ready to run.
#include "btrack/models/network.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros.h>
#include <torch/utils.h>

namespace btrack::models {

at::Tensor Network::loss(const at::Tensor& output, const at::Tensor& target) {
  return at::cross_entropy_loss(output, target);
}

NetworkPtr make_network(const Model& model, std::int64_t seed, at::Device device) {
  torch::manual_seed(static_cast<std::uint64_t>(seed));
  NetworkPtr network = model.build(model);
  network->to(device);
  if (model.layout == Layout::channels_last) {
    const at::NoGradGuard no_grad;
    for (auto& parameter : network->parameters()) {
      if (parameter.dim() != 4) continue;
      parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
  return network;
}

std::int64_t count_parameters(const Network& network) {
  std::int64_t total = 0;
  for (const auto& parameter : network.parameters()) total += parameter.numel();
  return total;
}

std::vector<at::Tensor> one_item(const Model& model, at::Device device) {
  std::vector<at::Tensor> inputs;
  for (const auto& input : model.inputs) {
    std::vector<std::int64_t> sizes{1};
    sizes.insert(sizes.end(), input.shape().begin(), input.shape().end());
    const auto type = input.type == DataType::f32 ? at::kFloat : at::kLong;
    inputs.push_back(at::zeros(sizes, at::TensorOptions(device).dtype(type)));
  }
  return inputs;
}

}  // namespace btrack::models
