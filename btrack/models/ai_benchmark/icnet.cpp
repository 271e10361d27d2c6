// SPDX-License-Identifier: Apache-2.0
// ICNet (arXiv 1704.08545), its normalisation folded into the convolutions: section 14 of AI
// Benchmark Alpha.
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

/// Exactly this large, corners on corners.
at::Tensor resized(const at::Tensor& x, std::int64_t height, std::int64_t width) {
  return at::upsample_bilinear2d(x, {height, width}, /*align_corners=*/true);
}
at::Tensor doubled(const at::Tensor& x) { return resized(x, 2 * x.size(2), 2 * x.size(3)); }
at::Tensor halved(const at::Tensor& x) { return resized(x, x.size(2) / 2, x.size(3) / 2); }

/// In mode faithful nothing but the last layer is trained.
Role role_of(const Config& config) { return config.faithful() ? Role::frozen : Role::parameter; }

ConvSpec window(std::int64_t in, std::int64_t out, std::int64_t size, Role role) {
  return {.in = in, .out = out, .kernel = {size, size}, .role = role};
}

constexpr std::int64_t kBlocks = 16;

class Bottleneck final : public Module {
 public:
  struct Shape {
    std::int64_t in, width, out, stride, dilation;
  };

  Bottleneck(const Shape& shape, Role role)
      : reduce_(add<Conv>("reduce", strided(shape, shape.width, role))),
        middle_(add<Conv>("middle", dilated(shape, role))),
        expand_(add<Conv>("expand", quiet(shape, role))) {
    if (shape.in != shape.out) shortcut_ = &add<Conv>("shortcut", strided(shape, shape.out, role));
  }

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor y = expand_(middle_(reduce_(x).relu_()).relu_());
    return y.add_(shortcut_ == nullptr ? x : (*shortcut_)(x)).relu_();
  }

 private:
  static ConvSpec strided(const Shape& shape, std::int64_t out, Role role) {
    ConvSpec spec = window(shape.in, out, 1, role);
    spec.stride = shape.stride;
    return spec;
  }
  static ConvSpec dilated(const Shape& shape, Role role) {
    ConvSpec spec = window(shape.width, shape.width, 3, role);
    spec.dilation = shape.dilation;
    return spec;
  }
  static ConvSpec quiet(const Shape& shape, Role role) {
    ConvSpec spec = window(shape.width, shape.out, 1, role);
    spec.init = closing_init(shape.width, kBlocks);
    return spec;
  }

  Conv &reduce_, &middle_, &expand_;
  Conv* shortcut_ = nullptr;
};

/// 3x3 convolutions with ReLU; the first ones halve the image.
class Stem final : public Module {
 public:
  Stem(const Config& config, int halvings) {
    std::int64_t in = 3;
    for (const std::int64_t full : {32, 32, 64}) {
      const auto index = static_cast<int>(layers_.size());
      ConvSpec spec = window(in, config.width(full), 3, role_of(config));
      spec.stride = index < halvings ? 2 : 1;
      layers_.push_back(&add<Conv>("layer" + std::to_string(index), spec));
      in = config.width(full);
    }
  }

  at::Tensor operator()(const at::Tensor& image) const {
    at::Tensor x = image;
    for (const auto* layer : layers_) x = (*layer)(x).relu_();
    return x;
  }

 private:
  std::vector<Conv*> layers_;
};

/// Twice as large a map of the coarse branch, joined by the same of a finer one.
class Fusion final : public Module {
 public:
  Fusion(std::int64_t coarse, std::int64_t fine, std::int64_t out, Role role)
      : coarse_(add<Conv>("coarse", dilated(coarse, out, role))),
        fine_(add<Conv>("fine", window(fine, out, 1, role))) {}

  at::Tensor operator()(const at::Tensor& coarse, const at::Tensor& fine) const {
    return coarse_(doubled(coarse)).add_(fine_(fine)).relu_();
  }

 private:
  static ConvSpec dilated(std::int64_t in, std::int64_t out, Role role) {
    ConvSpec spec = window(in, out, 3, role);
    spec.dilation = 2;
    return spec;
  }

  Conv &coarse_, &fine_;
};

struct Stage {
  std::int64_t reduced, width, units, stride, dilation;
};
constexpr Stage kMedium[] = {{32, 128, 3, 1, 1}, {64, 256, 1, 2, 1}};
constexpr Stage kCoarse[] = {{64, 256, 3, 1, 1}, {128, 512, 6, 1, 2}, {256, 1024, 3, 1, 4}};

