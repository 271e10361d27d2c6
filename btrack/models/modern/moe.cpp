// SPDX-License-Identifier: Apache-2.0
// Mixtures of experts in the form of OLMoE (Muennighoff et al. 2024), without a dropped token.
#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros_like.h>

#include "btrack/models/families.hpp"
#include "btrack/models/modern/decoder.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {
namespace moes {

constexpr double kTheta = 1e4;

struct Shape {
  std::int64_t width, layers, heads, experts, active, hidden;
  bool tied;  ///< the embedding is the head, too
};

/// Each token goes to the `active` experts that the router likes best.
class Experts final : public Module {
 public:
  Experts(std::int64_t width, std::int64_t hidden, const Shape& shape)
      : active_(shape.active),
        router_(add<Linear>("router", width, shape.experts, kWeight, std::nullopt)) {
    for (std::int64_t i = 0; i < shape.experts; ++i) {
      experts_.push_back(&add<GatedFeedForward>("expert" + std::to_string(i), width, hidden));
    }
  }

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor tokens = x.reshape({-1, x.size(-1)});
    const auto [shares, chosen] = at::topk(router_(tokens).softmax(-1, at::kFloat), active_);
    const at::Tensor order = chosen.flatten().argsort(/*stable=*/true);
    const at::Tensor senders = order.div(active_, "floor");
    const at::Tensor sorted = tokens.index_select(0, senders);
    std::vector<at::Tensor> results;
    std::int64_t begin = 0;
    const std::vector<std::int64_t> counts = tokens_of_each(chosen);
    for (std::size_t i = 0; i < experts_.size(); begin += counts[i++]) {
      if (counts[i] > 0) results.push_back((*experts_[i])(sorted.narrow(0, begin, counts[i])));
    }
    const at::Tensor joined = at::cat(results);
    const at::Tensor weights = shares.flatten().index_select(0, order).unsqueeze(1);
    const at::Tensor weighted = (joined * weights).to(joined.scalar_type());
    return at::zeros_like(tokens, joined.options()).index_add(0, senders, weighted).view(x.sizes());
  }

 private:
  /// The meta device does not know whom the router chose. Any split costs the same multiply-adds.
  [[nodiscard]] std::vector<std::int64_t> tokens_of_each(const at::Tensor& chosen) const {
    const auto experts = static_cast<std::int64_t>(experts_.size());
    std::vector<std::int64_t> counts(experts_.size());
    if (chosen.is_meta()) {
      for (std::int64_t i = 0; i < chosen.numel(); ++i) ++counts[i % experts];
      return counts;
    }
    const at::Tensor tally = chosen.flatten().bincount({}, experts).cpu();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      counts[i] = tally.const_data_ptr<std::int64_t>()[i];
    }
    return counts;
  }

  std::int64_t active_;
  Linear& router_;
  std::vector<GatedFeedForward*> experts_;
};

class Block final : public Module {
 public:
  Block(const DecoderSpec& spec, std::int64_t hidden, const Shape& shape)
      : norm1_(add<RmsNorm>("norm1", spec.width, spec.epsilon)),
        attend_(add<RotaryAttention>("attention", spec)),
        norm2_(add<RmsNorm>("norm2", spec.width, spec.epsilon)),
        experts_(add<Experts>("experts", spec.width, hidden, shape)) {}

  at::Tensor operator()(const at::Tensor& x, const Rotation& positions) const {
    const at::Tensor y = x + attend_(norm1_(x), positions);
    return y + experts_(norm2_(y));
  }

 private:
  RmsNorm& norm1_;
  RotaryAttention& attend_;
  RmsNorm& norm2_;
  Experts& experts_;
};

class Mixture final : public Network {
 public:
  Mixture(const Shape& shape, const Config& config)
      : head_width_(config.width(shape.width) / shape.heads),
        words_(add<Embedding>("words", config.classes, config.width(shape.width))) {
    const std::int64_t width = config.width(shape.width);
    const DecoderSpec spec{
        .width = width, .heads = shape.heads, .key_heads = shape.heads, .norm_queries = true};
    for (std::int64_t i = 0; i < config.depth(shape.layers); ++i) {
      blocks_.push_back(
          &add<Block>("block" + std::to_string(i), spec, config.width(shape.hidden), shape));
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
    .width = 512, .layers = 8, .heads = 8, .experts = 8, .active = 2, .hidden = 1024, .tied = true};
constexpr Shape kOlmoe{.width = 2048,
                       .layers = 16,
                       .heads = 16,
                       .experts = 64,
                       .active = 8,
                       .hidden = 1024,
                       .tied = false};

template <const Shape& kShape>
NetworkPtr build(const Config& config) {
  return std::make_shared<Mixture>(kShape, config);
}

constexpr std::int64_t kSmallVocabulary = 32'000;
constexpr std::int64_t kVocabulary = 50'304;
constexpr InputSpec kSmall512[] = {tokens(512, kSmallVocabulary)};
constexpr InputSpec k2048[] = {tokens(2048, kVocabulary)};
constexpr InputSpec kShort[] = {tokens(16, 128)};

// Of the experts that a token visits; attention counted in full.
constexpr Variant kMiniVariants[] = {
    {.name = "512", .inputs = kSmall512, .macs = 27'732'738'048, .items_per_sample = 512}};
constexpr Variant kOlmoeVariants[] = {
    {.name = "2048", .inputs = k2048, .macs = 2'689'186'398'208, .items_per_sample = 2048}};

constexpr Model row(std::string_view name, std::int64_t parameters, std::int64_t vocabulary,
                    std::span<const Variant> variants, Builder build) {
  return {.name = name,
          .family = "moe",
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
    row("moe_mini", 125'485'568, kSmallVocabulary, kMiniVariants, build<kMini>),
    row("olmoe_7b", 6'919'161'856, kVocabulary, kOlmoeVariants, build<kOlmoe>)};

}  // namespace moes

Rows moe() { return moes::kRows; }

}  // namespace btrack::models::modern
