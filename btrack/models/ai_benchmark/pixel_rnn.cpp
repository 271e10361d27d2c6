// SPDX-License-Identifier: Apache-2.0
// Pixel-RNN with diagonal LSTMs (arXiv 1601.06759), the small variant: section 17 of AI Benchmark
// Alpha. Almost all of it is serial: a convolution of one column, 127 times for each of 14 passes.
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

ConvSpec point(std::int64_t in, std::int64_t out) {
  return {.in = in, .out = out, .kernel = {1, 1}};
}

/// Row r moves r pixels to the right, so that what was a diagonal is a column.
at::Tensor skew(const at::Tensor& x) {
  const std::int64_t rows = x.size(2);
  const std::int64_t columns = x.size(3) + rows - 1;
  return at::constant_pad_nd(x, {0, rows})
      .flatten(2)
      .narrow(2, 0, rows * columns)
      .reshape({x.size(0), x.size(1), rows, columns});
}

at::Tensor unskew(const at::Tensor& x) {
  const std::int64_t rows = x.size(2);
  const std::int64_t columns = x.size(3) - rows + 1;
  return at::constant_pad_nd(x.flatten(2), {0, rows})
      .reshape({x.size(0), x.size(1), rows, columns + rows})
      .narrow(3, 0, columns);
}

/// From one corner to the opposite one, a diagonal a step. All four gates are sigmoids, the
/// candidate, too. (The graph cuts the gates out of rows instead of channels, at the same cost.)
class DiagonalLstm final : public Module {
 public:
  explicit DiagonalLstm(std::int64_t width)
      : width_(width),
        input_(add<Conv>("input", point(width, 4 * width))),
        state_(add<Conv>("state", ConvSpec{.in = width, .out = 4 * width, .kernel = {2, 1}})) {}

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor inputs = input_(skew(x));
    at::Tensor cell = at::zeros({x.size(0), width_, x.size(2), 1}, x.options());
    at::Tensor hidden = cell;
    std::vector<at::Tensor> columns;
    for (const auto& input : inputs.permute({3, 0, 1, 2}).contiguous().unsqueeze(4).unbind()) {
      const auto gates = state_(hidden).add_(input).sigmoid_().chunk(4, 1);
      cell = (gates[2] * cell).add_(gates[0] * gates[1]);
      hidden = gates[3] * cell.tanh();
      columns.push_back(hidden);
    }
    return unskew(at::cat(columns, 3));
  }

 private:
  std::int64_t width_;
  Conv &input_, &state_;
};

/// Both upper corners; what comes from the right counts in all rows but the last.
class DiagonalBiLstm final : public Module {
 public:
  explicit DiagonalBiLstm(std::int64_t width)
      : left_(add<DiagonalLstm>("left", width)), right_(add<DiagonalLstm>("right", width)) {}

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor right = right_(x.flip({3})).flip({3});
    return left_(x) + at::constant_pad_nd(right.narrow(2, 0, x.size(2) - 1), {0, 0, 0, 1});
  }

 private:
  DiagonalLstm &left_, &right_;
};

class PixelRnn final : public Network {
 public:
  explicit PixelRnn(const Config& config)
      : enter_(add<Conv>(
            "enter", ConvSpec{.in = 3, .out = config.width(16), .kernel = {kWindow, kWindow}})) {
    for (std::int64_t i = 0; i < config.depth(7); ++i) {
      layers_.push_back(&add<DiagonalBiLstm>("layer" + std::to_string(i), config.width(16)));
    }
    const std::int64_t wide = config.width(32);
    leave1_ = &add<Conv>("leave1", point(config.width(16), wide));
    leave2_ = &add<Conv>("leave2", point(wide, wide));
    image_ = &add<Conv>("image", point(wide, 3));
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = enter_.with_weight(inputs[0].mul(1.0 / 255.0), enter_.weight() * past());
    for (const auto* layer : layers_) x = (*layer)(x);
    x = (*leave2_)((*leave1_)(x).relu_()).relu_();
    return (*image_)(x).sigmoid_().mul(255.0);
  }

 private:
  static constexpr std::int64_t kWindow = 7;

  /// 1 where a pixel of the window comes before the middle one, row by row.
  [[nodiscard]] at::Tensor past() const {
    const at::Tensor mask = at::ones({kWindow * kWindow}, enter_.weight().options());
    constexpr std::int64_t kMiddle = kWindow * kWindow / 2;
    mask.narrow(0, kMiddle, kMiddle + 1).zero_();
    return mask.view({kWindow, kWindow});
  }

  Conv& enter_;
  std::vector<DiagonalBiLstm*> layers_;
  Conv *leave1_ = nullptr, *leave2_ = nullptr, *image_ = nullptr;
};

NetworkPtr build(const Config& config) { return std::make_shared<PixelRnn>(config); }

constexpr InputSpec k64[] = {pixels(64)};
constexpr InputSpec kTiny[] = {pixels(16)};

constexpr Variant kVariants[] = {{.name = "64", .inputs = k64, .macs = 365'887'488}};

constexpr Model kRows[] = {{
    .name = "pixel_rnn",
    .family = "pixel_rnn",
    .task = Task::image_to_image,
    .item_unit = "images",
    .classes = 3,
    .size = {.parameters = 48'867},
    .variants = kVariants,
    .tiny = {.inputs = kTiny},
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows pixel_rnn() { return kRows; }

}  // namespace btrack::models::ai_benchmark
