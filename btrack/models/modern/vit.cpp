// SPDX-License-Identifier: Apache-2.0
// Vision transformers with patches of 16 (Dosovitskiy et al. 2021; Ti and S: Touvron et al. 2021).
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "btrack/models/families.hpp"
#include "btrack/models/modern/transformer.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {
namespace vits {

constexpr std::int64_t kLayers = 12;

class VisionTransformer final : public Network {
 public:
  VisionTransformer(std::int64_t width, std::int64_t heads, const Config& config)
      : embed_(add<Conv>("embed", ConvSpec{.in = config.inputs[0].shape()[0],
                                           .out = width,
                                           .kernel = {kPatch, kPatch},
                                           .stride = kPatch,
                                           .padding = Padding::valid,
                                           .init = kWeight})),
        class_token_(value("class_token", {1, 1, width}, kWeight)),
        position_(value("position", {1, patches(config) + 1, width}, kWeight)) {
    for (std::int64_t i = 0; i < config.depth(kLayers); ++i) {
      blocks_.push_back(
          &add<PreNormBlock>("block" + std::to_string(i),
                             BlockSpec{.width = width, .heads = heads, .hidden = 4 * width}));
    }
    norm_ = &add<LayerNorm>("norm", width, 1e-6);
    head_ = &add<Linear>("head", width, config.classes, kWeight, kBias);
  }

  at::Tensor forward(at::TensorList inputs) override {
    const at::Tensor patches = embed_(inputs[0]).flatten(2).transpose(1, 2);
    at::Tensor x = at::cat({class_token_.expand({patches.size(0), 1, -1}), patches}, 1) + position_;
    for (const auto* block : blocks_) x = (*block)(x);
    return (*head_)((*norm_)(x.select(1, 0)));
  }

 private:
  static constexpr std::int64_t kPatch = 16;
  static std::int64_t patches(const Config& config) {
    return config.inputs[0].shape()[1] / kPatch * (config.inputs[0].shape()[2] / kPatch);
  }

  Conv& embed_;
  at::Tensor &class_token_, &position_;
  std::vector<PreNormBlock*> blocks_;
  LayerNorm* norm_ = nullptr;
  Linear* head_ = nullptr;
};

template <std::int64_t kWidth>
NetworkPtr build(const Config& config) {
  constexpr std::int64_t kHeadWidth = 64;
  return std::make_shared<VisionTransformer>(config.width(kWidth), kWidth / kHeadWidth, config);
}

constexpr InputSpec kColour224[] = {{.name = "image", .sizes = {3, 224, 224}, .rank = 3}};
constexpr InputSpec kColour64[] = {{.name = "image", .sizes = {3, 64, 64}, .rank = 3}};

constexpr Variant kTiny[] = {{.name = "224", .inputs = kColour224, .macs = 1'253'683'200}};
constexpr Variant kSmall[] = {{.name = "224", .inputs = kColour224, .macs = 4'598'882'304}};
constexpr Variant kBase[] = {{.name = "224", .inputs = kColour224, .macs = 17'563'828'224}};

constexpr Model row(std::string_view name, std::int64_t parameters,
                    std::span<const Variant> variants, Builder build) {
  return {.name = name,
          .family = "vit",
          .item_unit = "images",
          .classes = 1000,
          .size = {.parameters = parameters},
          .variants = variants,
          .tiny = {.inputs = kColour64, .classes = 10},
          .defaults = {.batch = 16, .infer_batch = 16, .epochs = 1},
          .build = build};
}

constexpr Model kRows[] = {row("vit_ti16", 5'717'416, kTiny, build<192>),
                           row("vit_s16", 22'050'664, kSmall, build<384>),
                           row("vit_b16", 86'567'656, kBase, build<768>)};

}  // namespace vits

Rows vit() { return vits::kRows; }

}  // namespace btrack::models::modern
