// SPDX-License-Identifier: Apache-2.0
// What decoders of language share since Llama: root mean square norms, rotary positions, grouped
// queries, the gated feed-forward part.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>

#include "btrack/models/generation.hpp"
#include "btrack/models/modern/transformer.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {

/// Over the last dimension, without mean and shift.
class RmsNorm final : public Module {
 public:
  explicit RmsNorm(std::int64_t width, double epsilon = 1e-5);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  double epsilon_;
  at::Tensor& gamma_;
};

/// Su et al. 2021: the frequency of pair i is theta^(-2i/n).
struct RotarySpec {
  std::int64_t head_width = 0;
  double theta = 0.0;
};
/// Cosines and sines of T positions and the two halves of a head, each T x n.
struct Rotation {
  at::Tensor cosine, sine;
};
Rotation rotation(const RotarySpec& spec, std::int64_t first, std::int64_t count,
                  const at::TensorOptions& options);
/// Turns x, B x heads x T x n, by the position of each token.
at::Tensor rotate(const at::Tensor& x, const Rotation& by);

struct DecoderSpec {
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t key_heads = 0;  ///< as many queries share a key as heads / key_heads
  bool norm_queries = false;   ///< queries and keys are normalised before they are turned
  double epsilon = 1e-5;
};

/// Causal, without biases.
class RotaryAttention final : public Module {
 public:
  explicit RotaryAttention(const DecoderSpec& spec);
  /// `past`: the tokens before x, none or more, to which those of x are added; null: nothing is
  /// kept.
  at::Tensor operator()(const at::Tensor& x, const Rotation& positions, LayerCache* past) const;

 private:
  /// One token's queries on all that is cached.
  [[nodiscard]] at::Tensor look_back(const at::Tensor& query, const LayerCache& past) const;

  std::int64_t heads_, key_heads_;
  Linear &query_, &key_, &value_, &join_;
  RmsNorm *query_norm_ = nullptr, *key_norm_ = nullptr;
};

/// down(silu(gate(x)) * up(x)).
class GatedFeedForward final : public Module {
 public:
  GatedFeedForward(std::int64_t width, std::int64_t hidden);
  at::Tensor operator()(const at::Tensor& x) const;
  /// Weights that so many tokens leave alone.
  [[nodiscard]] static std::int64_t weights_left_out(std::int64_t /*tokens*/) { return 0; }

 private:
  Linear &gate_, &up_, &down_;
};

/// Attention and a feed-forward part, each normalised before and added to its input.
template <class Feed>
class DecoderBlock final : public Module {
 public:
  template <class... Args>
  DecoderBlock(const DecoderSpec& spec, std::int64_t hidden, const Args&... feed)
      : norm1_(add<RmsNorm>("norm1", spec.width, spec.epsilon)),
        attend_(add<RotaryAttention>("attention", spec)),
        norm2_(add<RmsNorm>("norm2", spec.width, spec.epsilon)),
        feed_(add<Feed>("feed", spec.width, hidden, feed...)) {}

  at::Tensor operator()(const at::Tensor& x, const Rotation& positions, LayerCache* past) const {
    const at::Tensor y = x + attend_(norm1_(x), positions, past);
    return y + feed_(norm2_(y));
  }
  [[nodiscard]] const Feed& feed() const { return feed_; }

 private:
  RmsNorm& norm1_;
  RotaryAttention& attend_;
  RmsNorm& norm2_;
  Feed& feed_;
};

/// Sizes at full scale.
struct DecoderShape {
  DecoderSpec attention;
  std::int64_t layers = 0;
  std::int64_t hidden = 0;  ///< of the feed-forward part, or of each expert
  bool tied = false;        ///< the embedding is the head, too
  double theta = 0.0;       ///< of the rotary positions
};

/// From tokens to logits; `feed`: what the feed-forward part wants to know beside its widths.
template <class Feed>
class Decoder final : public Network, public Generative {
 public:
  template <class... Args>
  Decoder(const DecoderShape& shape, const Config& config, const Args&... feed)
      : rotary_{config.width(shape.attention.width) / shape.attention.heads, shape.theta},
        key_heads_(shape.attention.key_heads),
        words_(add<Embedding>("words", config.classes, config.width(shape.attention.width))) {
    DecoderSpec spec = shape.attention;
    spec.width = config.width(spec.width);
    for (std::int64_t i = 0; i < config.depth(shape.layers); ++i) {
      blocks_.push_back(&add<DecoderBlock<Feed>>("block" + std::to_string(i), spec,
                                                 config.width(shape.hidden), feed...));
    }
    norm_ = &add<RmsNorm>("norm", spec.width, spec.epsilon);
    head_ = shape.tied
                ? &words_.weight()
                : &add<Linear>("head", spec.width, config.classes, kWeight, std::nullopt).weight();
  }

  at::Tensor forward(at::TensorList inputs) override { return logits(hidden(inputs[0], nullptr)); }

  [[nodiscard]] CacheShape cache_shape() const override {
    return {static_cast<std::int64_t>(blocks_.size()), key_heads_, rotary_.head_width};
  }

  std::int64_t weights_read(std::int64_t batch) override {
    std::int64_t read = 0;
    for (const auto& [path, value] : values()) read += value->tensor.numel();
    const at::Tensor& words = words_.weight();
    if (head_ != &words) read -= words.numel() - batch * words.size(1);
    for (const auto* block : blocks_) read -= block->feed().weights_left_out(batch);
    return read;
  }

  at::Tensor extend(const at::Tensor& tokens, KeyValueCache& cache) override {
    return logits(hidden(tokens, &cache).narrow(1, tokens.size(1) - 1, 1));
  }

 private:
  at::Tensor hidden(const at::Tensor& tokens, KeyValueCache* cache) const {
    at::Tensor x = words_(tokens);
    const std::int64_t first = cache == nullptr ? 0 : cache->length();
    const Rotation positions = rotation(rotary_, first, x.size(1), x.options());
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      x = (*blocks_[i])(x, positions, cache == nullptr ? nullptr : &cache->layer(i));
    }
    return x;
  }
  [[nodiscard]] at::Tensor logits(const at::Tensor& x) const {
    return at::linear((*norm_)(x), *head_);
  }

  RotarySpec rotary_;
  std::int64_t key_heads_;
  Embedding& words_;
  std::vector<DecoderBlock<Feed>*> blocks_;
  RmsNorm* norm_ = nullptr;
  const at::Tensor* head_ = nullptr;
};

inline constexpr InputSpec kTinyTokens[] = {tokens(16, 128)};

constexpr Model decoder_row(std::string_view family, std::string_view name, std::int64_t parameters,
                            std::int64_t vocabulary, std::span<const Variant> variants,
                            Builder build) {
  return {.name = name,
          .family = family,
          .task = Task::language_model,
          .item_unit = "tokens",
          .classes = vocabulary,
          .size = {.parameters = parameters},
          .variants = variants,
          .tiny = {.inputs = kTinyTokens, .classes = 128, .answer = {.prompt = 16, .tokens = 16}},
          .defaults = {.batch = 1, .infer_batch = 1, .epochs = 1, .learning_rate = 3e-4},
          .answer = {.prompt = 512, .tokens = 128},
          .build = build};
}

}  // namespace btrack::models::modern
