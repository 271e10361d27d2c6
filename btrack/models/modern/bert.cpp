// SPDX-License-Identifier: Apache-2.0
// BERT (Devlin et al. 2019) with the pooler and a head that tells two classes apart.
#include <ATen/TensorOperators.h>
#include <ATen/ops/tanh.h>

#include "btrack/models/families.hpp"
#include "btrack/models/modern/transformer.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {
namespace berts {

constexpr double kEpsilon = 1e-12;
constexpr std::int64_t kPositions = 512;
constexpr std::int64_t kVocabulary = 30'522;
constexpr std::int64_t kSegments = 2;

struct Shape {
  std::int64_t width, layers, heads;
};

class Bert final : public Network {
 public:
  Bert(const Shape& shape, const Config& config)
      : words_(add<Embedding>("words", static_cast<std::int64_t>(config.inputs[0].high),
                              config.width(shape.width))),
        positions_(value("positions", {kPositions, config.width(shape.width)}, kWeight)),
        segments_(add<Embedding>("segments", kSegments, config.width(shape.width))),
        norm_(add<LayerNorm>("norm", config.width(shape.width), kEpsilon)) {
    const std::int64_t width = config.width(shape.width);
    const BlockSpec spec{
        .width = width, .heads = shape.heads, .hidden = 4 * width, .epsilon = kEpsilon};
    for (std::int64_t i = 0; i < config.depth(shape.layers); ++i) {
      blocks_.push_back(&add<PostNormBlock>("block" + std::to_string(i), spec));
    }
    pool_ = &add<Linear>("pool", width, width, kWeight, kBias);
    head_ = &add<Linear>("head", width, config.classes, kWeight, kBias);
  }

  at::Tensor forward(at::TensorList inputs) override {
    const at::Tensor& tokens = inputs[0];
    at::Tensor x =
        norm_(words_(tokens) + segments_(inputs[1]) + positions_.narrow(0, 0, tokens.size(1)));
    for (const auto* block : blocks_) x = (*block)(x);
    return (*head_)((*pool_)(x.select(1, 0)).tanh());
  }

 private:
  Embedding& words_;
  at::Tensor& positions_;
  Embedding& segments_;
  LayerNorm& norm_;
  std::vector<PostNormBlock*> blocks_;
  Linear *pool_ = nullptr, *head_ = nullptr;
};

NetworkPtr base(const Config& config) {
  return std::make_shared<Bert>(Shape{.width = 768, .layers = 12, .heads = 12}, config);
}
NetworkPtr large(const Config& config) {
  return std::make_shared<Bert>(Shape{.width = 1024, .layers = 24, .heads = 16}, config);
}

constexpr InputSpec segments(std::int64_t count) {
  InputSpec spec = tokens(count, kSegments);
  spec.name = "segments";
  return spec;
}

constexpr InputSpec k128[] = {tokens(128, kVocabulary), segments(128)};
constexpr InputSpec k384[] = {tokens(384, kVocabulary), segments(384)};
constexpr InputSpec kShort[] = {tokens(16, 128), segments(16)};

constexpr Variant kBase[] = {{.name = "128", .inputs = k128, .macs = 11'174'217'216},
                             {.name = "384", .inputs = k384, .macs = 35'333'408'256}};
constexpr Variant kLarge[] = {{.name = "128", .inputs = k128, .macs = 39'461'062'656},
                              {.name = "384", .inputs = k384, .macs = 123'212'924'928}};

constexpr Model row(std::string_view name, std::int64_t parameters,
                    std::span<const Variant> variants, Builder build) {
  return {.name = name,
          .family = "bert",
          .item_unit = "sequences",
          .classes = 2,
          .size = {.parameters = parameters},
          .variants = variants,
          .tiny = {.inputs = kShort},
          .defaults = {.batch = 8, .infer_batch = 8, .epochs = 1, .learning_rate = 1e-4},
          .build = build};
}

constexpr Model kRows[] = {row("bert_base", 109'483'778, kBase, base),
                           row("bert_large", 335'143'938, kLarge, large)};

}  // namespace berts

Rows bert() { return berts::kRows; }

}  // namespace btrack::models::modern
