// SPDX-License-Identifier: Apache-2.0
// ResNet-V2-50 and -152, activation first (arXiv 1603.05027): sections 5 and 6 of AI Benchmark
// Alpha.
#include <ATen/ops/softmax.h>

#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

using Depths = std::array<std::int64_t, 4>;
constexpr std::int64_t kExpansion = 4;

NormSpec norm_of(const Config& config) { return {.batch_statistics = !config.faithful()}; }

ConvSpec window(std::int64_t in, std::int64_t out, std::int64_t size, std::int64_t stride = 1) {
  return {.in = in,
          .out = out,
          .kernel = {size, size},
          .stride = stride,
          .padding = Padding::symmetric};
}

/// Normalisation and ReLU come before the convolutions; the sum at the end has neither.
class Unit final : public Module {
 public:
  struct Shape {
    std::int64_t in, width, stride, units;
  };

  Unit(const Shape& shape, const NormSpec& norm)
      : stride_(shape.stride),
        first_(add<BatchNorm>("first", shape.in, norm)),
        reduce_(add<ConvNorm>("reduce", window(shape.in, shape.width, 1), norm)),
        middle_(add<ConvNorm>("middle", window(shape.width, shape.width, 3, shape.stride), norm)),
        expand_(add<Conv>("expand", closing(shape))) {
    const std::int64_t out = kExpansion * shape.width;
    if (shape.in == out) return;
    shortcut_ = &add<Conv>("shortcut", window(shape.in, out, 1, shape.stride));
  }

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor active = activate(first_(x), Activation::relu);
    const at::Tensor y = expand_(middle_(reduce_(active)));
    if (shortcut_ != nullptr) return y.add_((*shortcut_)(active));
    return y.add_(stride_ == 1 ? x : max_pool(x, 1, stride_, Padding::valid));
  }

 private:
  static ConvSpec closing(const Shape& shape) {
    ConvSpec spec = window(shape.width, kExpansion * shape.width, 1);
    spec.init = closing_init(shape.width, shape.units);
    return spec;
  }

  std::int64_t stride_;
  BatchNorm& first_;
  ConvNorm &reduce_, &middle_;
  Conv& expand_;
  Conv* shortcut_ = nullptr;
};

/// A stage halves the map in its last unit, where torchvision does so in the next one's first.
class ResNetV2 final : public Network {
 public:
  ResNetV2(const Config& config, const Depths& depths)
      : probabilities_(config.faithful()),
        stem_(add<Conv>("stem", window(3, config.width(64), 7, 2))) {
    const NormSpec norm = norm_of(config);
    std::int64_t in = config.width(64);
    std::int64_t width = in;
    std::int64_t units = 0;
    for (const std::int64_t full : depths) units += config.depth(full);
    for (std::size_t stage = 0; stage < depths.size(); ++stage, width *= 2) {
      const std::int64_t count = config.depth(depths[stage]);
      for (std::int64_t i = 0; i < count; ++i, in = kExpansion * width) {
        const bool halves = i == count - 1 && stage + 1 < depths.size();
        units_.push_back(&add<Unit>("unit" + std::to_string(units_.size()),
                                    Unit::Shape{in, width, halves ? 2 : 1, units}, norm));
      }
    }
    last_ = &add<BatchNorm>("last", in, norm);
    head_ = &add<Linear>("head", in, config.classes);
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = max_pool(stem_(centred(inputs[0])), 3, 2, Padding::same);
    for (const auto* unit : units_) x = (*unit)(x);
    x = (*head_)(activate((*last_)(x), Activation::relu).mean({2, 3}));
    return probabilities_ ? at::softmax(x, -1) : x;
  }

 private:
  bool probabilities_;
  Conv& stem_;
  std::vector<Unit*> units_;
  BatchNorm* last_ = nullptr;
  Linear* head_ = nullptr;
};

NetworkPtr build_50(const Config& config) {
  return std::make_shared<ResNetV2>(config, Depths{3, 4, 6, 3});
}
NetworkPtr build_152(const Config& config) {
  return std::make_shared<ResNetV2>(config, Depths{3, 8, 36, 3});
}

constexpr InputSpec k346[] = {pixels(346)};
constexpr InputSpec k256[] = {pixels(256)};

constexpr Variant kVariants50[] = {{.name = "346", .inputs = k346, .macs = 8'558'226'112}};
constexpr Variant kVariants152[] = {{.name = "256", .inputs = k256, .macs = 14'244'857'856}};

constexpr Model row(std::string_view name, const Size& size, std::span<const Variant> variants,
                    Builder build) {
  return {.name = name,
          .family = "resnet_v2",
          .item_unit = "images",
          .classes = 1001,
          .size = size,
          .variants = variants,
          .tiny = {.inputs = kTinyImage},
          .layout = Layout::channels_last,
          .defaults = kDefaults,
          .build = build};
}

constexpr Model kRows[] = {
    row("resnet_v2_50", {.parameters = 25'570'409, .statistics = 45'440}, kVariants50, build_50),
    row("resnet_v2_152", {.parameters = 60'238'953, .statistics = 143'744}, kVariants152,
        build_152),
};

}  // namespace

Rows resnet_v2() { return kRows; }

}  // namespace btrack::models::ai_benchmark
