// SPDX-License-Identifier: Apache-2.0
// Vision transformers: patches as tokens, an encoder with fused attention, a class token.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_transformer_encoder_layer_fwd.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "btrack/models/families.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::vit {

/// Dosovitskiy et al. 2021, in the post-norm form of the original transformer.
struct Shape {
  std::int64_t patch, width, layers, heads, hidden;
};

class EncoderLayerImpl final : public torch::nn::Module {
 public:
  explicit EncoderLayerImpl(const Shape& shape)
      : heads_(shape.heads),
        qkv_(register_module("qkv", torch::nn::Linear(shape.width, 3 * shape.width))),
        join_(register_module("out", torch::nn::Linear(shape.width, shape.width))),
        widen_(register_module("linear1", torch::nn::Linear(shape.width, shape.hidden))),
        narrow_(register_module("linear2", torch::nn::Linear(shape.hidden, shape.width))),
        norm1_(register_module("norm1", norm(shape.width))),
        norm2_(register_module("norm2", norm(shape.width))) {
    torch::nn::init::xavier_uniform_(qkv_->weight);
    torch::nn::init::zeros_(qkv_->bias);
    torch::nn::init::zeros_(join_->bias);
  }

  at::Tensor forward(const at::Tensor& tokens) {
    if (!is_training() && !at::GradMode::is_enabled()) return infer(tokens);
    const at::Tensor x = norm1_(attend(tokens).add_(tokens));
    return norm2_(narrow_(widen_(x).relu_()).add_(x));
  }

 private:
  /// The library's one-call layer, which it has for inference only.
  at::Tensor infer(const at::Tensor& tokens) {
    return at::_transformer_encoder_layer_fwd(
        tokens, tokens.size(2), heads_, qkv_->weight, qkv_->bias, join_->weight, join_->bias,
        /*use_gelu=*/false, /*norm_first=*/false, norm1_->options.eps(), norm1_->weight,
        norm1_->bias, norm2_->weight, norm2_->bias, widen_->weight, widen_->bias, narrow_->weight,
        narrow_->bias);
  }

  static torch::nn::LayerNorm norm(std::int64_t width) {
    return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}));
  }

  at::Tensor attend(const at::Tensor& tokens) {
    const auto batch = tokens.size(0);
    const auto count = tokens.size(1);
    const auto width = tokens.size(2);
    const at::Tensor split =
        qkv_(tokens).view({batch, count, 3, heads_, width / heads_}).permute({2, 0, 3, 1, 4});
    const at::Tensor mixed = at::scaled_dot_product_attention(split[0], split[1], split[2]);
    return join_(mixed.transpose(1, 2).reshape({batch, count, width}));
  }

  std::int64_t heads_;
  torch::nn::Linear qkv_, join_, widen_, narrow_;
  torch::nn::LayerNorm norm1_, norm2_;
};
TORCH_MODULE(EncoderLayer);

class VisionTransformer final : public Network {
 public:
  VisionTransformer(const Shape& shape, const InputSpec& image, std::int64_t classes)
      : patch_(shape.patch),
        channels_(image.shape()[0]),
        side_(image.shape()[1] / shape.patch),
        embed_(
            register_module("embed", torch::nn::Linear(channels_ * patch_ * patch_, shape.width))),
        head_(register_module("head", torch::nn::Linear(shape.width, classes))) {
    class_token_ = register_parameter("class_token", at::zeros({1, 1, shape.width}));
    position_ = register_parameter("position", at::empty({1, side_ * side_ + 1, shape.width}));
    torch::nn::init::normal_(class_token_, 0.0, 0.02);
    torch::nn::init::normal_(position_, 0.0, 0.02);
    for (std::int64_t i = 0; i < shape.layers; ++i) {
      layers_.push_back(register_module("layer" + std::to_string(i), EncoderLayer(shape)));
    }
  }

  at::Tensor forward(at::TensorList inputs) override {
    const at::Tensor& image = inputs[0];
    const auto batch = image.size(0);
    const at::Tensor patches = image.reshape({batch, channels_, side_, patch_, side_, patch_})
                                   .permute({0, 2, 4, 1, 3, 5})
                                   .reshape({batch, side_ * side_, channels_ * patch_ * patch_});
    at::Tensor x =
        at::cat({class_token_.expand({batch, 1, -1}), embed_(patches)}, 1).add_(position_);
    for (auto& layer : layers_) x = layer(x);
    return head_(x.select(1, 0));
  }

 private:
  std::int64_t patch_, channels_, side_;
  torch::nn::Linear embed_, head_;
  at::Tensor class_token_, position_;
  std::vector<EncoderLayer> layers_;
};

NetworkPtr vit_micro(const Model& model) {
  constexpr Shape kMicro{.patch = 7, .width = 64, .layers = 4, .heads = 4, .hidden = 128};
  return std::make_shared<VisionTransformer>(kMicro, model.inputs[0], model.classes);
}

}  // namespace btrack::models::vit
