// SPDX-License-Identifier: Apache-2.0
// Fully connected networks: softmax regression and perceptrons with ReLU.
#include <torch/nn/modules/linear.h>

#include "btrack/models/families.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::mlp {

class Perceptron final : public Network {
 public:
  Perceptron(std::int64_t inputs, std::vector<std::int64_t> widths, std::int64_t classes) {
    widths.push_back(classes);
    for (const auto width : widths) {
      layers_.push_back(register_module("layer" + std::to_string(layers_.size()),
                                        torch::nn::Linear(inputs, width)));
      inputs = width;
    }
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = layers_[0](inputs[0].flatten(1));
    for (std::size_t i = 1; i < layers_.size(); ++i) x = layers_[i](x.relu_());
    return x;
  }

 private:
  std::vector<torch::nn::Linear> layers_;
};

NetworkPtr make(const Model& model, std::vector<std::int64_t> widths) {
  std::int64_t values = 1;
  for (const auto size : model.inputs[0].shape()) values *= size;
  return std::make_shared<Perceptron>(values, std::move(widths), model.classes);
}

NetworkPtr softmax(const Model& model) { return make(model, {}); }
NetworkPtr mlp_64(const Model& model) { return make(model, {64}); }
NetworkPtr mlp_512_256(const Model& model) { return make(model, {512, 256}); }

}  // namespace btrack::models::mlp
