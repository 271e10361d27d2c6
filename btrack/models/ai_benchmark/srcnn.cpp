// SPDX-License-Identifier: Apache-2.0
// SRCNN 9-5-5 (arXiv 1501.00092), the variant for colour images: section 8 of AI Benchmark Alpha.
#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

class Srcnn final : public Network {
 public:
  explicit Srcnn(const Config& config)
      : patches_(add<Conv>("patches", window(3, config.width(64), 9))),
        mapping_(add<Conv>("mapping", window(config.width(64), config.width(32), 5))),
        image_(add<Conv>("image", without_bias(window(config.width(32), 3, 5)))),
        image_bias_(value("image_bias", {1}, constant(0.0))) {}

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = patches_(inputs[0].mul(1.0 / 255.0)).relu_();
    x = image_(mapping_(x).relu_()).add_(image_bias_);
    return stretched_tanh(x);
  }

 private:
  static ConvSpec window(std::int64_t in, std::int64_t out, std::int64_t size) {
    return {.in = in, .out = out, .kernel = {size, size}};
  }

  static ConvSpec without_bias(ConvSpec spec) {
    spec.bias = false;
    return spec;
  }

  Conv &patches_, &mapping_, &image_;
  /// One value for all three colours: the graph stores 69,249 values, and three would make 69,251.
  at::Tensor& image_bias_;
};

NetworkPtr build(const Config& config) { return std::make_shared<Srcnn>(config); }

constexpr InputSpec k512[] = {pixels(512)};
constexpr InputSpec k1536[] = {pixels(1536)};

constexpr Variant kVariants[] = {
    {.name = "512", .inputs = k512, .macs = 18'127'781'888},
    {.name = "1536", .inputs = k1536, .macs = 163'150'036'992},
};

constexpr Model kRows[] = {{
    .name = "srcnn_955",
    .family = "srcnn",
    .task = Task::image_to_image,
    .item_unit = "images",
    .classes = 3,
    .size = {.parameters = 69'249},
    .variants = kVariants,
    .tiny = {.inputs = kTinyImage},
    .layout = Layout::channels_last,
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows srcnn() { return kRows; }

}  // namespace btrack::models::ai_benchmark
