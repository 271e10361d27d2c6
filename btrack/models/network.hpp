// SPDX-License-Identifier: Apache-2.0
// What every network offers to training and inference: a forward pass and a loss.
#pragma once

#include <torch/nn/module.h>

#include "btrack/models/catalogue.hpp"

namespace btrack::models {

class Network : public torch::nn::Module {
 public:
  /// The inputs in the order of the model's row, each with the batch first.
  virtual at::Tensor forward(at::TensorList inputs) = 0;
  /// Mean over the batch; cross-entropy unless the family has a loss of its own.
  virtual at::Tensor loss(const at::Tensor& output, const at::Tensor& target);
};

/// Seeded initial weights, moved to the device, in the memory order of the row.
NetworkPtr make_network(const Model& model, std::int64_t seed, at::Device device);

std::int64_t count_parameters(const Network& network);
/// Multiply-adds of one item, from a real forward pass on `inputs` (one item) without gradient:
/// convolutions, matrix products and attention; not normalisation, activation or pooling.
std::int64_t count_macs(Network& network, at::TensorList inputs);
/// One item of zeros for each input of the row, such as count_macs wants.
std::vector<at::Tensor> one_item(const Model& model, at::Device device);

}  // namespace btrack::models
