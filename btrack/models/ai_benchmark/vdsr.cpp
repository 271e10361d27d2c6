// SPDX-License-Identifier: Apache-2.0
// VDSR (arXiv 1511.04587), which AI Benchmark Alpha calls "VGG-19 Super-Res": its section 9.
#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

/// 20 convolutions learn what the image lacks.
class Vdsr final : public Network {
 public:
  explicit Vdsr(const Config& config)
      : widen_(add<Conv>("widen", ConvSpec{.in = 3, .out = config.width(64)})),
        residual_(add<Conv>("residual", ConvSpec{.in = config.width(64), .out = 3})) {
    for (std::int64_t i = 0; i < config.depth(18); ++i) {
      layers_.push_back(&add<Conv>("conv" + std::to_string(i),
                                   ConvSpec{.in = config.width(64), .out = config.width(64)}));
    }
  }

  at::Tensor forward(at::TensorList inputs) override {
    const at::Tensor image = inputs[0].mul(1.0 / 255.0);
    at::Tensor x = widen_(image).relu_();
    for (const auto* layer : layers_) x = (*layer)(x).relu_();
    return residual_(x).add_(image).mul_(255.0);
  }

 private:
  Conv &widen_, &residual_;
  std::vector<Conv*> layers_;
};

NetworkPtr build(const Config& config) { return std::make_shared<Vdsr>(config); }

constexpr InputSpec k224[] = {pixels(224)};
constexpr InputSpec k256[] = {pixels(256)};
constexpr InputSpec k512[] = {pixels(512)};
constexpr InputSpec k1024[] = {pixels(1024)};

constexpr Variant kVariants[] = {
    {.name = "224", .inputs = k224, .macs = 33'467'793'408},
    {.name = "256", .inputs = k256, .macs = 43'713'036'288},
    {.name = "512", .inputs = k512, .macs = 174'852'145'152},
    {.name = "1024", .inputs = k1024, .macs = 699'408'580'608},
};

constexpr Model kRows[] = {{
    .name = "vgg19_sr",
    .family = "vdsr",
    .task = Task::image_to_image,
    .item_unit = "images",
    .classes = 3,
    .size = {.parameters = 668'227},
    .variants = kVariants,
    .tiny = {.inputs = kTinyImage},
    .layout = Layout::channels_last,
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows vdsr() { return kRows; }

}  // namespace btrack::models::ai_benchmark
