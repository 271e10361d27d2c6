// SPDX-License-Identifier: Apache-2.0
// Scaling of the loss in float16, whose gradients would otherwise vanish below 6e-8.
#pragma once

#include <ATen/core/Tensor.h>

namespace btrack::models {

/// Micikevicius et al. 2018 with the constants of torch.amp.GradScaler: starts at 65536, halves
/// after a gradient that is not finite (that step is left out), doubles after 2000 good steps.
class LossScale {
 public:
  explicit LossScale(at::Device device);

  [[nodiscard]] at::Tensor scaled(const at::Tensor& loss) const;
  /// Looks for infinities and NaN in the gradients of a scaled loss, and adapts the scale.
  void check(at::TensorList gradients);
  /// What the gradients that `check` saw were multiplied by.
  [[nodiscard]] const at::Tensor& used() const { return used_; }
  /// 1 where one of them was not finite, else 0.
  [[nodiscard]] const at::Tensor& found() const { return found_; }

 private:
  at::Tensor scale_, used_, found_, good_steps_;
};

}  // namespace btrack::models
