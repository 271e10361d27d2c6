// SPDX-License-Identifier: Apache-2.0
// Targets, losses and right answers of every task.
#include "btrack/models/objective.hpp"

#include <ATen/core/Reduction.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>

namespace btrack::models {
namespace objectives {

constexpr double kPixelLimit = 256.0;

/// Answers in rows of one value per class.
at::Tensor rows_of_classes(const at::Tensor& output) {
  return output.dim() == 2 ? output : output.reshape({-1, output.size(-1)});
}

at::Tensor squared_error(const at::Tensor& output, const at::Tensor& target, Mode mode) {
  return at::mse_loss(output, target,
                      mode == Mode::faithful ? at::Reduction::Sum : at::Reduction::Mean);
}

at::Tensor class_loss(const at::Tensor& output, const at::Tensor& target, Mode mode) {
  const at::Tensor answers = rows_of_classes(output);
  const at::Tensor classes = target.reshape({-1});
  if (mode == Mode::standard) return at::cross_entropy_loss(answers, classes);
  const at::Tensor one_hot = at::zeros_like(answers).scatter_(1, classes.unsqueeze(1), 1.0);
  return squared_error(answers, one_hot, mode);
}

}  // namespace objectives

bool has_accuracy(const Objective& objective) {
  switch (objective.task) {
    case Task::segmentation:
    case Task::classification:
    case Task::language_model:
    case Task::masked_language_model:
    case Task::translation:
    case Task::node_classification:
    case Task::recommendation:
      return true;
    case Task::image_to_image:
    case Task::diffusion:
      return false;
  }
  return false;
}

bool loss_is_sum(const Objective& objective) {
  return objective.mode == Mode::faithful && objective.task != Task::recommendation;
}

at::Tensor loss_of(const Objective& objective, const at::Tensor& output, const at::Tensor& target) {
  // Losses are taken in full precision, whatever the network computed in.
  const at::Tensor answers = output.to(at::kFloat);
  if (objective.task == Task::recommendation) {
    return at::binary_cross_entropy_with_logits(answers.reshape({-1}), target);
  }
  if (objective.task == Task::diffusion) {  // channels after the latent's are a learned variance
    return objectives::squared_error(answers.narrow(1, 0, target.size(1)), target, objective.mode);
  }
  if (objective.task == Task::segmentation || !has_accuracy(objective)) {
    return objectives::squared_error(answers, target, objective.mode);
  }
  return objectives::class_loss(answers, target, objective.mode);
}

at::Tensor right_answers(const Objective& objective, const at::Tensor& output,
                         const at::Tensor& target) {
  const auto items = static_cast<double>(output.size(0));
  if (objective.task == Task::segmentation) {
    return output.argmax(1).eq(target.argmax(1)).to(at::kFloat).mean().mul_(items);
  }
  const at::Tensor answers = objective.task == Task::recommendation
                                 ? output.reshape({-1}).gt(0.0).to(target.scalar_type())
                                 : output.argmax(-1);
  const at::Tensor right = answers.eq(target).sum().to(at::kFloat);
  return right.div_(target.ne(kNoTarget).sum()).mul_(items);
}

at::Tensor synthetic_targets(const Selection& selected, at::TensorList inputs,
                             at::IntArrayRef output, const at::Generator& generator) {
  const at::Tensor& first = inputs[0];
  std::vector<std::int64_t> sizes = output.vec();
  sizes[0] = first.size(0);
  switch (selected.model->task) {
    case Task::image_to_image:
      if (first.sizes() == at::IntArrayRef(sizes)) return first;
      break;
    case Task::segmentation:
      break;
    case Task::language_model:
      return first.roll(-1, 1);
    case Task::diffusion:
      return at::randn(first.sizes(), generator);
    case Task::recommendation:
      return at::randint(0, 2, {sizes[0]}, generator, at::kFloat);
    case Task::classification:
    case Task::masked_language_model:
    case Task::translation:
    case Task::node_classification: {
      const std::int64_t classes = sizes.back();
      sizes.pop_back();
      return at::randint(0, classes, sizes, generator, at::kLong);
    }
  }
  return at::empty(sizes).uniform_(0.0, objectives::kPixelLimit, generator);
}

}  // namespace btrack::models
