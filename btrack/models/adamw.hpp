// SPDX-License-Identifier: Apache-2.0
// AdamW with one fused kernel for all parameters, and the cosine that its learning rate follows.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "btrack/models/loss_scale.hpp"

namespace btrack::models {

/// Loshchilov and Hutter 2019; beta 0.9 and 0.999, epsilon 1e-8. LibTorch's own C++ AdamW launches
/// a dozen operators per parameter; this uses the kernel behind Python's AdamW(fused=True).
class AdamW {
 public:
  AdamW(std::vector<at::Tensor> parameters, double weight_decay);

  /// One update, after which the gradients are gone. `scale`: of the loss that they come from.
  void step(double learning_rate, LossScale* scale = nullptr);

 private:
  std::vector<at::Tensor> parameters_, gradients_, first_, second_, steps_;
  double weight_decay_;
};

/// Half a cosine from `peak` at step 0 to 0 at `total`.
double cosine_rate(double peak, std::int64_t step, std::int64_t total);

}  // namespace btrack::models
