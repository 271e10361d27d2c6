// SPDX-License-Identifier: Apache-2.0
// Diffusion transformers with adaLN-zero (Peebles and Xie 2023): one denoising step of a latent.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/silu.h>

#include <cmath>

#include "btrack/models/families.hpp"
#include "btrack/models/modern/transformer.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {
namespace dits {

constexpr double kEpsilon = 1e-6;
constexpr double kSlowest = 1e4;  // of the sines, in positions or time steps
constexpr std::int64_t kTimeWaves = 128;
constexpr std::int64_t kTimeSteps = 1000;
constexpr std::int64_t kLabels = 1000;
constexpr Init kZero = constant(0.0);

struct Shape {
  std::int64_t width, layers, heads, patch;
};

/// Each value of `positions` times `count` frequencies from 1 down to nearly 1/10,000.
at::Tensor angles(const at::Tensor& positions, std::int64_t count) {
  const double step = -std::log(kSlowest) / static_cast<double>(count);
  return positions.unsqueeze(-1) * at::arange(count, positions.options()).mul(step).exp();
}

/// 1 x tokens x width: sines and cosines of the column, then of the row, of a square image.
void write_positions(at::Tensor& table) {
  const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(table.size(1))));
  const std::int64_t quarter = table.size(2) / 4;
  const at::Tensor turns = angles(at::arange(side, table.options()), quarter);
  const at::Tensor waves = at::cat({turns.sin(), turns.cos()}, 1);
  const at::Tensor columns = waves.unsqueeze(0).expand({side, side, -1});
  const at::Tensor rows = waves.unsqueeze(1).expand({side, side, -1});
  table.copy_(at::cat({columns, rows}, 2).view(table.sizes()));
}

/// `parts` shifts, scales and gates of a condition, each B x 1 x width; all zero at first.
class Modulation final : public Module {
 public:
  Modulation(std::int64_t width, std::int64_t parts)
      : parts_(parts), project_(add<Linear>("project", width, parts * width, kZero, kZero)) {}

  std::vector<at::Tensor> operator()(const at::Tensor& condition) const {
    return project_(at::silu(condition)).unsqueeze(1).chunk(parts_, 2);
  }

 private:
  std::int64_t parts_;
  Linear& project_;
};

at::Tensor modulate(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale) {
  return x * (1.0 + scale) + shift;
}

class Block final : public Module {
 public:
  explicit Block(const BlockSpec& spec)
      : modulation_(add<Modulation>("modulation", spec.width, kParts)),
        norm1_(add<LayerNorm>("norm1", spec.width, kEpsilon, /*affine=*/false)),
        attend_(add<SelfAttention>("attention", spec)),
        norm2_(add<LayerNorm>("norm2", spec.width, kEpsilon, /*affine=*/false)),
        feed_(add<FeedForward>("feed", spec)) {}

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& condition) const {
    const std::vector<at::Tensor> by = modulation_(condition);
    const at::Tensor y = x + by[2] * attend_(modulate(norm1_(x), by[0], by[1]));
    return y + by[5] * feed_(modulate(norm2_(y), by[3], by[4]));
  }

 private:
  static constexpr std::int64_t kParts = 6;

  Modulation& modulation_;
  LayerNorm& norm1_;
  SelfAttention& attend_;
  LayerNorm& norm2_;
  FeedForward& feed_;
};

/// Time step and label as one vector. The label after the last stands for "no label".
class Condition final : public Module {
 public:
  Condition(std::int64_t width, std::int64_t labels)
      : widen_(add<Linear>("widen", 2 * kTimeWaves, width, kWeight, kBias)),
        join_(add<Linear>("join", width, width, kWeight, kBias)),
        labels_(add<Embedding>("labels", labels + 1, width)) {}

  at::Tensor operator()(const at::Tensor& step, const at::Tensor& label) const {
    const at::Tensor turns = angles(step.to(at::kFloat), kTimeWaves);
    return join_(at::silu(widen_(at::cat({turns.cos(), turns.sin()}, 1)))) + labels_(label);
  }

 private:
  Linear &widen_, &join_;
  Embedding& labels_;
};

