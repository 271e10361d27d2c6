// SPDX-License-Identifier: Apache-2.0
// ResNet-50 v1.5 (He et al. 2015, with the stride in the 3x3 as in torchvision and MLPerf).
#include <ATen/ops/max_pool2d.h>

#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {
namespace {

ConvSpec window(std::int64_t in, std::int64_t out, std::int64_t size, std::int64_t stride = 1) {
  return {.in = in,
          .out = out,
          .kernel = {size, size},
          .stride = stride,
          .padding = Padding::symmetric,
          .init = he_normal(size * size * out)};
}

/// 1x1, 3x3, 1x1 with four times the width out.
class Bottleneck final : public Module {
 public:
  Bottleneck(std::int64_t in, std::int64_t width, std::int64_t stride)
      : reduce_(add<ConvNorm>("reduce", window(in, width, 1), NormSpec{})),
        middle_(add<ConvNorm>("middle", window(width, width, 3, stride), NormSpec{})),
        expand_(
            add<ConvNorm>("expand", window(width, 4 * width, 1), NormSpec{}, Activation::none)) {
    if (stride == 1 && in == 4 * width) return;
    shortcut_ =
        &add<ConvNorm>("shortcut", window(in, 4 * width, 1, stride), NormSpec{}, Activation::none);
  }

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor y = expand_(middle_(reduce_(x)));
    return y.add_(shortcut_ == nullptr ? x : (*shortcut_)(x)).relu_();
  }

 private:
  ConvNorm &reduce_, &middle_, &expand_;
  ConvNorm* shortcut_ = nullptr;
};

class ResNet50 final : public Network {
 public:
  explicit ResNet50(const Config& config)
      : stem_(add<ConvNorm>("stem", window(config.inputs[0].shape()[0], config.width(64), 7, 2),
                            NormSpec{})) {
    std::int64_t in = config.width(64);
    std::int64_t width = in;
    for (const std::int64_t blocks : {3, 4, 6, 3}) {
      for (std::int64_t i = 0; i < config.depth(blocks); ++i, in = 4 * width) {
        const std::int64_t stride = i == 0 && !blocks_.empty() ? 2 : 1;
        blocks_.push_back(
            &add<Bottleneck>("block" + std::to_string(blocks_.size()), in, width, stride));
      }
      width *= 2;
    }
    head_ = &add<Linear>("head", in, config.classes);
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = at::max_pool2d(stem_(inputs[0]), 3, 2, 1);
    for (const auto* block : blocks_) x = (*block)(x);
    return (*head_)(x.mean({2, 3}));
  }

 private:
  ConvNorm& stem_;
  std::vector<Bottleneck*> blocks_;
  Linear* head_ = nullptr;
};

NetworkPtr resnet50(const Config& config) { return std::make_shared<ResNet50>(config); }

constexpr InputSpec kColour224[] = {{.name = "image", .sizes = {3, 224, 224}, .rank = 3}};
constexpr InputSpec kColour64[] = {{.name = "image", .sizes = {3, 64, 64}, .rank = 3}};

// Published as 4.11 G where the normalisation layers are counted, too.
constexpr Variant kVariants[] = {{.name = "224", .inputs = kColour224, .macs = 4'089'184'256}};

constexpr Model kRows[] = {{
    .name = "resnet50",
    .family = "resnet",
    .item_unit = "images",
    .classes = 1000,
    .size = {.parameters = 25'557'032, .statistics = 53'120},
    .variants = kVariants,
    .tiny = {.inputs = kColour64},
    .layout = Layout::channels_last,
    .defaults = {.batch = 16, .infer_batch = 16, .epochs = 1},
    .build = resnet50,
}};

}  // namespace

Rows resnet() { return kRows; }

}  // namespace btrack::models::modern
