// SPDX-License-Identifier: Apache-2.0
// DeepLab-v2 with a ResNet-101 (arXiv 1606.00915): section 16 of AI Benchmark Alpha.
#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/ai_benchmark/dilated.hpp"
#include "btrack/models/families.hpp"

namespace btrack::models::ai_benchmark {
namespace {

NormSpec norm_of(const Config& config) {
  return {.epsilon = 1e-3, .batch_statistics = !config.faithful()};
}

/// The output is as large as the last map, an eighth of the image.
class DeepLab final : public Network {
 public:
  explicit DeepLab(const Config& config)
      : stem_(add<ConvNorm>(
            "stem", ConvSpec{.in = 3, .out = config.width(64), .kernel = {7, 7}, .stride = 2},
            norm_of(config))),
        stages_(add<DilatedStages>("stages", config.width(64), 23, config, norm_of(config))) {
    for (const std::int64_t dilation : {6, 12, 18, 24}) {
      const ConvSpec spec{.in = stages_.width(), .out = config.classes, .dilation = dilation};
      pyramid_.push_back(&add<Conv>("pyramid" + std::to_string(dilation), spec));
    }
  }

  at::Tensor forward(at::TensorList inputs) override {
    const at::Tensor x = stages_(max_pool(stem_(without_mean(inputs[0])), 3, 2, Padding::same));
    at::Tensor sum = (*pyramid_[0])(x);
    for (std::size_t i = 1; i < pyramid_.size(); ++i) sum.add_((*pyramid_[i])(x));
    return sum;
  }

 private:
  ConvNorm& stem_;
  DilatedStages& stages_;
  std::vector<Conv*> pyramid_;
};

NetworkPtr build(const Config& config) { return std::make_shared<DeepLab>(config); }

constexpr InputSpec k384[] = {pixels(384)};
constexpr InputSpec k512[] = {pixels(512)};

// The graph does more, 100.018 G and 177.945 G: it pads where it dilates by moving pixels into the
// batch.
constexpr Variant kVariants[] = {
    {.name = "384", .inputs = k384, .macs = 99'984'605'184},
    {.name = "512", .inputs = k512, .macs = 177'750'409'216},
};

constexpr Model kRows[] = {{
    .name = "deeplab",
    .family = "deeplab",
    .task = Task::segmentation,
    .item_unit = "images",
    .classes = 3,
    .size = {.parameters = 42'721'356, .statistics = 105'344},
    .variants = kVariants,
    .tiny = {.inputs = kTinyImage},
    .layout = Layout::channels_last,
    .defaults = with_batches(1, 2),
    .build = build,
}};

}  // namespace

Rows deeplab() { return kRows; }

}  // namespace btrack::models::ai_benchmark