/// Parts of the coarse map (32x48 at full scale) that are averaged, height and width.
constexpr Pair kPyramid[] = {{32, 48}, {16, 24}, {10, 16}, {8, 12}};

/// Three branches: half of the image through the first stages, half of that map through the rest,
/// and the whole image through three convolutions.
class IcNet final : public Network {
 public:
  explicit IcNet(const Config& config) : tiny_(config.tiny()), stem_(add<Stem>("stem", config, 1)) {
    const Role role = role_of(config);
    const std::int64_t joint = config.width(128);
    std::int64_t in = config.width(64);
    append(medium_, kMedium, in, config);
    const std::int64_t medium = in;
    append(coarse_, kCoarse, in, config);
    squeeze_ = &add<Conv>("squeeze", window(in, config.width(256), 1, role));
    first_ = &add<Fusion>("first_fusion", config.width(256), medium, joint, role);
    whole_ = &add<Stem>("whole", config, 3);
    second_ = &add<Fusion>("second_fusion", joint, config.width(64), joint, role);
    kinds_ = &add<Conv>("kinds", window(joint, kKinds, 1, role));
    ConvSpec head = window(kKinds, config.classes, 1, Role::parameter);
    head.init = normal(kHeadDeviation);
    head_ = &add<Conv>("head", head);
  }

  at::Tensor forward(at::TensorList inputs) override {
    const at::Tensor image = without_mean(inputs[0]);
    at::Tensor medium = max_pool(stem_(halved(image)), 3, 2, Padding::valid);
    for (const auto* block : medium_) medium = (*block)(medium);
    at::Tensor coarse = halved(medium);
    for (const auto* block : coarse_) coarse = (*block)(coarse);
    coarse = (*squeeze_)(with_surroundings(coarse)).relu_();
    at::Tensor x = (*second_)((*first_)(coarse, medium), (*whole_)(image));
    x = resized((*kinds_)(doubled(x)), image.size(2), image.size(3));
    return (*head_)(x).tanh_();
  }

 private:
  static constexpr std::int64_t kKinds = 19;  // of Cityscapes
  /// Brings maps of some hundreds, as from bytes, to where the tanh is not flat.
  static constexpr double kHeadDeviation = 1e-3;

  void append(std::vector<Bottleneck*>& blocks, std::span<const Stage> stages, std::int64_t& in,
              const Config& config) {
    for (const auto& stage : stages) {
      const std::int64_t out = config.width(stage.width);
      for (std::int64_t i = 0; i < config.depth(stage.units); ++i, in = out) {
        const auto name = "block" + std::to_string(medium_.size() + coarse_.size());
        const Bottleneck::Shape shape{in, config.width(stage.reduced), out,
                                      i == 0 ? stage.stride : 1, stage.dilation};
        blocks.push_back(&add<Bottleneck>(name, shape, role_of(config)));
      }
    }
  }

  [[nodiscard]] at::Tensor with_surroundings(const at::Tensor& map) const {
    at::Tensor sum = map;
    for (const auto& [height, width] : kPyramid) {
      const std::int64_t part = tiny_ ? 8 : 1;
      const at::Tensor average = at::avg_pool2d(map, {height / part, width / part});
      sum = sum.add(resized(average, map.size(2), map.size(3)));
    }
    return sum;
  }

  bool tiny_;
  Stem& stem_;
  std::vector<Bottleneck*> medium_, coarse_;
  Conv* squeeze_ = nullptr;
  Stem* whole_ = nullptr;
  Fusion *first_ = nullptr, *second_ = nullptr;
  Conv *kinds_ = nullptr, *head_ = nullptr;
};

NetworkPtr build(const Config& config) { return std::make_shared<IcNet>(config); }

constexpr InputSpec kWide[] = {pixels(1024, 1536)};
constexpr InputSpec kTinyWide[] = {pixels(128, 192)};

constexpr Variant kVariants[] = {{.name = "1024x1536", .inputs = kWide, .macs = 21'842'617'344}};

constexpr Model kRows[] = {{
    .name = "icnet",
    .family = "icnet",
    .task = Task::segmentation,
    .item_unit = "images",
    .classes = 3,
    .size = {.parameters = 6'685'775, .frozen = 6'685'715},
    .variants = kVariants,
    .tiny = {.inputs = kTinyWide},
    .layout = Layout::channels_last,
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows icnet() { return kRows; }

}  // namespace btrack::models::ai_benchmark
