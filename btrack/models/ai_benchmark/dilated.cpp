// SPDX-License-Identifier: Apache-2.0
// Bottlenecks with dilation.
#include "btrack/models/ai_benchmark/dilated.hpp"

#include "btrack/models/ai_benchmark/defaults.hpp"

namespace btrack::models::ai_benchmark {

/// 1x1 with the stride, 3x3, 1x1 with four times the width out.
class DilatedStages::Bottleneck final : public Module {
 public:
  struct Shape {
    std::int64_t in, width, stride, dilation, blocks;
  };

  Bottleneck(const Shape& shape, const NormSpec& norm)
      : reduce_(add<ConvNorm>("reduce", point(shape.in, shape.width, shape.stride), norm)),
        middle_(add<ConvNorm>(
            "middle", ConvSpec{.in = shape.width, .out = shape.width, .dilation = shape.dilation},
            norm)),
        expand_(add<ConvNorm>("expand", closing(shape), norm, Activation::none)) {
    if (shape.in == 4 * shape.width) return;
    shortcut_ = &add<ConvNorm>("shortcut", point(shape.in, 4 * shape.width, shape.stride), norm,
                               Activation::none);
  }

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor y = expand_(middle_(reduce_(x)));
    return y.add_(shortcut_ == nullptr ? x : (*shortcut_)(x)).relu_();
  }

 private:
  static ConvSpec point(std::int64_t in, std::int64_t out, std::int64_t stride) {
    return {.in = in, .out = out, .kernel = {1, 1}, .stride = stride};
  }
  static ConvSpec closing(const Shape& shape) {
    ConvSpec spec = point(shape.width, 4 * shape.width, 1);
    spec.init = closing_init(shape.width, shape.blocks);
    return spec;
  }

  ConvNorm &reduce_, &middle_, &expand_;
  ConvNorm* shortcut_ = nullptr;
};

DilatedStages::DilatedStages(std::int64_t in, std::int64_t units_of_third, const Config& config,
                             const NormSpec& norm)
    : width_(in) {
  struct Stage {
    std::int64_t width, units, stride, dilation;
  };
  const Stage stages[] = {
      {64, 3, 1, 1}, {128, 4, 2, 1}, {256, units_of_third, 1, 2}, {512, 3, 1, 4}};
  std::int64_t blocks = 0;
  for (const auto& stage : stages) blocks += config.depth(stage.units);
  for (const auto& stage : stages) {
    const std::int64_t width = config.width(stage.width);
    for (std::int64_t i = 0; i < config.depth(stage.units); ++i, width_ = 4 * width) {
      blocks_.push_back(&add<Bottleneck>(
          "block" + std::to_string(blocks_.size()),
          Bottleneck::Shape{width_, width, i == 0 ? stage.stride : 1, stage.dilation, blocks},
          norm));
    }
  }
}

at::Tensor DilatedStages::operator()(const at::Tensor& input) const {
  at::Tensor x = input;
  for (const auto* block : blocks_) x = (*block)(x);
  return x;
}

}  // namespace btrack::models::ai_benchmark
