// SPDX-License-Identifier: Apache-2.0
// What transformers share: fused attention over packed heads, and the feed-forward part.
#pragma once

#include "btrack/models/layers.hpp"

namespace btrack::models::modern {

/// B x T x (heads * n) as B x heads x T x n: a view.
at::Tensor split_heads(const at::Tensor& x, std::int64_t heads);
/// B x heads x T x n as B x T x (heads * n).
at::Tensor join_heads(const at::Tensor& x);

/// How the weights of Vaswani et al. 2017 are drawn since BERT and GPT-2; biases begin at 0.
inline constexpr Init kWeight = normal(0.02);
inline constexpr Init kBias = constant(0.0);

struct BlockSpec {
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t hidden = 0;  ///< width of the feed-forward part
  bool causal = false;      ///< a token sees those before it only
  bool tanh_gelu = false;   ///< GELU by its tanh formula
  double epsilon = 1e-6;    ///< of the normalisations
  Init residual = kWeight;  ///< of the two weights whose results are added to the input
};

/// Each token looks at all, with biases.
class SelfAttention final : public Module {
 public:
  explicit SelfAttention(const BlockSpec& spec);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  std::int64_t heads_;
  bool causal_;
  Linear &qkv_, &join_;
};

/// Wider, GELU, narrower.
class FeedForward final : public Module {
 public:
  explicit FeedForward(const BlockSpec& spec);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  bool tanh_;
  Linear &widen_, &narrow_;
};

/// x + attention(norm(x)), then x + feed_forward(norm(x)).
class PreNormBlock final : public Module {
 public:
  explicit PreNormBlock(const BlockSpec& spec);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  LayerNorm& norm1_;
  SelfAttention& attend_;
  LayerNorm& norm2_;
  FeedForward& feed_;
};

/// norm(x + attention(x)), then norm(x + feed_forward(x)): the original form.
class PostNormBlock final : public Module {
 public:
  explicit PostNormBlock(const BlockSpec& spec);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  SelfAttention& attend_;
  LayerNorm& norm1_;
  FeedForward& feed_;
  LayerNorm& norm2_;
};

}  // namespace btrack::models::modern
