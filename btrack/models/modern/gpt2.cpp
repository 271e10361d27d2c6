// SPDX-License-Identifier: Apache-2.0
// GPT-2 (Radford et al. 2019), and the 800M model that the CARAML suite trains.
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>

#include <cmath>

#include "btrack/models/families.hpp"
#include "btrack/models/modern/transformer.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {
namespace gpts {

constexpr double kEpsilon = 1e-5;
constexpr std::int64_t kVocabulary = 50'257;

struct Shape {
  std::int64_t width, layers, heads, context;
};

class Gpt2 final : public Network {
 public:
  Gpt2(const Shape& shape, const Config& config)
      : words_(add<Embedding>("words", config.classes, config.width(shape.width))),
        positions_(value("positions", {shape.context, config.width(shape.width)}, kWeight)) {
    const std::int64_t width = config.width(shape.width);
    const auto additions = static_cast<double>(2 * shape.layers);
    const BlockSpec spec{.width = width,
                         .heads = shape.heads,
                         .hidden = 4 * width,
                         .causal = true,
                         .tanh_gelu = true,
                         .epsilon = kEpsilon,
                         .residual = normal(kWeight.spread / std::sqrt(additions))};
    for (std::int64_t i = 0; i < config.depth(shape.layers); ++i) {
      blocks_.push_back(&add<PreNormBlock>("block" + std::to_string(i), spec));
    }
    norm_ = &add<LayerNorm>("norm", width, kEpsilon);
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = words_(inputs[0]) + positions_.narrow(0, 0, inputs[0].size(1));
    for (const auto* block : blocks_) x = (*block)(x);
    return at::linear((*norm_)(x), words_.weight());  // the embedding is the head, too
  }

 private:
  Embedding& words_;
  at::Tensor& positions_;
  std::vector<PreNormBlock*> blocks_;
  LayerNorm* norm_ = nullptr;
};

NetworkPtr gpt2_124m(const Config& config) {
  constexpr Shape kShape{.width = 768, .layers = 12, .heads = 12, .context = 1024};
  return std::make_shared<Gpt2>(kShape, config);
}
NetworkPtr gpt_800m(const Config& config) {
  constexpr Shape kShape{.width = 2048, .layers = 16, .heads = 8, .context = 2048};
  return std::make_shared<Gpt2>(kShape, config);
}

constexpr InputSpec k1024[] = {tokens(1024, kVocabulary)};
constexpr InputSpec k2048[] = {tokens(2048, kVocabulary)};
constexpr InputSpec kShort[] = {tokens(16, 128)};

// Attention counted in full, the half that the causal mask hides included.
constexpr Variant k124m[] = {
    {.name = "1024", .inputs = k1024, .macs = 145'824'153'600, .items_per_sample = 1024}};
constexpr Variant k800m[] = {
    {.name = "2048", .inputs = k2048, .macs = 2'134'938'484'736, .items_per_sample = 2048},
    {.name = "1024", .inputs = k1024, .macs = 998'749'765'632, .items_per_sample = 1024}};

constexpr Model row(std::string_view name, std::int64_t parameters,
                    std::span<const Variant> variants, Builder build) {
  return {.name = name,
          .family = "gpt2",
          .task = Task::language_model,
          .item_unit = "tokens",
          .classes = kVocabulary,
          .size = {.parameters = parameters},
          .variants = variants,
          .tiny = {.inputs = kShort, .classes = 128},
          .defaults = {.batch = 4, .infer_batch = 4, .epochs = 1, .learning_rate = 6e-4},
          .build = build};
}

constexpr Model kRows[] = {row("gpt2_124m", 124'439'808, k124m, gpt2_124m),
                           row("gpt_800m", 912'857'088, k800m, gpt_800m)};

}  // namespace gpts

Rows gpt2() { return gpts::kRows; }

}  // namespace btrack::models::modern
