// SPDX-License-Identifier: Apache-2.0
// MobileNet-V2 of width 1.0 (arXiv 1801.04381): section 1 of AI Benchmark Alpha.
#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

NormSpec norm_of(const Config& config) {
  return {.epsilon = 1e-3, .batch_statistics = !config.faithful()};
}

ConvSpec point(std::int64_t in, std::int64_t out) {
  return {.in = in, .out = out, .kernel = {1, 1}};
}

/// Widen with 1x1, look around with a 3x3 per channel, narrow with 1x1.
class InvertedResidual final : public Module {
 public:
  struct Shape {
    std::int64_t in, expansion, out, stride;
  };

  InvertedResidual(const Shape& shape, const NormSpec& norm)
      : skip_(shape.stride == 1 && shape.in == shape.out) {
    const std::int64_t inner = shape.in * shape.expansion;
    if (shape.expansion > 1) {
      layers_.push_back(&add<ConvNorm>("expand", point(shape.in, inner), norm, Activation::relu6));
    }
    const ConvSpec depthwise{.in = inner, .out = inner, .stride = shape.stride, .groups = inner};
    layers_.push_back(&add<ConvNorm>("depthwise", depthwise, norm, Activation::relu6));
    layers_.push_back(&add<ConvNorm>("project", point(inner, shape.out), norm, Activation::none));
  }

  at::Tensor operator()(const at::Tensor& x) const {
    at::Tensor y = x;
    for (const auto* layer : layers_) y = (*layer)(y);
    return skip_ ? y.add_(x) : y;
  }

 private:
  bool skip_;
  std::vector<ConvNorm*> layers_;
};

/// Logits: the graph has no softmax.
class MobileNetV2 final : public Network {
 public:
  explicit MobileNetV2(const Config& config)
      : stem_(add<ConvNorm>("stem", ConvSpec{.in = 3, .out = config.width(32), .stride = 2},
                            norm_of(config), Activation::relu6)) {
    struct Stage {
      std::int64_t expansion, width, count, stride;
    };
    std::int64_t in = config.width(32);
    for (const Stage& stage : {Stage{1, 16, 1, 1},
                               {6, 24, 2, 2},
                               {6, 32, 3, 2},
                               {6, 64, 4, 2},
                               {6, 96, 3, 1},
                               {6, 160, 3, 2},
                               {6, 320, 1, 1}}) {
      const std::int64_t out = config.width(stage.width);
      for (std::int64_t i = 0; i < config.depth(stage.count); ++i, in = out) {
        blocks_.push_back(&add<InvertedResidual>(
            "block" + std::to_string(blocks_.size()),
            InvertedResidual::Shape{in, stage.expansion, out, i == 0 ? stage.stride : 1},
            norm_of(config)));
      }
    }
    const std::int64_t last = config.width(1280);
    widen_ = &add<ConvNorm>("widen", point(in, last), norm_of(config), Activation::relu6);
    head_ = &add<Linear>("head", last, config.classes);  // the graph's 1x1 convolution on one pixel
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = stem_(centred(inputs[0]));
    for (const auto* block : blocks_) x = (*block)(x);
    return (*head_)((*widen_)(x).mean({2, 3}));
  }

 private:
  ConvNorm& stem_;
  std::vector<InvertedResidual*> blocks_;
  ConvNorm* widen_ = nullptr;
  Linear* head_ = nullptr;
};

NetworkPtr build(const Config& config) { return std::make_shared<MobileNetV2>(config); }

constexpr InputSpec k224[] = {pixels(224)};

constexpr Variant kVariants[] = {{.name = "224", .inputs = k224, .macs = 300'775'552}};

constexpr Model kRows[] = {{
    .name = "mobilenet_v2",
    .family = "mobilenet",
    .item_unit = "images",
    .classes = 1001,
    .size = {.parameters = 3'506'153, .statistics = 34'112},
    .variants = kVariants,
    .tiny = {.inputs = kTinyImage},
    .layout = Layout::channels_last,
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows mobilenet() { return kRows; }

}  // namespace btrack::models::ai_benchmark
