// SPDX-License-Identifier: Apache-2.0
// Mixtures of experts in the form of OLMoE (Muennighoff et al. 2024), without a dropped token.
#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "btrack/models/families.hpp"
#include "btrack/models/modern/decoder.hpp"

namespace btrack::models::modern {
namespace moes {

constexpr double kTheta = 1e4;

struct Routing {
  std::int64_t experts, active;
};

/// Each token goes to the `active` experts that the router likes best.
class Experts final : public Module {
 public:
  Experts(std::int64_t width, std::int64_t hidden, const Routing& routing)
      : active_(routing.active),
        expert_weights_(3 * width * hidden),
        router_(add<Linear>("router", width, routing.experts, kWeight, std::nullopt)) {
    for (std::int64_t i = 0; i < routing.experts; ++i) {
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

  [[nodiscard]] std::int64_t weights_left_out(std::int64_t tokens) const {
    const auto experts = static_cast<std::int64_t>(experts_.size());
    return std::max<std::int64_t>(experts - active_ * tokens, 0) * expert_weights_;
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
  std::int64_t expert_weights_;  ///< of one expert
  Linear& router_;
  std::vector<GatedFeedForward*> experts_;
};

struct Shape {
  DecoderShape decoder;
  Routing routing;
};

constexpr Shape kMini{
    .decoder = {.attention = {.width = 512, .heads = 8, .key_heads = 8, .norm_queries = true},
                .layers = 8,
                .hidden = 1024,
                .tied = true,
                .theta = kTheta},
    .routing = {.experts = 8, .active = 2}};
constexpr Shape kOlmoe{
    .decoder = {.attention = {.width = 2048, .heads = 16, .key_heads = 16, .norm_queries = true},
                .layers = 16,
                .hidden = 1024,
                .tied = false,
                .theta = kTheta},
    .routing = {.experts = 64, .active = 8}};

template <const Shape& kShape>
NetworkPtr build(const Config& config) {
  return std::make_shared<Decoder<Experts>>(kShape.decoder, config, kShape.routing);
}

constexpr std::int64_t kSmallVocabulary = 32'000;
constexpr std::int64_t kVocabulary = 50'304;
constexpr InputSpec kSmall512[] = {tokens(512, kSmallVocabulary)};
constexpr InputSpec k2048[] = {tokens(2048, kVocabulary)};

// Of the experts that a token visits; attention counted in full.
constexpr Variant kMiniVariants[] = {
    {.name = "512", .inputs = kSmall512, .macs = 27'732'738'048, .items_per_sample = 512}};
constexpr Variant kOlmoeVariants[] = {
    {.name = "2048", .inputs = k2048, .macs = 2'689'186'398'208, .items_per_sample = 2048}};

constexpr Model kRows[] = {
    decoder_row("moe", "moe_mini", 125'485'568, kSmallVocabulary, kMiniVariants, build<kMini>),
    decoder_row("moe", "olmoe_7b", 6'919'161'856, kVocabulary, kOlmoeVariants, build<kOlmoe>)};

}  // namespace moes

Rows moe() { return moes::kRows; }

}  // namespace btrack::models::modern
