// SPDX-License-Identifier: Apache-2.0
// The training loop, the evaluation and the inference loop.
#include "btrack/models/training.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace btrack::models {
namespace loops {

std::int64_t batches_of(std::int64_t items, std::int64_t batch) {
  return (items + batch - 1) / batch;
}

/// Every value that a training step changes.
std::vector<at::Tensor> state_of(Network& network) {
  std::vector<at::Tensor> state;
  for (const auto& [path, value] : network.values()) state.push_back(value->tensor);
  return state;
}

/// What a batch adds to the sum over the items.
double weight_of(const Network& network, std::int64_t count) {
  return loss_is_sum(network.objective()) ? 1.0 : static_cast<double>(count);
}

/// The most items that this rank works on in one step.
std::int64_t rank_batch(const TrainPlan& plan) {
  return plan.team != nullptr ? batches_of(plan.batch, plan.team->ranks().size) : plan.batch;
}

/// Gradients that a part of the batch did not touch are zeros: the ranks' sums need them all.
std::vector<at::Tensor> gradients_of(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : parameters) {
    at::Tensor& gradient = parameter.mutable_grad();
    if (!gradient.defined()) gradient = at::zeros_like(parameter);
    gradients.push_back(gradient);
  }
  return gradients;
}

constexpr std::int64_t kWarmUpSteps = 3;

/// The first steps of an epoch, and one of the odd size that ends it.
std::int64_t warm_up_items(std::int64_t items, std::int64_t batch) {
  return std::min(items, kWarmUpSteps * batch + items % batch);
}

}  // namespace loops

Trainer::Trainer(Network& network, const Split& train, const TrainPlan& plan)
    : network_(network),
      train_(train),
      plan_(plan),
      batcher_(train, std::min(loops::rank_batch(plan), train.size())),
      optimizer_(network.trainable(), plan.weight_decay),
      shuffler_(at::detail::createCPUGenerator(static_cast<std::uint64_t>(plan.seed))),
      steps_total_(plan.epochs * loops::batches_of(train.size(), plan.batch)) {
  if (plan.precision == Precision::fp16) scale_.emplace(train.targets.device());
}

void Trainer::gradients(const at::Tensor& indices, at::Tensor& sum) {
  Team* team = plan_.team;
  const Share own = team != nullptr ? team->share(indices.size(0)) : Share{0, indices.size(0)};
  if (own.count > 0) {
    batcher_.gather(indices.narrow(0, own.begin, own.count));
    at::Tensor loss;
    {
      const Autocast autocast(plan_.precision, batcher_.targets().device());
      loss = network_.loss(network_.forward(batcher_.inputs()), batcher_.targets());
    }
    sum.add_(loss.detach(), loops::weight_of(network_, own.count));  // on the device: no wait
    // A mean over a part weighs as much as the part, so that the sum over the ranks is the whole's.
    if (own.count < indices.size(0) && !loss_is_sum(network_.objective())) {
      loss = loss.mul(static_cast<double>(own.count) / static_cast<double>(indices.size(0)));
    }
    (scale_ ? scale_->scaled(loss) : loss).backward();
  }
  if (team != nullptr) team->add_up(loops::gradients_of(network_.trainable()));
}

double Trainer::learning_rate() const {
  if (plan_.schedule == Schedule::constant) return plan_.learning_rate;
  return cosine_rate(plan_.learning_rate, steps_done_, steps_total_);
}

std::optional<double> Trainer::epoch(const Advance& advance) {
  network_.train();
  const std::int64_t items = train_.size();
  const auto order = at::randperm(items, shuffler_, at::kLong).to(train_.targets.device());
  at::Tensor total = at::zeros({}, train_.targets.options().dtype(at::kFloat));
  for (std::int64_t begin = 0; begin < items; begin += plan_.batch) {
    const std::int64_t count = std::min(plan_.batch, items - begin);
    gradients(order.narrow(0, begin, count), total);
    optimizer_.step(learning_rate(), scale_ ? &*scale_ : nullptr);
    ++steps_done_;
    if (!advance(begin + count)) return std::nullopt;
  }
  if (plan_.team != nullptr) plan_.team->add_up({total});
  return total.item<double>() / static_cast<double>(items);
}

void warm_up(Network& network, const DataSet& data, const TrainPlan& plan,
             std::int64_t infer_batch) {
  const auto state = loops::state_of(network);
  std::vector<at::Tensor> saved;
  for (const auto& tensor : state) saved.push_back(tensor.detach().clone());

  const std::int64_t items = loops::warm_up_items(data.train.size(), plan.batch);
  const Split few{slice_inputs(data.train, 0, items), data.train.targets.narrow(0, 0, items)};
  Trainer(network, few, plan).epoch([](std::int64_t) { return true; });
  const std::int64_t tests =
      std::min(data.test.size(), infer_batch + data.test.size() % infer_batch);
  if (plan.team == nullptr || plan.team->ranks().first()) {
    evaluate(network, {slice_inputs(data.test, 0, tests), data.test.targets.narrow(0, 0, tests)},
             {infer_batch, plan.precision}, [](std::int64_t) { return true; });
  }

  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < state.size(); ++i) state[i].copy_(saved[i]);
  // Ranks draw different numbers, for dropout say, as different items of one batch do.
  const int rank = plan.team != nullptr ? plan.team->ranks().rank : 0;
  at::manual_seed(static_cast<std::uint64_t>(plan.seed + rank));
}

std::optional<Evaluation> evaluate(Network& network, const Split& test, const InferPlan& plan,
                                   const Advance& advance) {
  const c10::InferenceMode inference;
  const Autocast autocast(plan.precision, test.targets.device());
  network.eval();
  const Objective& objective = network.objective();
  const std::int64_t items = test.size();
  at::Tensor correct = at::zeros({}, test.targets.options().dtype(at::kFloat));
  at::Tensor total = at::zeros_like(correct);
  for (std::int64_t begin = 0; begin < items; begin += plan.batch) {
    const std::int64_t count = std::min(plan.batch, items - begin);
    const at::Tensor target = test.targets.narrow(0, begin, count);
    const at::Tensor output = network.forward(slice_inputs(test, begin, count));
    if (has_accuracy(objective)) correct.add_(right_answers(objective, output, target));
    total.add_(network.loss(output, target), loops::weight_of(network, count));
    if (!advance(begin + count)) return std::nullopt;
  }
  Evaluation result{std::nullopt, total.item<double>() / static_cast<double>(items)};
  if (has_accuracy(objective)) {
    result.accuracy = correct.item<double>() / static_cast<double>(items);
  }
  return result;
}

void infer(Network& network, const Split& test, const InferPlan& plan, const Advance& advance) {
  const c10::InferenceMode inference;
  const Autocast autocast(plan.precision, test.targets.device());
  network.eval();
  const std::int64_t batch = std::min(plan.batch, test.size());
  std::vector<std::vector<at::Tensor>> batches;
  for (std::int64_t begin = 0; begin + batch <= test.size(); begin += batch) {
    batches.push_back(slice_inputs(test, begin, batch));
  }
  std::int64_t done = 0;
  for (std::size_t i = 0;; i = (i + 1) % batches.size()) {
    network.forward(batches[i]);
    done += batch;
    if (!advance(done)) return;
  }
}

}  // namespace btrack::models
