// SPDX-License-Identifier: Apache-2.0
// The decoders of Llama 3 (Dubey et al. 2024), and a small one of the same kind.
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>

#include "btrack/models/families.hpp"
#include "btrack/models/modern/decoder.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {
namespace llamas {

constexpr double kTheta = 5e5;

struct Shape {
  std::int64_t width, layers, heads, key_heads, hidden;
  bool tied;  ///< the embedding is the head, too
};

class Block final : public Module {
 public:
  Block(const DecoderSpec& spec, std::int64_t hidden)
      : norm1_(add<RmsNorm>("norm1", spec.width, spec.epsilon)),
        attend_(add<RotaryAttention>("attention", spec)),
        norm2_(add<RmsNorm>("norm2", spec.width, spec.epsilon)),
        feed_(add<GatedFeedForward>("feed", spec.width, hidden)) {}

  at::Tensor operator()(const at::Tensor& x, const Rotation& positions) const {
    const at::Tensor y = x + attend_(norm1_(x), positions);
    return y + feed_(norm2_(y));
  }

 private:
  RmsNorm& norm1_;
  RotaryAttention& attend_;
  RmsNorm& norm2_;
  GatedFeedForward& feed_;
};

class Llama final : public Network {
 public:
  Llama(const Shape& shape, const Config& config)
      : head_width_(config.width(shape.width) / shape.heads),
        words_(add<Embedding>("words", config.classes, config.width(shape.width))) {
    const std::int64_t width = config.width(shape.width);
    const DecoderSpec spec{.width = width, .heads = shape.heads, .key_heads = shape.key_heads};
    for (std::int64_t i = 0; i < config.depth(shape.layers); ++i) {
      blocks_.push_back(&add<Block>("block" + std::to_string(i), spec, config.width(shape.hidden)));
    }
    norm_ = &add<RmsNorm>("norm", width, spec.epsilon);
    head_ = shape.tied
                ? &words_.weight()
                : &add<Linear>("head", width, config.classes, kWeight, std::nullopt).weight();
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = words_(inputs[0]);
    const Rotation positions = rotation(x.size(1), head_width_, kTheta, x.options());
    for (const auto* block : blocks_) x = (*block)(x, positions);
    return at::linear((*norm_)(x), *head_);
  }

 private:
  std::int64_t head_width_;
  Embedding& words_;
  std::vector<Block*> blocks_;
  RmsNorm* norm_ = nullptr;
  const at::Tensor* head_ = nullptr;
};

constexpr Shape kMini{
    .width = 512, .layers = 8, .heads = 8, .key_heads = 4, .hidden = 1408, .tied = true};
constexpr Shape k1b{
    .width = 2048, .layers = 16, .heads = 32, .key_heads = 8, .hidden = 8192, .tied = true};
constexpr Shape k8b{
    .width = 4096, .layers = 32, .heads = 32, .key_heads = 8, .hidden = 14'336, .tied = false};

template <const Shape& kShape>
NetworkPtr build(const Config& config) {
  return std::make_shared<Llama>(kShape, config);
}

constexpr std::int64_t kSmallVocabulary = 32'000;
constexpr std::int64_t kVocabulary = 128'256;
constexpr InputSpec kSmall512[] = {tokens(512, kSmallVocabulary)};
constexpr InputSpec k2048[] = {tokens(2048, kVocabulary)};
constexpr InputSpec k128[] = {tokens(128, kVocabulary)};
constexpr InputSpec kShort[] = {tokens(16, 128)};

// Attention counted in full, the half that the causal mask hides included.
constexpr Variant kMiniVariants[] = {
    {.name = "512", .inputs = kSmall512, .macs = 22'615'687'168, .items_per_sample = 512}};
constexpr Variant k1bVariants[] = {
    {.name = "2048", .inputs = k2048, .macs = 2'805'687'386'112, .items_per_sample = 2048},
    {.name = "128", .inputs = k128, .macs = 159'249'334'272, .items_per_sample = 128}};
constexpr Variant k8bVariants[] = {
    {.name = "2048", .inputs = k2048, .macs = 16'469'052'096'512, .items_per_sample = 2048},
    {.name = "128", .inputs = k128, .macs = 964'891'246'592, .items_per_sample = 128}};

constexpr Model row(std::string_view name, std::int64_t parameters, std::int64_t vocabulary,
                    std::span<const Variant> variants, Builder build) {
  return {.name = name,
          .family = "llama",
          .task = Task::language_model,
          .item_unit = "tokens",
          .classes = vocabulary,
          .size = {.parameters = parameters},
          .variants = variants,
          .tiny = {.inputs = kShort, .classes = 128},
          .defaults = {.batch = 1, .infer_batch = 1, .epochs = 1, .learning_rate = 3e-4},
          .build = build};
}

constexpr Model kRows[] = {
    row("llama_mini", 39'985'664, kSmallVocabulary, kMiniVariants, build<kMini>),
    row("llama_1b", 1'235'814'400, kVocabulary, k1bVariants, build<k1b>),
    row("llama_8b", 8'030'261'248, kVocabulary, k8bVariants, build<k8b>)};

}  // namespace llamas

Rows llama() { return llamas::kRows; }

}  // namespace btrack::models::modern
