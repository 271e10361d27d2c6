// SPDX-License-Identifier: Apache-2.0
// What decoders of language share since Llama: root mean square norms, rotary positions, grouped
// queries, the gated feed-forward part.
#pragma once

#include "btrack/models/modern/transformer.hpp"

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

/// Cosines and sines of T positions and the two halves of a head, each T x n.
struct Rotation {
  at::Tensor cosine, sine;
};
/// Su et al. 2021: the frequency of pair i is theta^(-2i/n).
Rotation rotation(std::int64_t positions, std::int64_t head_width, double theta,
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
  at::Tensor operator()(const at::Tensor& x, const Rotation& positions) const;

 private:
  std::int64_t heads_, key_heads_;
  Linear &query_, &key_, &value_, &join_;
  RmsNorm *query_norm_ = nullptr, *key_norm_ = nullptr;
};

/// down(silu(gate(x)) * up(x)).
class GatedFeedForward final : public Module {
 public:
  GatedFeedForward(std::int64_t width, std::int64_t hidden);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  Linear &gate_, &up_, &down_;
};

}  // namespace btrack::models::modern