/// B x C x H x W, time step and label to the noise in it and its variance, B x 2C x H x W.
class DiffusionTransformer final : public Network {
 public:
  DiffusionTransformer(const Shape& shape, const Config& config)
      : patch_(shape.patch),
        side_(config.inputs[0].shape()[1] / shape.patch),
        embed_(add<Conv>("embed", ConvSpec{.in = config.inputs[0].shape()[0],
                                           .out = config.width(shape.width),
                                           .kernel = {shape.patch, shape.patch},
                                           .stride = shape.patch,
                                           .padding = Padding::valid,
                                           .init = kWeight})),
        positions_(value("positions", {1, side_ * side_, config.width(shape.width)},
                         table(write_positions), Role::statistic)),
        condition_(add<Condition>("condition", config.width(shape.width),
                                  static_cast<std::int64_t>(config.inputs[2].high))) {
    const std::int64_t width = config.width(shape.width);
    const BlockSpec spec{
        .width = width, .heads = shape.heads, .hidden = 4 * width, .tanh_gelu = true};
    for (std::int64_t i = 0; i < config.depth(shape.layers); ++i) {
      blocks_.push_back(&add<Block>("block" + std::to_string(i), spec));
    }
    modulation_ = &add<Modulation>("modulation", width, 2);
    norm_ = &add<LayerNorm>("norm", width, kEpsilon, /*affine=*/false);
    head_ = &add<Linear>("head", width, patch_ * patch_ * config.classes, kZero, kZero);
  }

  at::Tensor forward(at::TensorList inputs) override {
    const at::Tensor condition = condition_(inputs[1], inputs[2]);
    at::Tensor x = embed_(inputs[0]).flatten(2).transpose(1, 2) + positions_;
    for (const auto* block : blocks_) x = (*block)(x, condition);
    const std::vector<at::Tensor> by = (*modulation_)(condition);
    return image_of((*head_)(modulate((*norm_)(x), by[0], by[1])));
  }

 private:
  /// Puts the patches back where they came from.
  [[nodiscard]] at::Tensor image_of(const at::Tensor& x) const {
    return x.view({x.size(0), side_, side_, patch_, patch_, -1})
        .permute({0, 5, 1, 3, 2, 4})
        .reshape({x.size(0), -1, side_ * patch_, side_ * patch_});
  }

  std::int64_t patch_, side_;
  Conv& embed_;
  at::Tensor& positions_;
  Condition& condition_;
  std::vector<Block*> blocks_;
  Modulation* modulation_ = nullptr;
  LayerNorm* norm_ = nullptr;
  Linear* head_ = nullptr;
};

constexpr Shape kS2{.width = 384, .layers = 12, .heads = 6, .patch = 2};
constexpr Shape kB4{.width = 768, .layers = 12, .heads = 12, .patch = 4};
constexpr Shape kXl2{.width = 1152, .layers = 28, .heads = 16, .patch = 2};

template <const Shape& kShape>
NetworkPtr build(const Config& config) {
  return std::make_shared<DiffusionTransformer>(kShape, config);
}

constexpr InputSpec index(std::string_view name, std::int64_t limit) {
  return {.name = name, .type = DataType::i64, .high = static_cast<double>(limit)};
}

// The latent of an image of 256x256, whose autoencoder is no part of the network.
constexpr InputSpec kLatent32[] = {{.name = "latent", .sizes = {4, 32, 32}, .rank = 3},
                                   index("step", kTimeSteps),
                                   index("label", kLabels)};
constexpr InputSpec kLatent16[] = {{.name = "latent", .sizes = {4, 16, 16}, .rank = 3},
                                   index("step", kTimeSteps),
                                   index("label", 10)};

constexpr Variant kS2Variants[] = {{.name = "256", .inputs = kLatent32, .macs = 6'055'673'856}};
constexpr Variant kB4Variants[] = {{.name = "256", .inputs = kLatent32, .macs = 5'565'186'048}};
constexpr Variant kXl2Variants[] = {{.name = "256", .inputs = kLatent32, .macs = 118'621'421'568}};

constexpr Model row(std::string_view name, const Size& size, std::span<const Variant> variants,
                    Builder build) {
  return {.name = name,
          .family = "dit",
          .task = Task::diffusion,
          .item_unit = "steps",
          .classes = 8,
          .size = size,
          .variants = variants,
          .tiny = {.inputs = kLatent16},
          .defaults = {.batch = 8,
                       .infer_batch = 8,
                       .epochs = 1,
                       .learning_rate = 1e-4,
                       .weight_decay = 0.0,
                       .schedule = Schedule::constant},
          .build = build};
}

constexpr Model kRows[] = {
    row("dit_s2", {.parameters = 32'865'056, .statistics = 98'304}, kS2Variants, build<kS2>),
    row("dit_b4", {.parameters = 130'426'496, .statistics = 49'152}, kB4Variants, build<kB4>),
    row("dit_xl2", {.parameters = 674'834'720, .statistics = 294'912}, kXl2Variants, build<kXl2>)};

}  // namespace dits

Rows dit() { return dits::kRows; }

}  // namespace btrack::models::modern
