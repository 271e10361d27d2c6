// SPDX-License-Identifier: Apache-2.0
// What a task asks of a network: its targets, its loss, and when an answer is right.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <optional>

#include "btrack/models/selection.hpp"

namespace btrack::models {

struct Objective {
  Task task = Task::classification;
  Mode mode = Mode::standard;
};

/// A number: the mean over the batch, or, in mode faithful, AI Benchmark's sum of squared errors
/// over the batch (classes as one-hot vectors).
at::Tensor loss_of(const Objective& objective, const at::Tensor& output, const at::Tensor& target);
/// True where loss_of is a sum over the items of the batch, not their mean.
bool loss_is_sum(const Objective& objective);

/// A target that is not asked for: cross entropy passes over it, and so does the accuracy.
inline constexpr std::int64_t kNoTarget = -100;

/// True where the answer is one of several classes, so that there is an accuracy. Of a segmentation
/// the class of a pixel is its largest channel.
bool has_accuracy(const Objective& objective);
/// The share of right answers in the batch, times its items; a number on the output's device.
at::Tensor right_answers(const Objective& objective, const at::Tensor& output,
                         const at::Tensor& target);

/// Seeded targets for `items` samples. `output` are the sizes of one sample's output, with the
/// batch dimension of 1. May share the inputs' memory.
at::Tensor synthetic_targets(const Selection& selected, at::TensorList inputs,
                             at::IntArrayRef output, const at::Generator& generator);

}  // namespace btrack::models
