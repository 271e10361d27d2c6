// SPDX-License-Identifier: Apache-2.0
// Plain convolutional networks: LeNet-5 and the two CNN rungs of the ladder.
#include <ATen/ops/max_pool2d.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "btrack/models/families.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::cnn {

torch::nn::Conv2dOptions window(std::int64_t in, std::int64_t out, std::int64_t size,
                                std::int64_t padding) {
  return torch::nn::Conv2dOptions(in, out, size).padding(padding);
}

/// Pooling and ReLU commute; this order leaves ReLU a quarter of the work.
at::Tensor pooled_relu(const at::Tensor& x) { return at::max_pool2d(x, 2).relu_(); }

/// LeCun et al. 1998, with ReLU and max-pooling as it is used today; padding 2 makes 28 into 32.
class LeNet5 final : public Network {
 public:
  LeNet5(std::int64_t channels, std::int64_t classes) : last_(84, classes) {
    first_ = register_module("conv1", torch::nn::Conv2d(window(channels, 6, 5, 2)));
    second_ = register_module("conv2", torch::nn::Conv2d(window(6, 16, 5, 0)));
    wide_ = register_module("fc1", torch::nn::Linear(16 * 5 * 5, 120));
    narrow_ = register_module("fc2", torch::nn::Linear(120, 84));
    register_module("fc3", last_);
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = pooled_relu(first_(inputs[0]));
    x = pooled_relu(second_(x));
    x = wide_(x.flatten(1)).relu_();
    return last_(narrow_(x).relu_());
  }

 private:
  torch::nn::Conv2d first_{nullptr}, second_{nullptr};
  torch::nn::Linear wide_{nullptr}, narrow_{nullptr}, last_;
};

/// Two 3x3 convolutions of 32 and 64 maps, each pooled, and a hidden layer of 128.
class CnnS final : public Network {
 public:
  CnnS(std::int64_t channels, std::int64_t classes) : last_(128, classes) {
    first_ = register_module("conv1", torch::nn::Conv2d(window(channels, 32, 3, 1)));
    second_ = register_module("conv2", torch::nn::Conv2d(window(32, 64, 3, 1)));
    hidden_ = register_module("fc1", torch::nn::Linear(64 * 7 * 7, 128));
    register_module("fc2", last_);
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = pooled_relu(first_(inputs[0]));
    x = pooled_relu(second_(x));
    return last_(hidden_(x.flatten(1)).relu_());
  }

 private:
  torch::nn::Conv2d first_{nullptr}, second_{nullptr};
  torch::nn::Linear hidden_{nullptr}, last_;
};

/// Six 3x3 convolutions with batch normalisation: 2x32, 2x64, 2x128, global average at the end.
class CnnM final : public Network {
 public:
  CnnM(std::int64_t channels, std::int64_t classes) : last_(128, classes) {
    for (const std::int64_t width : {32, 32, 64, 64, 128, 128}) {
      const auto number = std::to_string(convolutions_.size() + 1);
      convolutions_.push_back(register_module(
          "conv" + number, torch::nn::Conv2d(window(channels, width, 3, 1).bias(false))));
      norms_.push_back(register_module("bn" + number, torch::nn::BatchNorm2d(width)));
      channels = width;
    }
    register_module("fc", last_);
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = inputs[0];
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      x = norms_[i](convolutions_[i](x));
      x = i == 1 || i == 3 ? pooled_relu(x) : x.relu_();
    }
    return last_(x.mean({2, 3}));
  }

 private:
  std::vector<torch::nn::Conv2d> convolutions_;
  std::vector<torch::nn::BatchNorm2d> norms_;
  torch::nn::Linear last_;
};

template <class Net>
NetworkPtr make(const Model& model) {
  return std::make_shared<Net>(model.inputs[0].shape()[0], model.classes);
}

NetworkPtr lenet5(const Model& model) { return make<LeNet5>(model); }
NetworkPtr cnn_s(const Model& model) { return make<CnnS>(model); }
NetworkPtr cnn_m(const Model& model) { return make<CnnM>(model); }

}  // namespace btrack::models::cnn
