// SPDX-License-Identifier: Apache-2.0
// Scaling of the loss in float16.
#include "btrack/models/loss_scale.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/_amp_update_scale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>

namespace btrack::models {

LossScale::LossScale(at::Device device) {
  constexpr double kStart = 65536.0;
  const auto real = at::TensorOptions(device).dtype(at::kFloat);
  scale_ = at::full({1}, kStart, real);
  used_ = scale_.clone();
  found_ = at::zeros({1}, real);
  good_steps_ = at::zeros({1}, real.dtype(at::kInt));
}

at::Tensor LossScale::scaled(const at::Tensor& loss) const { return loss.mul(scale_[0]); }

void LossScale::check(at::TensorList gradients) {
  constexpr double kGrowth = 2.0;
  constexpr double kBackoff = 0.5;
  constexpr std::int64_t kInterval = 2000;
  const at::NoGradGuard no_grad;
  found_.zero_();
  // Multiplied by 1: the optimizer's kernel divides by `used` itself.
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, found_, at::ones_like(scale_));
  used_.copy_(scale_);
  at::_amp_update_scale_(scale_, good_steps_, found_, kGrowth, kBackoff, kInterval);
}

}  // namespace btrack::models
