// SPDX-License-Identifier: Apache-2.0
// The training loop, the evaluation and the inference loop, without clock, protocol or energy.
#pragma once

#include <functional>
#include <optional>

#include "btrack/models/adamw.hpp"
#include "btrack/models/data.hpp"
#include "btrack/models/network.hpp"
#include "btrack/models/precision.hpp"
#include "btrack/models/team.hpp"

namespace btrack::models {

/// Told the items done after every batch; answers whether to go on.
using Advance = std::function<bool(std::int64_t items)>;

struct TrainPlan {
  std::int64_t batch = 128;
  std::int64_t epochs = 1;
  double learning_rate = 1e-3;
  double weight_decay = 0.01;
  Schedule schedule = Schedule::cosine;
  std::int64_t seed = 1;
  Precision precision = Precision::fp32;
  Team* team = nullptr;  ///< the ranks that train with us; `batch` is that of all together
};

class Trainer {
 public:
  Trainer(Network& network, const Split& train, const TrainPlan& plan);

  /// One pass over the training items in a fresh seeded order. The mean loss, nothing where
  /// `advance` asked to stop. The device may still be working when this returns, unless the loss
  /// has been looked at (it has been).
  std::optional<double> epoch(const Advance& advance);
  /// Leaves the gradients of the batch's loss in the parameters: of the whole batch, also where
  /// other ranks work on parts of it. Adds the loss of this rank's part to `sum`.
  void gradients(const at::Tensor& indices, at::Tensor& sum);

 private:
  [[nodiscard]] double learning_rate() const;

  Network& network_;
  const Split& train_;
  TrainPlan plan_;
  Batcher batcher_;
  AdamW optimizer_;
  std::optional<LossScale> scale_;  ///< float16 only
  at::Generator shuffler_;
  std::int64_t steps_done_ = 0;
  std::int64_t steps_total_;
};

/// A few steps and one evaluation, so that kernels, buffers and caches are made before the first
/// window; weights, statistics and the random state are as before afterwards.
void warm_up(Network& network, const DataSet& data, const TrainPlan& plan,
             std::int64_t infer_batch);

struct Evaluation {
  std::optional<double> accuracy;  ///< in [0, 1]; not of image to image
  double loss = 0.0;               ///< mean over the items
};

/// How evaluation and inference run.
struct InferPlan {
  std::int64_t batch = 256;
  Precision precision = Precision::fp32;
};
/// Nothing where `advance` asked to stop.
std::optional<Evaluation> evaluate(Network& network, const Split& test, const InferPlan& plan,
                                   const Advance& advance);

/// Runs full batches of test items, round and round, until `advance` says stop. Forward only.
void infer(Network& network, const Split& test, const InferPlan& plan, const Advance& advance);

}  // namespace btrack::models
