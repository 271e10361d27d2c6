// SPDX-License-Identifier: Apache-2.0
// Training and test items, normalised and preloaded on the device.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/models/selection.hpp"

namespace btrack::models {

/// Items of one purpose; the first dimension of every tensor is the item.
struct Split {
  std::vector<at::Tensor> inputs;
  at::Tensor targets;
  [[nodiscard]] std::int64_t size() const { return targets.size(0); }
};

struct DataSet {
  Split train;
  Split test;
  bool has_truth = true;  ///< false: noise, on which accuracy means nothing
};

/// So many items, or fewer where their inputs would take more than 1 GiB; at least one.
std::int64_t items_that_fit(const Config& config, std::int64_t wanted);

/// The row's data set, or the files or the generated task that settings.data names. Pixels are
/// scaled by the mean and deviation of the training images. Errors name the file, and how to get
/// what is missing.
Result<DataSet> load_data(const Selection& selected, const results::Settings& settings,
                          at::Device device);

/// Hands out batches of a split in any order without an allocation per step.
class Batcher {
 public:
  Batcher(const Split& split, std::int64_t batch);

  /// The items at `indices` (int64, at most the batch size). What an earlier call gave is
  /// overwritten: one batch is in use at a time.
  void gather(const at::Tensor& indices);
  [[nodiscard]] at::TensorList inputs() const { return current_; }
  [[nodiscard]] const at::Tensor& targets() const { return current_targets_; }

 private:
  struct Lane {
    at::Tensor rows;    ///< the whole split, one row of contiguous memory per item
    at::Tensor buffer;  ///< one batch of rows
    std::vector<std::int64_t> sizes, strides;
  };
  static at::Tensor gather(Lane& lane, const at::Tensor& indices);

  std::vector<Lane> lanes_;  ///< the inputs, then the targets
  std::vector<at::Tensor> current_;
  at::Tensor current_targets_;
};

/// Items [begin, begin + count) of every input, without a copy.
std::vector<at::Tensor> slice_inputs(const Split& split, std::int64_t begin, std::int64_t count);

}  // namespace btrack::models
