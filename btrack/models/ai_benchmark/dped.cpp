// SPDX-License-Identifier: Apache-2.0
// The enhancing network of DPED (arXiv 1704.02470): section 11 of AI Benchmark Alpha.
#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

class Residual final : public Module {
 public:
  explicit Residual(std::int64_t width)
      : first_(add<Conv>("first", ConvSpec{.in = width, .out = width})),
        second_(add<Conv>("second", ConvSpec{.in = width, .out = width})),
        norm1_(add<InstanceNorm>("norm1", width, kEpsilon)),
        norm2_(add<InstanceNorm>("norm2", width, kEpsilon)) {}

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor y = norm1_(first_(x)).relu_();
    return norm2_(second_(y)).relu_().add(x);
  }

 private:
  static constexpr double kEpsilon = 1e-3;

  Conv &first_, &second_;
  InstanceNorm &norm1_, &norm2_;
};

class Dped final : public Network {
 public:
  explicit Dped(const Config& config)
      : enter_(add<Conv>("enter", ConvSpec{.in = 3, .out = config.width(64), .kernel = {9, 9}})) {
    const std::int64_t width = config.width(64);
    for (std::int64_t i = 0; i < config.depth(4); ++i) {
      blocks_.push_back(&add<Residual>("block" + std::to_string(i), width));
    }
    for (const auto* name : {"leave1", "leave2"}) {
      leave_.push_back(&add<Conv>(name, ConvSpec{.in = width, .out = width}));
    }
    image_ = &add<Conv>("image", ConvSpec{.in = width, .out = 3, .kernel = {9, 9}});
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = enter_(inputs[0].mul(1.0 / 255.0)).relu_();
    for (const auto* block : blocks_) x = (*block)(x);
    for (const auto* convolution : leave_) x = (*convolution)(x).relu_();
    return stretched_tanh((*image_)(x));
  }

 private:
  Conv& enter_;
  std::vector<Residual*> blocks_;
  std::vector<Conv*> leave_;
  Conv* image_ = nullptr;
};

NetworkPtr build(const Config& config) { return std::make_shared<Dped>(config); }

constexpr InputSpec k128[] = {pixels(128)};
constexpr InputSpec k256[] = {pixels(256)};
constexpr InputSpec k1024[] = {pixels(1024)};

constexpr Variant kVariants[] = {
    {.name = "128", .inputs = k128, .macs = 6'549'405'696},
    {.name = "256", .inputs = k256, .macs = 26'197'622'784},
    {.name = "1024", .inputs = k1024, .macs = 419'161'964'544},
};

constexpr Model kRows[] = {{
    .name = "resnet_dped",
    .family = "dped",
    .task = Task::image_to_image,
    .item_unit = "images",
    .classes = 3,
    .size = {.parameters = 401'475},
    .variants = kVariants,
    .tiny = {.inputs = kTinyImage},
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows dped() { return kRows; }

}  // namespace btrack::models::ai_benchmark
