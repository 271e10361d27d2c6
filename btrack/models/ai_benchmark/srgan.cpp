// SPDX-License-Identifier: Apache-2.0
// The generator that AI Benchmark Alpha made of SRGAN (arXiv 1609.04802): its section 10. A stem of
// stride 4 undoes the enlargement, so the output is as large as the input.
#include <ATen/ops/pixel_shuffle.h>

#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

/// All four tensors of a normalisation are constants in the graph.
NormSpec norm_of(const Config& config) {
  return {.batch_statistics = !config.faithful(),
          .role = config.faithful() ? Role::frozen : Role::parameter};
}

class Residual final : public Module {
 public:
  Residual(std::int64_t width, const NormSpec& norm)
      : first_(add<ConvNorm>("first", ConvSpec{.in = width, .out = width}, norm)),
        second_(
            add<ConvNorm>("second", ConvSpec{.in = width, .out = width}, norm, Activation::none)) {}

  at::Tensor operator()(const at::Tensor& x) const { return second_(first_(x)).add_(x); }

 private:
  ConvNorm &first_, &second_;
};

class Srgan final : public Network {
 public:
  explicit Srgan(const Config& config)
      : stem_(add<Conv>(
            "stem",
            ConvSpec{.in = 3, .out = config.width(64), .kernel = {7, 7}, .stride = kShrink})),
        enter_(add<Conv>("enter", same_width(config))) {
    for (std::int64_t i = 0; i < config.depth(16); ++i) {
      blocks_.push_back(
          &add<Residual>("block" + std::to_string(i), config.width(64), norm_of(config)));
    }
    leave_ = &add<ConvNorm>("leave", same_width(config), norm_of(config), Activation::none);
    for (std::int64_t factor = 1; factor < kShrink; factor *= 2) {
      ConvSpec enlarge = same_width(config);
      enlarge.out *= 4;
      enlarge_.push_back(&add<Conv>("enlarge" + std::to_string(2 * factor), enlarge));
    }
    image_ = &add<Conv>("image", ConvSpec{.in = config.width(64), .out = 3, .kernel = {1, 1}});
  }

  at::Tensor forward(at::TensorList inputs) override {
    const at::Tensor low = enter_(stem_(centred(inputs[0])).relu_()).relu_();
    at::Tensor x = low;
    for (const auto* block : blocks_) x = (*block)(x);
    x = (*leave_)(x).add_(low);
    for (const auto* convolution : enlarge_) x = at::pixel_shuffle((*convolution)(x), 2).relu_();
    return (*image_)(x).tanh_().add(1.0).mul_(127.5);
  }

 private:
  static constexpr std::int64_t kShrink = 4;

  static ConvSpec same_width(const Config& config) {
    return {.in = config.width(64), .out = config.width(64)};
  }

  Conv &stem_, &enter_;
  std::vector<Residual*> blocks_;
  ConvNorm* leave_ = nullptr;
  std::vector<Conv*> enlarge_;
  Conv* image_ = nullptr;
};

NetworkPtr build(const Config& config) { return std::make_shared<Srgan>(config); }

constexpr InputSpec k512[] = {pixels(512)};
constexpr InputSpec k1536[] = {pixels(1536)};

constexpr Variant kVariants[] = {
    {.name = "512", .inputs = k512, .macs = 32'819'380'224},
    {.name = "1536", .inputs = k1536, .macs = 295'374'422'016},
};

constexpr Model kRows[] = {{
    .name = "resnet_srgan",
    .family = "srgan",
    .task = Task::image_to_image,
    .item_unit = "images",
    .classes = 3,
    .size = {.parameters = 1'562'755, .statistics = 4'224, .frozen = 4'224},
    .variants = kVariants,
    .tiny = {.inputs = kTinyImage},
    .layout = Layout::channels_last,
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows srgan() { return kRows; }

}  // namespace btrack::models::ai_benchmark
