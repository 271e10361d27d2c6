// SPDX-License-Identifier: Apache-2.0
// PSPNet with a ResNet-50 (arXiv 1612.01105): section 15 of AI Benchmark Alpha.
#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/ai_benchmark/dilated.hpp"
#include "btrack/models/families.hpp"

namespace btrack::models::ai_benchmark {
namespace {

NormSpec norm_of(const Config& config) { return {.batch_statistics = !config.faithful()}; }

/// The output is as large as the last map, an eighth of the image.
class PspNet final : public Network {
 public:
  explicit PspNet(const Config& config)
      : stem_{&layer("stem1", 3, config.width(64), 3, config, 2),
              &layer("stem2", config.width(64), config.width(64), 3, config),
              &layer("stem3", config.width(64), config.width(128), 3, config)},
        stages_(add<DilatedStages>("stages", config.width(128), 6, config, norm_of(config))) {
    const std::int64_t width = config.width(512);
    for (const std::int64_t window : {60, 30, 20, 10}) {
      pyramid_.push_back(
          {config.tiny() ? window / 8 : window,
           &layer("pyramid" + std::to_string(window), stages_.width(), width, 1, config)});
    }
    const std::int64_t joined =
        stages_.width() + static_cast<std::int64_t>(pyramid_.size()) * width;
    join_ = &layer("join", joined, width, 3, config);
    head_ = &add<Conv>("head", ConvSpec{.in = width, .out = config.classes, .kernel = {1, 1}});
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = without_mean(inputs[0]);
    for (const auto* layer : stem_) x = (*layer)(x);
    x = stages_(max_pool(x, 3, 2, Padding::same));
    std::vector<at::Tensor> parts{x};
    for (const auto& [window, layer] : pyramid_) {
      const at::Tensor pooled = average_pool(x, window, window, Padding::valid);
      parts.push_back(at::upsample_bilinear2d((*layer)(pooled), {x.size(2), x.size(3)},
                                              /*align_corners=*/true));
    }
    return (*head_)((*join_)(at::cat(parts, 1)));
  }

 private:
  struct Level {
    std::int64_t window;  ///< side and stride, in pixels of the map
    ConvNorm* layer;
  };

  ConvNorm& layer(const std::string& name, std::int64_t in, std::int64_t out, std::int64_t size,
                  const Config& config, std::int64_t stride = 1) {
    const ConvSpec spec{.in = in, .out = out, .kernel = {size, size}, .stride = stride};
    return add<ConvNorm>(name, spec, norm_of(config));
  }

  std::array<ConvNorm*, 3> stem_;
  DilatedStages& stages_;
  std::vector<Level> pyramid_;
  ConvNorm* join_ = nullptr;
  Conv* head_ = nullptr;
};

NetworkPtr build(const Config& config) { return std::make_shared<PspNet>(config); }

constexpr InputSpec k512[] = {pixels(512)};
constexpr InputSpec k720[] = {pixels(720)};

// The graph does more at 720, 365.888 G: it pads where it dilates by moving pixels into the batch.
constexpr Variant kVariants[] = {
    {.name = "512", .inputs = k512, .macs = 183'714'709'504},
    {.name = "720", .inputs = k720, .macs = 363'311'532'032},
};

constexpr Model kRows[] = {{
    .name = "pspnet",
    .family = "pspnet",
    .task = Task::segmentation,
    .item_unit = "images",
    .classes = 3,
    .size = {.parameters = 46'707'139, .statistics = 58'624},
    .variants = kVariants,
    .tiny = {.inputs = kTinyImage},
    .layout = Layout::channels_last,
    .defaults = with_batches(1, 5),
    .build = build,
}};

}  // namespace

Rows pspnet() { return kRows; }

}  // namespace btrack::models::ai_benchmark
