// SPDX-License-Identifier: Apache-2.0
// Vision transformers: patches as tokens, an encoder with fused attention, a class token.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_transformer_encoder_layer_fwd.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include <cmath>

#include "btrack/models/families.hpp"
#include "btrack/models/ladder/inputs.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ladder {
namespace {

/// Glorot and Bengio 2010.
Init xavier(std::int64_t in, std::int64_t out) {
  return uniform(std::sqrt(6.0 / static_cast<double>(in + out)));
}

/// Dosovitskiy et al. 2021, in the post-norm form of the original transformer.
struct Shape {
  std::int64_t patch, width, layers, heads, hidden;
};

class EncoderLayer final : public Module {
 public:
  explicit EncoderLayer(const Shape& shape)
      : heads_(shape.heads),
        qkv_(add<Linear>("qkv", shape.width, 3 * shape.width, xavier(shape.width, 3 * shape.width),
                         constant(0.0))),
        join_(add<Linear>("out", shape.width, shape.width, default_uniform(shape.width),
                          constant(0.0))),
        widen_(add<Linear>("linear1", shape.width, shape.hidden)),
        narrow_(add<Linear>("linear2", shape.hidden, shape.width)),
        norm1_(add<LayerNorm>("norm1", shape.width)),
        norm2_(add<LayerNorm>("norm2", shape.width)) {}

  at::Tensor operator()(const at::Tensor& tokens) const {
    if (!is_training() && !at::GradMode::is_enabled() && tokens.scalar_type() == at::kFloat) {
      return infer(tokens);
    }
    const at::Tensor x = norm1_(attend(tokens).add_(tokens));
    return norm2_(narrow_(widen_(x).relu_()).add_(x));
  }

 private:
  /// The library's one-call layer, which it has for inference only.
  [[nodiscard]] at::Tensor infer(const at::Tensor& tokens) const {
    return at::_transformer_encoder_layer_fwd(
        tokens, tokens.size(2), heads_, qkv_.weight(), qkv_.bias(), join_.weight(), join_.bias(),
        /*use_gelu=*/false, /*norm_first=*/false, norm1_.epsilon(), norm1_.gamma(), norm1_.beta(),
        norm2_.gamma(), norm2_.beta(), widen_.weight(), widen_.bias(), narrow_.weight(),
        narrow_.bias());
  }

  [[nodiscard]] at::Tensor attend(const at::Tensor& tokens) const {
    const auto batch = tokens.size(0);
    const auto count = tokens.size(1);
    const auto width = tokens.size(2);
    const at::Tensor split =
        qkv_(tokens).view({batch, count, 3, heads_, width / heads_}).permute({2, 0, 3, 1, 4});
    const at::Tensor mixed = at::scaled_dot_product_attention(split[0], split[1], split[2]);
    return join_(mixed.transpose(1, 2).reshape({batch, count, width}));
  }

  std::int64_t heads_;
  Linear &qkv_, &join_, &widen_, &narrow_;
  LayerNorm &norm1_, &norm2_;
};

class VisionTransformer final : public Network {
 public:
  VisionTransformer(const Shape& shape, const InputSpec& image, std::int64_t classes)
      : patch_(shape.patch),
        channels_(image.shape()[0]),
        side_(image.shape()[1] / shape.patch),
        class_token_(value("class_token", {1, 1, shape.width}, normal(0.02))),
        position_(value("position", {1, side_ * side_ + 1, shape.width}, normal(0.02))),
        embed_(add<Linear>("embed", channels_ * patch_ * patch_, shape.width)),
        head_(add<Linear>("head", shape.width, classes)) {
    for (std::int64_t i = 0; i < shape.layers; ++i) {
      layers_.push_back(&add<EncoderLayer>("layer" + std::to_string(i), shape));
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
    for (const auto* layer : layers_) x = (*layer)(x);
    return head_(x.select(1, 0));
  }

 private:
  std::int64_t patch_, channels_, side_;
  at::Tensor &class_token_, &position_;
  Linear &embed_, &head_;
  std::vector<EncoderLayer*> layers_;
};

NetworkPtr vit_micro(const Config& config) {
  constexpr Shape kMicro{.patch = 7, .width = 64, .layers = 4, .heads = 4, .hidden = 128};
  return std::make_shared<VisionTransformer>(kMicro, config.inputs[0], config.classes);
}

constexpr Variant kVariants[] = {grey28(2'427'008)};

constexpr Model kRows[] = {rung({.name = "vit_micro",
                                 .family = "vit",
                                 .size = {.parameters = 138'890},
                                 .variants = kVariants,
                                 .defaults = {.learning_rate = 2e-3},
                                 .build = vit_micro})};

}  // namespace

Rows vit() { return kRows; }

}  // namespace btrack::models::ladder
