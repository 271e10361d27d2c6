// SPDX-License-Identifier: Apache-2.0
// How much memory a run will need, counted on the meta device before anything is allocated.
#pragma once

#include <c10/core/Device.h>

#include "btrack/models/selection.hpp"

namespace btrack::models {

/// Bytes. An upper bound in practice, not a promise: the operators' own scratch space is guessed.
struct MemoryNeed {
  std::int64_t values = 0;     ///< weights and statistics
  std::int64_t halves = 0;     ///< bf16 and fp16: the copies of weights that autocast keeps
  std::int64_t learning = 0;   ///< gradients and AdamW's two moments
  std::int64_t training = 0;   ///< one sample's activations, kept until its backward pass
  std::int64_t inference = 0;  ///< one sample's activations, as far as they live together
  std::int64_t sample = 0;     ///< one sample as data: inputs and target
  /// Of a decoder: numbers, not bytes, that its cache holds for each token, and tokens of the
  /// sample.
  std::int64_t cached_values = 0, tokens = 0;
};
MemoryNeed memory_need(const Selection& selected);

/// Bytes of the phases that `settings` name, at the batches and lengths that they name.
std::int64_t bytes_needed(const MemoryNeed& need, const results::Settings& settings);

/// Free bytes of the device: of a processor what the kernel calls available, and no more than the
/// control group leaves (cgroup v2 memory.max, v1 limit_in_bytes).
Result<std::int64_t> available_bytes(c10::Device device);

/// Where `settings.batch_auto`, halves both batches until the run fits. An error (out_of_memory)
/// where it does not fit, with both sizes.
Result<void> fit_memory(const Selection& selected, std::int64_t available,
                        results::Settings& settings);

}  // namespace btrack::models
