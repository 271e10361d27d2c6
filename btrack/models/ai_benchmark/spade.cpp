// SPDX-License-Identifier: Apache-2.0
// The generator of SPADE (arXiv 1903.07291) with an image in the place of the label map: section 13
// of AI Benchmark Alpha.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_nearest2d.h>

#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

/// A convolution whose weight is divided by its largest singular value (arXiv 1802.05957). One step
/// of power iteration in each forward pass; it is stored in training, and in the graph always.
class SpectralConv final : public Module {
 public:
  SpectralConv(const ConvSpec& spec, const Config& config)
      : keeps_(config.faithful()),
        convolution_(add<Conv>("conv", spec)),
        direction_(value("direction", {spec.out}, normal(1.0), Role::statistic)) {}

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor matrix = convolution_.weight().flatten(1);
    at::Tensor in;
    at::Tensor out;
    {
      const at::NoGradGuard no_grad;
      in = unit(at::mv(matrix.t(), direction_));
      out = unit(at::mv(matrix, in));
      if (is_training() || keeps_) direction_.copy_(out);
    }
    const at::Tensor largest =
        (out * at::mv(matrix, in)).sum();  // the third product, with gradient
    return convolution_.with_weight(x, convolution_.weight() / largest);
  }

 private:
  static at::Tensor unit(const at::Tensor& x) { return x / x.norm().add_(1e-12); }

  bool keeps_;
  Conv& convolution_;
  at::Tensor& direction_;
};

/// Normalises each image by itself, then scales and shifts every pixel as the map says.
class Spade final : public Module {
 public:
  Spade(std::int64_t width, const Config& config)
      : shared_(add<Conv>("shared", window(3, config.width(128)))),
        gamma_(add<Conv>("gamma", window(config.width(128), width))),
        beta_(add<Conv>("beta", window(config.width(128), width))) {}

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& map) const {
    const at::Tensor normalised = at::instance_norm(x, {}, {}, {}, {}, /*use_input_stats=*/true,
                                                    0.0, 1e-5, /*cudnn_enabled=*/true);
    const at::Tensor features =
        shared_(at::upsample_nearest2d(map, {x.size(2), x.size(3)})).relu_();
    return normalised.mul(gamma_(features).add_(1.0)).add_(beta_(features));
  }

 private:
  static ConvSpec window(std::int64_t in, std::int64_t out) {
    return {.in = in, .out = out, .kernel = {5, 5}};
  }

  Conv &shared_, &gamma_, &beta_;
};

class Residual final : public Module {
 public:
  Residual(std::int64_t in, std::int64_t out, const Config& config)
      : norm1_(add<Spade>("norm1", in, config)),
        norm2_(add<Spade>("norm2", out, config)),
        first_(add<SpectralConv>("first", ConvSpec{.in = in, .out = out}, config)),
        second_(add<SpectralConv>("second", ConvSpec{.in = out, .out = out}, config)) {
    if (in == out) return;
    skip_norm_ = &add<Spade>("skip_norm", in, config);
    skip_ = &add<SpectralConv>(
        "skip", ConvSpec{.in = in, .out = out, .kernel = {1, 1}, .bias = false}, config);
  }

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& map) const {
    at::Tensor y = first_(activate(norm1_(x, map), Activation::leaky_relu));
    y = second_(activate(norm2_(y, map), Activation::leaky_relu));
    return y.add_(skip_ == nullptr ? x : (*skip_)((*skip_norm_)(x, map)));
  }

 private:
  Spade &norm1_, &norm2_;
  SpectralConv &first_, &second_;
  Spade* skip_norm_ = nullptr;
  SpectralConv* skip_ = nullptr;
};

class Generator final : public Network {
 public:
  explicit Generator(const Config& config) : faithful_(config.faithful()) {
    std::int64_t in = config.width(1024);
    const auto block = [&](const std::string& name, std::int64_t out) {
      blocks_.push_back(&add<Residual>(name, in, out, config));
      in = out;
    };
    for (std::int64_t i = 0; i < config.depth(3); ++i) block("same" + std::to_string(i), in);
    for (const std::int64_t out : {512, 256, 128, 64}) {
      block("to" + std::to_string(out), config.width(out));
    }
    side_ = config.inputs[0].shape()[1] >> (blocks_.size() - 1);
    seed_ = &add<Linear>("seed", kLatent, config.width(1024) * side_ * side_);
    image_ = &add<Conv>("image", ConvSpec{.in = in, .out = config.classes});
  }

  at::Tensor forward(at::TensorList inputs) override {
    const at::Tensor map = centred(inputs[0]);
    at::Tensor x = (*seed_)(latent(map)).view({1, -1, side_, side_});
    for (const auto* block : blocks_) {
      if (block != blocks_.front()) {
        x = at::upsample_bilinear2d(x, {2 * x.size(2), 2 * x.size(3)}, /*align_corners=*/false);
      }
      x = (*block)(x, map);
    }
    // 27.5 and not 127.5: so it is in the graph.
    return (*image_)(activate(x, Activation::leaky_relu)).tanh_().add(1.0).mul_(27.5);
  }

 private:
  static constexpr std::int64_t kLatent = 256;

  /// One for the whole batch. Fresh, as in the graph, or the same one for answers that can be
  /// repeated.
  [[nodiscard]] at::Tensor latent(const at::Tensor& like) const {
    if (is_training() || faithful_) return at::randn({1, kLatent}, like.options());
    return at::randn({1, kLatent}, at::detail::createCPUGenerator(1)).to(like.device());
  }

  bool faithful_;
  std::int64_t side_ = 0;
  std::vector<Residual*> blocks_;
  Linear* seed_ = nullptr;
  Conv* image_ = nullptr;
};

NetworkPtr build(const Config& config) { return std::make_shared<Generator>(config); }

constexpr InputSpec k128[] = {pixels(128)};

// 201'207'808 of the multiply-adds are done once per batch: power iteration, the seed.
constexpr Variant kVariants[] = {{.name = "128", .inputs = k128, .macs = 74'243'460'096}};

constexpr Model kRows[] = {{
    .name = "spade",
    .family = "spade",
    .task = Task::segmentation,
    .item_unit = "images",
    .classes = 3,
    .size = {.parameters = 138'020'803, .statistics = 9'024},
    .variants = kVariants,
    .tiny = {.inputs = kTinyImage, .batch = 1},
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows spade() { return kRows; }

}  // namespace btrack::models::ai_benchmark
