// SPDX-License-Identifier: Apache-2.0
// ConvNeXt (Liu et al. 2022): depthwise 7x7 convolutions in the frame of a transformer block.
#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>

#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {
namespace convnexts {

constexpr double kEpsilon = 1e-6;
constexpr Init kInit = normal(0.02);
constexpr Init kZero = constant(0.0);

struct Shape {
  std::int64_t width;
  std::array<std::int64_t, 4> depths;
};

/// N x C x H x W as N x H x W x C and back: views of channels_last memory.
at::Tensor channels_to_end(const at::Tensor& x) { return x.permute({0, 2, 3, 1}); }
at::Tensor channels_to_front(const at::Tensor& x) { return x.permute({0, 3, 1, 2}); }

/// A convolution whose windows lie side by side.
ConvSpec patches(std::int64_t in, std::int64_t out, std::int64_t size) {
  return {.in = in,
          .out = out,
          .kernel = {size, size},
          .stride = size,
          .padding = Padding::valid,
          .init = kInit};
}

class Block final : public Module {
 public:
  explicit Block(std::int64_t width)
      : spread_(add<Conv>("spread", ConvSpec{.in = width,
                                             .out = width,
                                             .kernel = {7, 7},
                                             .padding = Padding::symmetric,
                                             .groups = width,
                                             .init = kInit})),
        norm_(add<LayerNorm>("norm", width, kEpsilon)),
        widen_(add<Linear>("widen", width, 4 * width, kInit, kZero)),
        narrow_(add<Linear>("narrow", 4 * width, width, kInit, kZero)),
        scale_(value("scale", {width}, constant(1e-6))) {}

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor y = norm_(channels_to_end(spread_(x)));
    return x + channels_to_front(narrow_(at::gelu(widen_(y))) * scale_);
  }

 private:
  Conv& spread_;
  LayerNorm& norm_;
  Linear &widen_, &narrow_;
  at::Tensor& scale_;
};

/// Halves the image.
class Downsample final : public Module {
 public:
  Downsample(std::int64_t in, std::int64_t out)
      : norm_(add<LayerNorm>("norm", in, kEpsilon)),
        halve_(add<Conv>("halve", patches(in, out, 2))) {}

  at::Tensor operator()(const at::Tensor& x) const {
    return halve_(channels_to_front(norm_(channels_to_end(x))));
  }

 private:
  LayerNorm& norm_;
  Conv& halve_;
};

class Stage final : public Module {
 public:
  Stage(std::int64_t in, std::int64_t width, std::int64_t depth) {
    if (in != width) halve_ = &add<Downsample>("downsample", in, width);
    for (std::int64_t i = 0; i < depth; ++i) {
      blocks_.push_back(&add<Block>("block" + std::to_string(i), width));
    }
  }

  at::Tensor operator()(at::Tensor x) const {
    if (halve_ != nullptr) x = (*halve_)(x);
    for (const auto* block : blocks_) x = (*block)(x);
    return x;
  }

 private:
  Downsample* halve_ = nullptr;
  std::vector<Block*> blocks_;
};

class ConvNeXt final : public Network {
 public:
  ConvNeXt(const Shape& shape, const Config& config)
      : stem_(
            add<Conv>("stem", patches(config.inputs[0].shape()[0], config.width(shape.width), 4))),
        stem_norm_(add<LayerNorm>("stem_norm", config.width(shape.width), kEpsilon)) {
    std::int64_t in = config.width(shape.width);
    std::int64_t width = in;
    for (const std::int64_t depth : shape.depths) {
      stages_.push_back(
          &add<Stage>("stage" + std::to_string(stages_.size()), in, width, config.depth(depth)));
      in = width;
      width *= 2;
    }
    norm_ = &add<LayerNorm>("norm", in, kEpsilon);
    head_ = &add<Linear>("head", in, config.classes, kInit, kZero);
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = channels_to_front(stem_norm_(channels_to_end(stem_(inputs[0]))));
    for (const auto* stage : stages_) x = (*stage)(x);
    return (*head_)((*norm_)(x.mean({2, 3})));
  }

 private:
  Conv& stem_;
  LayerNorm& stem_norm_;
  std::vector<Stage*> stages_;
  LayerNorm* norm_ = nullptr;
  Linear* head_ = nullptr;
};

NetworkPtr tiny(const Config& config) {
  return std::make_shared<ConvNeXt>(Shape{.width = 96, .depths = {3, 3, 9, 3}}, config);
}
NetworkPtr base(const Config& config) {
  return std::make_shared<ConvNeXt>(Shape{.width = 128, .depths = {3, 3, 27, 3}}, config);
}

constexpr InputSpec kColour224[] = {{.name = "image", .sizes = {3, 224, 224}, .rank = 3}};
constexpr InputSpec kColour64[] = {{.name = "image", .sizes = {3, 64, 64}, .rank = 3}};

// As torchvision publishes them; timm counts more operations, and has 4.47 G and 15.38 G.
constexpr Variant kTiny[] = {{.name = "224", .inputs = kColour224, .macs = 4'455'531'264}};
constexpr Variant kBase[] = {{.name = "224", .inputs = kColour224, .macs = 15'354'729'472}};

constexpr Model row(std::string_view name, std::int64_t parameters,
                    std::span<const Variant> variants, Builder build) {
  return {.name = name,
          .family = "convnext",
          .item_unit = "images",
          .classes = 1000,
          .size = {.parameters = parameters},
          .variants = variants,
          .tiny = {.inputs = kColour64, .classes = 10},
          .layout = Layout::channels_last,
          .defaults = {.batch = 16, .infer_batch = 16, .epochs = 1},
          .build = build};
}

constexpr Model kRows[] = {row("convnext_tiny", 28'589'128, kTiny, tiny),
                           row("convnext_base", 88'591'464, kBase, base)};

}  // namespace convnexts

Rows convnext() { return convnexts::kRows; }

}  // namespace btrack::models::modern
