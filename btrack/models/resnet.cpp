// SPDX-License-Identifier: Apache-2.0
// Residual networks: ResNet-20 for small images and ResNet-50 v1.5 for 224x224.
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/max_pool2d.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "btrack/models/families.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::resnet {

/// Convolution without bias, then batch normalisation.
class ConvNormImpl final : public torch::nn::Module {
 public:
  ConvNormImpl(std::int64_t in, std::int64_t out, std::int64_t size, std::int64_t stride = 1)
      : convolution_(
            register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, size)
                                                          .stride(stride)
                                                          .padding(size / 2)
                                                          .bias(false)))),
        norm_(register_module("bn", torch::nn::BatchNorm2d(out))) {
    torch::nn::init::kaiming_normal_(convolution_->weight, 0.0, torch::kFanOut, torch::kReLU);
  }

  at::Tensor forward(const at::Tensor& x) { return norm_(convolution_(x)); }

 private:
  torch::nn::Conv2d convolution_;
  torch::nn::BatchNorm2d norm_;
};
TORCH_MODULE(ConvNorm);

/// Two 3x3; where the shape changes, the shortcut takes every other pixel and pads channels with
/// zeros (option A of He et al. 2015, which has no parameters).
class BasicBlockImpl final : public torch::nn::Module {
 public:
  BasicBlockImpl(std::int64_t in, std::int64_t out, std::int64_t stride)
      : added_(out - in),
        stride_(stride),
        first_(register_module("first", ConvNorm(in, out, 3, stride))),
        second_(register_module("second", ConvNorm(out, out, 3))) {}

  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = second_(first_(x).relu_());
    return y.add_(shortcut(x)).relu_();
  }

 private:
  [[nodiscard]] at::Tensor shortcut(const at::Tensor& x) const {
    if (added_ == 0 && stride_ == 1) return x;
    const at::Tensor fewer = x.slice(2, 0, x.size(2), stride_).slice(3, 0, x.size(3), stride_);
    return at::constant_pad_nd(fewer, {0, 0, 0, 0, added_ / 2, added_ - added_ / 2});
  }

  std::int64_t added_, stride_;
  ConvNorm first_, second_;
};
TORCH_MODULE(BasicBlock);

/// 1x1, 3x3, 1x1 with four times the width out; the stride sits in the 3x3 (v1.5).
class BottleneckImpl final : public torch::nn::Module {
 public:
  BottleneckImpl(std::int64_t in, std::int64_t width, std::int64_t stride)
      : reduce_(register_module("reduce", ConvNorm(in, width, 1))),
        middle_(register_module("middle", ConvNorm(width, width, 3, stride))),
        expand_(register_module("expand", ConvNorm(width, 4 * width, 1))) {
    if (stride != 1 || in != 4 * width) {
      shortcut_ = register_module("shortcut", ConvNorm(in, 4 * width, 1, stride));
    }
  }

  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = expand_(middle_(reduce_(x).relu_()).relu_());
    return y.add_(shortcut_.is_empty() ? x : shortcut_(x)).relu_();
  }

 private:
  ConvNorm reduce_, middle_, expand_, shortcut_{nullptr};
};
TORCH_MODULE(Bottleneck);

/// The stages and the head are alike; the stem and the block differ.
template <class Block>
class ResNet final : public Network {
 public:
  struct Shape {
    std::int64_t stem_width, stem_size, stem_stride;
    bool stem_pool;
    std::int64_t expansion;
    std::vector<std::int64_t> blocks;  ///< per stage; each stage doubles the width
  };

  ResNet(const Shape& shape, std::int64_t channels, std::int64_t classes)
      : pool_(shape.stem_pool),
        stem_(this->register_module(
            "stem", ConvNorm(channels, shape.stem_width, shape.stem_size, shape.stem_stride))) {
    std::int64_t in = shape.stem_width;
    std::int64_t width = shape.stem_width;
    for (std::size_t stage = 0; stage < shape.blocks.size(); ++stage, width *= 2) {
      for (std::int64_t i = 0; i < shape.blocks[stage]; ++i) {
        const std::int64_t stride = i == 0 && stage > 0 ? 2 : 1;
        blocks_.push_back(this->register_module("block" + std::to_string(blocks_.size()),
                                                Block(in, width, stride)));
        in = width * shape.expansion;
      }
    }
    head_ = this->register_module("head", torch::nn::Linear(in, classes));
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = stem_(inputs[0]).relu_();
    if (pool_) x = at::max_pool2d(x, 3, 2, 1);
    for (auto& block : blocks_) x = block(x);
    return head_(x.mean({2, 3}));
  }

 private:
  bool pool_;
  ConvNorm stem_;
  std::vector<Block> blocks_;
  torch::nn::Linear head_{nullptr};
};

NetworkPtr resnet20(const Model& model) {
  using Net = ResNet<BasicBlock>;
  const Net::Shape shape{16, 3, 1, false, 1, {3, 3, 3}};
  return std::make_shared<Net>(shape, model.inputs[0].shape()[0], model.classes);
}

NetworkPtr resnet50(const Model& model) {
  using Net = ResNet<Bottleneck>;
  const Net::Shape shape{64, 7, 2, true, 4, {3, 4, 6, 3}};
  return std::make_shared<Net>(shape, model.inputs[0].shape()[0], model.classes);
}

}  // namespace btrack::models::resnet
