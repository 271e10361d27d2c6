// SPDX-License-Identifier: Apache-2.0
// Sentiment of a text of word vectors by one LSTM: section 18 of AI Benchmark Alpha.
#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

/// The state after the last word decides.
class Sentiment final : public Network {
 public:
  explicit Sentiment(const Config& config)
      : lstm_(add<Lstm>("lstm", config.inputs[0].shape()[1], config.width(1024))),
        head_(add<Linear>("head", config.width(1024), config.classes)) {}

  at::Tensor forward(at::TensorList inputs) override {
    return head_(lstm_(inputs[0]).select(1, -1));
  }

 private:
  Lstm& lstm_;
  Linear& head_;
};

NetworkPtr build(const Config& config) { return std::make_shared<Sentiment>(config); }

/// Uniform in [-4, 4), as AI Benchmark makes them.
constexpr InputSpec words(std::int64_t count) {
  return {.name = "words", .sizes = {count, 300}, .rank = 2, .low = -4.0, .high = 4.0};
}

constexpr InputSpec k1024[] = {words(1024)};
constexpr InputSpec kTiny[] = {words(32)};

constexpr Variant kVariants[] = {{.name = "1024", .inputs = k1024, .macs = 5'553'260'544}};

constexpr Model kRows[] = {{
    .name = "lstm_sentiment",
    .family = "lstm",
    .item_unit = "sequences",
    .classes = 2,
    .size = {.parameters = 5'429'250},
    .variants = kVariants,
    .tiny = {.inputs = kTiny},
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace

Rows lstm() { return kRows; }

}  // namespace btrack::models::ai_benchmark
