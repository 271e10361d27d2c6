// SPDX-License-Identifier: Apache-2.0
// What the tests of AI Benchmark Alpha share: Adam with the constant rate 1e-4, and its scalings.
#pragma once

#include <ATen/core/Tensor.h>

#include "btrack/models/catalogue.hpp"

namespace btrack::models::ai_benchmark {

inline constexpr Defaults kDefaults{.batch = 10,
                                    .infer_batch = 10,
                                    .epochs = 1,
                                    .learning_rate = 1e-4,
                                    .weight_decay = 0.0,
                                    .schedule = Schedule::constant};

inline constexpr InputSpec kTinyImage[] = {pixels(64)};

/// 2 * (x / 255 - 0.5): bytes to [-1, 1].
inline at::Tensor centred(const at::Tensor& bytes) { return bytes.mul(2.0 / 255.0).sub_(1.0); }
/// 255 * (0.58 * tanh(x) + 0.5): almost [-1, 1] of tanh to the values of a pixel; `x` is used up.
inline at::Tensor stretched_tanh(at::Tensor x) {
  return x.tanh_().mul(0.58 * 255.0).add_(0.5 * 255.0);
}

}  // namespace btrack::models::ai_benchmark
