// SPDX-License-Identifier: Apache-2.0
// What the tests of AI Benchmark Alpha share: Adam with the constant rate 1e-4, and its scalings.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>

#include "btrack/models/catalogue.hpp"
#include "btrack/models/module.hpp"

namespace btrack::models::ai_benchmark {

inline constexpr Defaults kDefaults{.batch = 10,
                                    .infer_batch = 10,
                                    .epochs = 1,
                                    .learning_rate = 1e-4,
                                    .weight_decay = 0.0,
                                    .schedule = Schedule::constant};

/// For the input sizes that have no such test.
constexpr Defaults with_batches(std::int64_t train, std::int64_t infer) {
  Defaults defaults = kDefaults;
  defaults.batch = train;
  defaults.infer_batch = infer;
  return defaults;
}

inline constexpr InputSpec kTinyImage[] = {pixels(64)};

/// 2 * (x / 255 - 0.5): bytes to [-1, 1].
inline at::Tensor centred(const at::Tensor& bytes) { return bytes.mul(2.0 / 255.0).sub_(1.0); }
/// 255 * (0.58 * tanh(x) + 0.5): almost [-1, 1] of tanh to the values of a pixel; `x` is used up.
inline at::Tensor stretched_tanh(at::Tensor x) {
  return x.tanh_().mul(0.58 * 255.0).add_(0.5 * 255.0);
}

/// Bytes less the mean colour of ImageNet, whose order is blue, green, red in the graphs.
inline at::Tensor without_mean(const at::Tensor& bytes) {
  constexpr double kMean[] = {103.939, 116.779, 123.68};
  std::array<at::Tensor, 3> planes;
  for (std::size_t i = 0; i < planes.size(); ++i) {
    planes[i] = bytes.narrow(1, static_cast<std::int64_t>(i), 1).sub(kMean[i]);
  }
  return at::cat(planes, 1);
}

/// For the layer that ends a residual block, one of `blocks`: so the sums of all blocks keep their
/// size. Where nothing normalises them (mode faithful: the running statistics are 0 and 1), He's
/// own doubles the variance block by block, and half precision overflows.
inline Init closing_init(std::int64_t fan, std::int64_t blocks) { return he_normal(fan * blocks); }

}  // namespace btrack::models::ai_benchmark
