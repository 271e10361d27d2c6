// SPDX-License-Identifier: Apache-2.0
// What decoders of language share since Llama.
#include "btrack/models/modern/decoder.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <c10/util/Exception.h>

#include <cmath>

namespace btrack::models::modern {

RmsNorm::RmsNorm(std::int64_t width, double epsilon)
    : epsilon_(epsilon), gamma_(value("gamma", {width}, constant(1.0))) {}

at::Tensor RmsNorm::operator()(const at::Tensor& x) const {
  return at::rms_norm(x, gamma_.sizes(), gamma_, epsilon_);
}

Rotation rotation(const RotarySpec& spec, std::int64_t first, std::int64_t count,
                  const at::TensorOptions& options) {
  const double step = -2.0 * std::log(spec.theta) / static_cast<double>(spec.head_width);
  const at::Tensor frequencies = at::arange(spec.head_width / 2, options).mul(step).exp();
  const at::Tensor half = at::arange(first, first + count, options).unsqueeze(1) * frequencies;
  const at::Tensor angles = at::cat({half, half}, 1);
  return {angles.cos(), angles.sin()};
}

at::Tensor rotate(const at::Tensor& x, const Rotation& by) {
  const std::vector<at::Tensor> halves = x.chunk(2, -1);
  const at::Tensor quarter_turn = at::cat({-halves[1], halves[0]}, -1);
  return (x * by.cosine + quarter_turn * by.sine).to(x.scalar_type());
}

RotaryAttention::RotaryAttention(const DecoderSpec& spec)
    : heads_(spec.heads),
      key_heads_(spec.key_heads),
      query_(add<Linear>("query", spec.width, spec.width, kWeight, std::nullopt)),
      key_(add<Linear>("key", spec.width, spec.width / heads_ * key_heads_, kWeight, std::nullopt)),
      value_(add<Linear>("value", spec.width, spec.width / heads_ * key_heads_, kWeight,
                         std::nullopt)),
      join_(add<Linear>("out", spec.width, spec.width, kWeight, std::nullopt)) {
  if (!spec.norm_queries) return;
  query_norm_ = &add<RmsNorm>("query_norm", spec.width, spec.epsilon);
  key_norm_ = &add<RmsNorm>("key_norm", spec.width / heads_ * key_heads_, spec.epsilon);
}

at::Tensor RotaryAttention::operator()(const at::Tensor& x, const Rotation& positions,
                                       LayerCache* past) const {
  at::Tensor query = query_(x);
  at::Tensor key = key_(x);
  at::Tensor value = value_(x);
  if (query_norm_ != nullptr) {
    query = (*query_norm_)(query).to(value.scalar_type());
    key = (*key_norm_)(key).to(value.scalar_type());
  }
  query = rotate(split_heads(query, heads_), positions);
  key = rotate(split_heads(key, key_heads_), positions);
  value = split_heads(value, key_heads_);
  if (past != nullptr) {
    const bool first = past->length() == 0;
    past->append(key, value);
    if (!first) return join_(join_heads(look_back(query, *past)));
  }
  return join_(join_heads(at::scaled_dot_product_attention(
      query, key, value, /*attn_mask=*/{}, /*dropout_p=*/0.0, /*is_causal=*/true,
      /*scale=*/std::nullopt, /*enable_gqa=*/key_heads_ != heads_)));
}

/// The queries that share a key stand where tokens stand elsewhere, so that no key is copied for
/// each of them.
at::Tensor RotaryAttention::look_back(const at::Tensor& query, const LayerCache& past) const {
  TORCH_CHECK(query.size(2) == 1, "tokens go into an empty cache, or one by one");
  const at::Tensor shared =
      query.reshape({query.size(0), key_heads_, heads_ / key_heads_, query.size(3)});
  return at::scaled_dot_product_attention(shared, past.keys(), past.values())
      .reshape(query.sizes());
}

GatedFeedForward::GatedFeedForward(std::int64_t width, std::int64_t hidden)
    : gate_(add<Linear>("gate", width, hidden, kWeight, std::nullopt)),
      up_(add<Linear>("up", width, hidden, kWeight, std::nullopt)),
      down_(add<Linear>("down", hidden, width, kWeight, std::nullopt)) {}

at::Tensor GatedFeedForward::operator()(const at::Tensor& x) const {
  return down_(at::silu(gate_(x)) * up_(x));
}

}  // namespace btrack::models::modern
