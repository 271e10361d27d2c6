// SPDX-License-Identifier: Apache-2.0
// ResNet-20 for small images (He et al. 2015, section 4.2).
#include <ATen/ops/constant_pad_nd.h>

#include "btrack/models/families.hpp"
#include "btrack/models/ladder/inputs.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ladder {
namespace {

ConvSpec window(std::int64_t in, std::int64_t out, std::int64_t stride) {
  return {.in = in,
          .out = out,
          .stride = stride,
          .padding = Padding::symmetric,
          .init = he_normal(9 * out)};
}

/// Two 3x3; where the shape changes, the shortcut takes every other pixel and pads channels with
/// zeros (option A of the paper, which has no parameters).
class BasicBlock final : public Module {
 public:
  BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride)
      : added_(out - in),
        stride_(stride),
        first_(add<ConvNorm>("first", window(in, out, stride), NormSpec{})),
        second_(add<ConvNorm>("second", window(out, out, 1), NormSpec{}, Activation::none)) {}

  at::Tensor operator()(const at::Tensor& x) const {
    return second_(first_(x)).add_(shortcut(x)).relu_();
  }

 private:
  [[nodiscard]] at::Tensor shortcut(const at::Tensor& x) const {
    if (added_ == 0 && stride_ == 1) return x;
    const at::Tensor fewer = x.slice(2, 0, x.size(2), stride_).slice(3, 0, x.size(3), stride_);
    return at::constant_pad_nd(fewer, {0, 0, 0, 0, added_ / 2, added_ - added_ / 2});
  }

  std::int64_t added_, stride_;
  ConvNorm &first_, &second_;
};

/// Three stages of three blocks; each stage halves the sides and doubles the width.
class ResNet20 final : public Network {
 public:
  explicit ResNet20(const Config& config)
      : stem_(add<ConvNorm>("stem", window(config.inputs[0].shape()[0], 16, 1), NormSpec{})) {
    std::int64_t in = 16;
    for (const std::int64_t width : {16, 32, 64}) {
      for (int i = 0; i < 3; ++i, in = width) {
        blocks_.push_back(
            &add<BasicBlock>("block" + std::to_string(blocks_.size()), in, width, width / in));
      }
    }
    head_ = &add<Linear>("head", in, config.classes);
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = stem_(inputs[0]);
    for (const auto* block : blocks_) x = (*block)(x);
    return (*head_)(x.mean({2, 3}));
  }

 private:
  ConvNorm& stem_;
  std::vector<BasicBlock*> blocks_;
  Linear* head_ = nullptr;
};

NetworkPtr resnet20(const Config& config) { return std::make_shared<ResNet20>(config); }

constexpr Variant kVariants[] = {grey28(30'821'248), cifar(40'551'040, 269'722)};

constexpr Model kRows[] = {rung({.name = "resnet20",
                                 .family = "resnet",
                                 .size = {.parameters = 269'434, .statistics = 1'376},
                                 .variants = kVariants,
                                 .layout = Layout::channels_last,
                                 .defaults = {.epochs = 3, .learning_rate = 2e-3},
                                 .build = resnet20})};

}  // namespace

Rows resnet() { return kRows; }

}  // namespace btrack::models::ladder
