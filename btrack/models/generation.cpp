// SPDX-License-Identifier: Apache-2.0
// The cache of keys and values, and greedy answers with it.
#include "btrack/models/generation.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

namespace btrack::models {
namespace answering {

at::ScalarType stored_type(Precision precision) {
  if (precision == Precision::bf16) return at::kBFloat16;
  return precision == Precision::fp16 ? at::kHalf : at::kFloat;
}

/// The last token of an answer is never read.
KeyValueCache cache_for(Network& network, const at::Tensor& prompts, std::int64_t answer,
                        at::ScalarType type) {
  const Generative* decoder = generative(network);
  TORCH_CHECK(decoder != nullptr, "the network does not generate tokens");
  return {decoder->cache_shape(), prompts.size(0), prompts.size(1) + answer - 1,
          prompts.options().dtype(type)};
}

}  // namespace answering

LayerCache::LayerCache(at::IntArrayRef sizes, const at::TensorOptions& options)
    : keys_(at::empty(sizes, options)), values_(at::empty(sizes, options)) {}

void LayerCache::append(const at::Tensor& keys, const at::Tensor& values) {
  const std::int64_t count = keys.size(2);
  keys_.narrow(2, length_, count).copy_(keys);
  values_.narrow(2, length_, count).copy_(values);
  length_ += count;
}

KeyValueCache::KeyValueCache(const CacheShape& shape, std::int64_t batch, std::int64_t capacity,
                             const at::TensorOptions& options) {
  for (std::int64_t i = 0; i < shape.layers; ++i) {
    layers_.emplace_back(at::IntArrayRef{batch, shape.heads, capacity, shape.head_width}, options);
  }
}

void KeyValueCache::truncate(std::int64_t length) {
  for (LayerCache& layer : layers_) layer.truncate(length);
}

Generative* generative(Network& network) { return dynamic_cast<Generative*>(&network); }

at::Tensor make_prompts(const Split& split, std::int64_t batch, std::int64_t length) {
  const at::Tensor all = split.inputs.front().flatten();
  const at::Tensor places = at::arange(batch * length, all.options()).remainder(all.numel());
  return all.index_select(0, places).view({batch, length});
}

Generator::Generator(NetworkPtr network, at::Tensor prompts, std::int64_t answer,
                     Precision precision)
    : network_(std::move(network)),
      prompts_(std::move(prompts)),
      answers_(at::empty({prompts_.size(0), answer}, prompts_.options())),
      type_(answering::stored_type(precision)),
      cache_(answering::cache_for(*network_, prompts_, answer, type_)) {}

void Generator::choose(const at::Tensor& logits, std::int64_t position) {
  answers_.narrow(1, position, 1).copy_(logits.argmax(-1));
}

void Generator::prefill() {
  network_->eval();
  cache_.truncate(0);
  choose(generative(*network_)->extend(prompts_, cache_), 0);
}

bool Generator::decode(const Advance& advance) {
  TORCH_CHECK(cache_.length() >= prompts_.size(1), "decode came before prefill");
  network_->eval();
  cache_.truncate(prompts_.size(1));
  for (std::int64_t i = 1; i < answers_.size(1); ++i) {
    choose(generative(*network_)->extend(answers_.narrow(1, i - 1, 1), cache_), i);
    if (!advance(i * answers_.size(0))) return false;
  }
  return true;
}

double Generator::bytes_per_step() const {
  Generative& decoder = *generative(*network_);
  const std::int64_t batch = prompts_.size(0);
  // The first step sees the prompt and one token, the last one all but the answer's last.
  const double tokens =
      static_cast<double>(prompts_.size(1)) + static_cast<double>(answers_.size(1)) / 2.0;
  const double cached =
      static_cast<double>(batch * decoder.cache_shape().values_per_token()) * tokens;
  // Autocast keeps the weights in the type of the cache.
  return static_cast<double>(c10::elementSize(type_)) *
         (static_cast<double>(decoder.weights_read(batch)) + cached);
}

}  // namespace btrack::models
