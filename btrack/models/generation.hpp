// SPDX-License-Identifier: Apache-2.0
// Answers of a decoder, token after token: the cache of keys and values, and the two phases.
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

#include "btrack/models/precision.hpp"
#include "btrack/models/training.hpp"

namespace btrack::models {

/// What is kept of each token.
struct CacheShape {
  std::int64_t layers = 0;
  std::int64_t heads = 0;  ///< of keys and values
  std::int64_t head_width = 0;

  [[nodiscard]] std::int64_t values_per_token() const { return 2 * layers * heads * head_width; }
};

/// Keys and values of one layer: batch x heads x capacity x head width, filled up to `length`.
class LayerCache {
 public:
  LayerCache(at::IntArrayRef sizes, const at::TensorOptions& options);

  /// Puts the next tokens' keys and values (batch x heads x tokens x head width) behind the others.
  void append(const at::Tensor& keys, const at::Tensor& values);
  void truncate(std::int64_t length) { length_ = length; }
  [[nodiscard]] std::int64_t length() const { return length_; }
  /// Views of what is filled.
  [[nodiscard]] at::Tensor keys() const { return keys_.narrow(2, 0, length_); }
  [[nodiscard]] at::Tensor values() const { return values_.narrow(2, 0, length_); }

 private:
  at::Tensor keys_, values_;
  std::int64_t length_ = 0;
};

/// All layers of a decoder; the memory is got once.
class KeyValueCache {
 public:
  KeyValueCache(const CacheShape& shape, std::int64_t batch, std::int64_t capacity,
                const at::TensorOptions& options);

  [[nodiscard]] LayerCache& layer(std::size_t i) { return layers_[i]; }
  /// Tokens that every layer holds.
  [[nodiscard]] std::int64_t length() const { return layers_.back().length(); }
  /// Forgets all tokens but the first `length`.
  void truncate(std::int64_t length);

 private:
  std::vector<LayerCache> layers_;
};

/// A network that can go on where it stopped.
class Generative {
 public:
  virtual ~Generative() = default;
  [[nodiscard]] virtual CacheShape cache_shape() const = 0;
  /// Weights that a step of one token for each of `batch` answers reads: all but the rows of an
  /// embedding and the experts that no token asks for (as if no two asked for the same).
  virtual std::int64_t weights_read(std::int64_t batch) = 0;
  /// Reads `tokens` (batch x n: several into an empty cache, or one behind others), keeps their
  /// keys and values, and answers the logits after the last one: batch x 1 x vocabulary.
  virtual at::Tensor extend(const at::Tensor& tokens, KeyValueCache& cache) = 0;
};
/// Null where the network cannot.
Generative* generative(Network& network);

/// The prompts that a run reads, batch x length: the split's tokens one behind the other, from the
/// start again where there are too few.
at::Tensor make_prompts(const Split& split, std::int64_t batch, std::int64_t length);

/// Answers of a fixed length to a batch of prompts, always with the likeliest token. Its calls want
/// c10::InferenceMode and Autocast around them, as forward() does.
class Generator {
 public:
  Generator(NetworkPtr network, at::Tensor prompts, std::int64_t answer, Precision precision);

  /// Reads the prompts into an empty cache: the first token of each answer.
  void prefill();
  /// The other tokens, behind the prompts of the last prefill(); told the tokens so far after each
  /// step. False where `advance` asked to stop.
  bool decode(const Advance& advance);
  /// Bytes of weights and cache that a step of decode() has to read, the mean over its steps.
  [[nodiscard]] double bytes_per_step() const;

  [[nodiscard]] std::int64_t prompt_tokens() const { return prompts_.numel(); }
  /// Batch x answer.
  [[nodiscard]] const at::Tensor& answers() const { return answers_; }

 private:
  /// Of each answer, the token at `position`, taken from the logits.
  void choose(const at::Tensor& logits, std::int64_t position);

  NetworkPtr network_;
  at::Tensor prompts_;
  at::Tensor answers_;
  at::ScalarType type_;  ///< of what is read
  KeyValueCache cache_;
};

}  // namespace btrack::models
