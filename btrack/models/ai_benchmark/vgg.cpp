// SPDX-License-Identifier: Apache-2.0
// VGG-16, configuration D (arXiv 1409.1556): section 7 of AI Benchmark Alpha.
#include <ATen/ops/max_pool2d.h>

#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

/// Logits; the graph's fully connected layers are convolutions that cover the whole map.
class Vgg16 final : public Network {
 public:
  explicit Vgg16(const Config& config) {
    std::int64_t channels = config.inputs[0].shape()[0];
    std::int64_t side = config.inputs[0].shape()[1];
    for (const auto& [count, full] : {std::pair{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}}) {
      auto& stage = stages_.emplace_back();
      for (int i = 0; i < count; ++i) {
        const auto name = "conv" + std::to_string(stages_.size()) + '_' + std::to_string(i + 1);
        stage.push_back(&add<Conv>(name, ConvSpec{.in = channels, .out = config.width(full)}));
        channels = config.width(full);
      }
      side /= 2;
    }
    const std::int64_t hidden = config.width(4096);
    for (const auto& [in, out] :
         {std::pair{channels * side * side, hidden}, {hidden, hidden}, {hidden, config.classes}}) {
      const auto name = "fc" + std::to_string(6 + dense_.size());
      dense_.push_back(&add<Linear>(name, in, out, he_normal(in), constant(0.0)));
    }
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = centred(inputs[0]);
    for (const auto& stage : stages_) {
      for (const auto* convolution : stage) x = (*convolution)(x).relu_();
      x = at::max_pool2d(x, 2);
    }
    x = (*dense_[0])(x.flatten(1)).relu_();
    return (*dense_[2])((*dense_[1])(x).relu_());
  }

 private:
  std::vector<std::vector<Conv*>> stages_;
  std::vector<Linear*> dense_;
};

NetworkPtr build(const Config& config) { return std::make_shared<Vgg16>(config); }

constexpr InputSpec k224[] = {pixels(224)};

constexpr Variant kVariants[] = {{.name = "224", .inputs = k224, .macs = 15'470'264'320}};

constexpr Model kRows[] = {{
    .name = "vgg16",
    .family = "vgg",
    .item_unit = "images",
    .classes = 1000,
    .size = {.parameters = 138'357'544},
    .variants = kVariants,
    .tiny = {.inputs = kTinyImage},
    .layout = Layout::channels_last,
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows vgg() { return kRows; }

}  // namespace btrack::models::ai_benchmark
