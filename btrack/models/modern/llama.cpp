// SPDX-License-Identifier: Apache-2.0
// The decoders of Llama 3 (Dubey et al. 2024), and a small one of the same kind.
#include "btrack/models/families.hpp"
#include "btrack/models/modern/decoder.hpp"

namespace btrack::models::modern {
namespace llamas {

constexpr double kTheta = 5e5;

constexpr DecoderShape kMini{.attention = {.width = 512, .heads = 8, .key_heads = 4},
                             .layers = 8,
                             .hidden = 1408,
                             .tied = true,
                             .theta = kTheta};
constexpr DecoderShape k1b{.attention = {.width = 2048, .heads = 32, .key_heads = 8},
                           .layers = 16,
                           .hidden = 8192,
                           .tied = true,
                           .theta = kTheta};
constexpr DecoderShape k8b{.attention = {.width = 4096, .heads = 32, .key_heads = 8},
                           .layers = 32,
                           .hidden = 14'336,
                           .tied = false,
                           .theta = kTheta};

template <const DecoderShape& kShape>
NetworkPtr build(const Config& config) {
  return std::make_shared<Decoder<GatedFeedForward>>(kShape, config);
}

constexpr std::int64_t kSmallVocabulary = 32'000;
constexpr std::int64_t kVocabulary = 128'256;
constexpr InputSpec kSmall512[] = {tokens(512, kSmallVocabulary)};
constexpr InputSpec k2048[] = {tokens(2048, kVocabulary)};
constexpr InputSpec k128[] = {tokens(128, kVocabulary)};

// Attention counted in full, the half that the causal mask hides included.
constexpr Variant kMiniVariants[] = {
    {.name = "512", .inputs = kSmall512, .macs = 22'615'687'168, .items_per_sample = 512}};
constexpr Variant k1bVariants[] = {
    {.name = "2048", .inputs = k2048, .macs = 2'805'687'386'112, .items_per_sample = 2048},
    {.name = "128", .inputs = k128, .macs = 159'249'334'272, .items_per_sample = 128}};
constexpr Variant k8bVariants[] = {
    {.name = "2048", .inputs = k2048, .macs = 16'469'052'096'512, .items_per_sample = 2048},
    {.name = "128", .inputs = k128, .macs = 964'891'246'592, .items_per_sample = 128}};

constexpr Model kRows[] = {
    decoder_row("llama", "llama_mini", 39'985'664, kSmallVocabulary, kMiniVariants, build<kMini>),
    decoder_row("llama", "llama_1b", 1'235'814'400, kVocabulary, k1bVariants, build<k1b>),
    decoder_row("llama", "llama_8b", 8'030'261'248, kVocabulary, k8bVariants, build<k8b>)};

}  // namespace llamas

Rows llama() { return llamas::kRows; }

}  // namespace btrack::models::modern
