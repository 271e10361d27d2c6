// SPDX-License-Identifier: Apache-2.0
// AdamW with one fused kernel for all parameters.
#include "btrack/models/adamw.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <numbers>

namespace btrack::models {

AdamW::AdamW(std::vector<at::Tensor> parameters, double weight_decay)
    : parameters_(std::move(parameters)), weight_decay_(weight_decay) {
  for (const auto& parameter : parameters_) {
    first_.push_back(at::zeros_like(parameter));
    second_.push_back(at::zeros_like(parameter));
  }
  gradients_.resize(parameters_.size());
  // All parameters share one step counter; the kernel only reads it.
  if (!parameters_.empty()) {
    steps_.assign(parameters_.size(), at::zeros({}, parameters_[0].options().requires_grad(false)));
  }
}

void AdamW::step(double learning_rate, LossScale* scale) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    gradients_[i] = std::move(parameters_[i].mutable_grad());
    parameters_[i].mutable_grad().reset();
    if (!gradients_[i].defined()) gradients_[i] = at::zeros_like(parameters_[i]);
  }
  std::optional<at::Tensor> used, found;
  steps_[0].add_(1);
  if (scale != nullptr) {
    scale->check(gradients_);
    used = scale->used();
    found = scale->found();
    steps_[0].sub_(scale->found()[0]);  // a step that is left out does not count
  }
  at::_fused_adamw_(parameters_, gradients_, first_, second_, {}, steps_, learning_rate, 0.9, 0.999,
                    weight_decay_, 1e-8, /*amsgrad=*/false, /*maximize=*/false, used, found);
  for (auto& gradient : gradients_) gradient.reset();
}

double cosine_rate(double peak, std::int64_t step, std::int64_t total) {
  return 0.5 * peak *
         (1.0 +
          std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(total)));
}

}  // namespace btrack::models
