// SPDX-License-Identifier: Apache-2.0
// U-Net (arXiv 1505.04597) with SAME padding and instance normalisation: section 12 of AI Benchmark
// Alpha.
#include <ATen/ops/cat.h>
#include <ATen/ops/max_pool2d.h>

#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

/// Twice a 3x3 convolution with bias, instance normalisation and ReLU.
class Level final : public Module {
 public:
  Level(std::int64_t in, std::int64_t out)
      : first_(add<Conv>("first", ConvSpec{.in = in, .out = out})),
        second_(add<Conv>("second", ConvSpec{.in = out, .out = out})),
        norm1_(add<InstanceNorm>("norm1", out, kEpsilon)),
        norm2_(add<InstanceNorm>("norm2", out, kEpsilon)) {}

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor y = norm1_(first_(x)).relu_();
    return norm2_(second_(y)).relu_();
  }

 private:
  static constexpr double kEpsilon = 1e-3;

  Conv &first_, &second_;
  InstanceNorm &norm1_, &norm2_;
};

class UNet final : public Network {
 public:
  explicit UNet(const Config& config) {
    std::int64_t in = 3;
    for (const std::int64_t width : kWidths) {
      const std::int64_t out = config.width(width);
      down_.push_back(&add<Level>("down" + std::to_string(width), in, out));
      in = out;
    }
    for (auto width = std::next(std::rbegin(kWidths)); width != std::rend(kWidths); ++width) {
      const std::int64_t out = config.width(*width);
      enlarge_.push_back(&add<ConvTranspose>("enlarge" + std::to_string(*width), in, out, 2, 2));
      up_.push_back(&add<Level>("up" + std::to_string(*width), 2 * out, out));
      in = out;
    }
    image_ = &add<Conv>("image", ConvSpec{.in = in, .out = config.classes, .kernel = {1, 1}});
  }

  at::Tensor forward(at::TensorList inputs) override {
    std::vector<at::Tensor> skips;
    at::Tensor x = (*down_[0])(centred(inputs[0]));
    for (std::size_t i = 1; i < down_.size(); ++i) {
      skips.push_back(x);
      x = (*down_[i])(at::max_pool2d(x, 2));
    }
    for (std::size_t i = 0; i < up_.size(); ++i, skips.pop_back()) {
      x = (*up_[i])(at::cat({skips.back(), (*enlarge_[i])(x)}, 1));
    }
    return stretched_tanh((*image_)(x));
  }

 private:
  static constexpr std::int64_t kWidths[] = {64, 128, 256, 512, 1024};

  std::vector<Level*> down_, up_;
  std::vector<ConvTranspose*> enlarge_;
  Conv* image_ = nullptr;
};

NetworkPtr build(const Config& config) { return std::make_shared<UNet>(config); }

constexpr InputSpec k256[] = {pixels(256)};
constexpr InputSpec k512[] = {pixels(512)};
constexpr InputSpec k1024[] = {pixels(1024)};

constexpr Variant kVariants[] = {
    {.name = "256", .inputs = k256, .macs = 48'175'775'744},
    {.name = "512", .inputs = k512, .macs = 192'703'102'976},
    {.name = "1024", .inputs = k1024, .macs = 770'812'411'904},
};

constexpr Model kRows[] = {{
    .name = "unet",
    .family = "unet",
    .task = Task::segmentation,
    .item_unit = "images",
    .classes = 3,
    .size = {.parameters = 31'043'651},
    .variants = kVariants,
    .tiny = {.inputs = kTinyImage},
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows unet() { return kRows; }

}  // namespace btrack::models::ai_benchmark
