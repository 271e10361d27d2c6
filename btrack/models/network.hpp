// SPDX-License-Identifier: Apache-2.0
// What every network offers to training and inference: a forward pass and a loss.
#pragma once

#include "btrack/models/module.hpp"
#include "btrack/models/objective.hpp"
#include "btrack/models/selection.hpp"

namespace btrack::models {

class Network : public Module {
 public:
  /// The inputs in the order of the model's row, each with the batch first.
  virtual at::Tensor forward(at::TensorList inputs) = 0;
  /// That of the row's task, unless the family has one of its own.
  virtual at::Tensor loss(const at::Tensor& output, const at::Tensor& target);
  [[nodiscard]] const Objective& objective() const { return objective_; }

 private:
  friend NetworkPtr describe_network(const Selection& selected);
  Objective objective_;
};

/// The network without memory: shapes only, on the meta device.
NetworkPtr describe_network(const Selection& selected);
/// The network with seeded initial weights on the device, in the memory order of the row.
NetworkPtr make_network(const Selection& selected, std::int64_t seed, at::Device device);

/// Counted as the row's Size says it: `frozen` is what this network's mode freezes.
Size count_values(Network& network);
/// Multiply-adds of a forward pass on `inputs`: convolutions, matrix products and attention; not
/// normalisation, activation or pooling. Counted from the operators that it really calls, in
/// training mode; shapes are enough, so a network on the meta device takes no time.
std::int64_t count_macs(Network& network, at::TensorList inputs);
/// One sample of zeros for each input, such as count_macs wants.
std::vector<at::Tensor> one_sample(const Config& config, at::Device device);
/// Sizes of the output for one sample, with the batch dimension of 1.
std::vector<std::int64_t> output_sizes(const Selection& selected);

}  // namespace btrack::models
