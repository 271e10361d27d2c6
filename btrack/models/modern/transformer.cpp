// SPDX-License-Identifier: Apache-2.0
// What transformers share.
#include "btrack/models/modern/transformer.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/scaled_dot_product_attention.h>

namespace btrack::models::modern {

at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

at::Tensor join_heads(const at::Tensor& x) {
  return x.transpose(1, 2).reshape({x.size(0), x.size(2), x.size(1) * x.size(3)});
}

SelfAttention::SelfAttention(const BlockSpec& spec)
    : heads_(spec.heads),
      causal_(spec.causal),
      qkv_(add<Linear>("qkv", spec.width, 3 * spec.width, kWeight, kBias)),
      join_(add<Linear>("out", spec.width, spec.width, spec.residual, kBias)) {}

at::Tensor SelfAttention::operator()(const at::Tensor& x) const {
  const std::vector<at::Tensor> parts = qkv_(x).chunk(3, 2);
  return join_(join_heads(at::scaled_dot_product_attention(
      split_heads(parts[0], heads_), split_heads(parts[1], heads_), split_heads(parts[2], heads_),
      /*attn_mask=*/{}, /*dropout_p=*/0.0, causal_)));
}

FeedForward::FeedForward(const BlockSpec& spec)
    : tanh_(spec.tanh_gelu),
      widen_(add<Linear>("widen", spec.width, spec.hidden, kWeight, kBias)),
      narrow_(add<Linear>("narrow", spec.hidden, spec.width, spec.residual, kBias)) {}

at::Tensor FeedForward::operator()(const at::Tensor& x) const {
  return narrow_(at::gelu(widen_(x), tanh_ ? "tanh" : "none"));
}

PreNormBlock::PreNormBlock(const BlockSpec& spec)
    : norm1_(add<LayerNorm>("norm1", spec.width, spec.epsilon)),
      attend_(add<SelfAttention>("attention", spec)),
      norm2_(add<LayerNorm>("norm2", spec.width, spec.epsilon)),
      feed_(add<FeedForward>("feed", spec)) {}

at::Tensor PreNormBlock::operator()(const at::Tensor& x) const {
  const at::Tensor y = x + attend_(norm1_(x));
  return y + feed_(norm2_(y));
}

PostNormBlock::PostNormBlock(const BlockSpec& spec)
    : attend_(add<SelfAttention>("attention", spec)),
      norm1_(add<LayerNorm>("norm1", spec.width, spec.epsilon)),
      feed_(add<FeedForward>("feed", spec)),
      norm2_(add<LayerNorm>("norm2", spec.width, spec.epsilon)) {}

at::Tensor PostNormBlock::operator()(const at::Tensor& x) const {
  const at::Tensor y = norm1_(x + attend_(x));
  return norm2_(y + feed_(y));
}

}  // namespace btrack::models::modern
