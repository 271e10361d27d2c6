// SPDX-License-Identifier: Apache-2.0
// Every model: exact size and multiply-adds, a falling loss, and the same result twice.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/conv.h>
#include <torch/utils.h>

#include <cmath>

#include "btrack/models/device.hpp"
#include "btrack/models/training.hpp"
#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

using testing::TemporaryFolder;
using testing::write_split;

constexpr auto kGoOn = [](std::int64_t) { return true; };

class EveryModel : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { set_threads(1); }
  const Model& model_ = **find_model(GetParam());
};

std::string name_of(const ::testing::TestParamInfo<std::string>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Catalogue, EveryModel, ::testing::ValuesIn(model_names()), name_of);

TEST_P(EveryModel, HasThePublishedSize) {
  const auto network = make_network(model_, 1, at::kCPU);
  EXPECT_EQ(count_parameters(*network), model_.parameters);
}

TEST_P(EveryModel, DoesTheComputedMultiplyAdds) {
  const auto network = make_network(model_, 1, at::kCPU);
  EXPECT_EQ(count_macs(*network, one_item(model_, at::kCPU)), model_.macs_per_item);
  EXPECT_TRUE(network->is_training()) << "counting leaves the mode as it was";
}

TEST_P(EveryModel, StartsFromItsSeed) {
  const auto first = make_network(model_, 7, at::kCPU)->parameters();
  const auto again = make_network(model_, 7, at::kCPU)->parameters();
  const auto other = make_network(model_, 8, at::kCPU)->parameters();
  EXPECT_TRUE(first[0].equal(again[0]));
  EXPECT_FALSE(first[0].equal(other[0]));
}

TEST_P(EveryModel, GivesTheSameAnswersOnItsInferencePath) {
  const auto network = make_network(model_, 1, at::kCPU);
  network->eval();
  auto inputs = one_item(model_, at::kCPU);
  inputs[0] = at::randn_like(inputs[0]);
  const auto plain = network->forward(inputs).detach();
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::allclose(network->forward(inputs), plain, 1e-4, 1e-5));
}

class Ladder : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { set_threads(1); }
  void SetUp() override {
    write_split(folder_.path(), "train", 96);
    write_split(folder_.path(), "t10k", 40);
    results::Settings settings;
    settings.data = folder_.path().string();
    data_ = load_data(model_, settings, at::kCPU).value();
    plan_ = {.batch = 32, .epochs = 2, .learning_rate = model_.defaults.learning_rate};
  }

  /// Losses of the epochs, then test loss and accuracy.
  std::vector<double> trained() {
    const auto network = make_network(model_, plan_.seed, at::kCPU);
    warm_up(*network, data_, plan_, 16);
    Trainer trainer(*network, data_.train, plan_);
    std::vector<double> numbers;
    for (int i = 0; i < plan_.epochs; ++i) numbers.push_back(trainer.epoch(kGoOn).value());
    const auto result = evaluate(*network, data_.test, 16, kGoOn).value();
    numbers.insert(numbers.end(), {result.loss, result.accuracy});
    return numbers;
  }

  const Model& model_ = **find_model(GetParam());
  TemporaryFolder folder_;
  DataSet data_;
  TrainPlan plan_;
};

std::vector<std::string> ladder() {
  std::vector<std::string> names;
  for (const auto& model : models()) {
    if (model.source == Source::fashion_mnist) names.emplace_back(model.name);
  }
  return names;
}
INSTANTIATE_TEST_SUITE_P(Catalogue, Ladder, ::testing::ValuesIn(ladder()), name_of);

TEST_P(Ladder, LearnsAndRepeatsItself) {
  const auto first = trained();
  EXPECT_LT(first[1], first[0]) << "the loss falls from one epoch to the next";
  EXPECT_EQ(trained(), first) << "same seed, same threads: the same bits";
}

TEST_P(Ladder, LossFallsInOneStep) {
  const auto network = make_network(model_, 1, at::kCPU);
  const Split few{slice_inputs(data_.train, 0, 32), data_.train.targets.narrow(0, 0, 32)};
  plan_.epochs = 8;
  plan_.learning_rate = 1e-3;
  Trainer trainer(*network, few, plan_);
  const double before = trainer.epoch(kGoOn).value();
  EXPECT_LT(trainer.epoch(kGoOn).value(), before);
}

TEST_P(Ladder, WarmUpChangesNothing) {
  const auto network = make_network(model_, 1, at::kCPU);
  std::vector<at::Tensor> before;
  for (const auto& value : network->parameters()) before.push_back(value.detach().clone());
  for (const auto& value : network->buffers()) before.push_back(value.clone());
  warm_up(*network, data_, plan_, 16);
  auto after = network->parameters();
  for (const auto& value : network->buffers()) after.push_back(value);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(after[i].equal(before[i])) << i;
}

TEST_P(Ladder, InferenceRunsFullBatchesUntilToldToStop) {
  const auto network = make_network(model_, 1, at::kCPU);
  std::int64_t items = 0;
  infer(*network, data_.test, 16, [&](std::int64_t done) { return (items = done) < 80; });
  EXPECT_EQ(items, 80);
}

/// The published update, one operator at a time.
struct ReferenceAdamW {
  explicit ReferenceAdamW(const at::Tensor& start)
      : value(start.detach().clone()),
        first(at::zeros_like(value)),
        second(at::zeros_like(value)) {}

  void step(const at::Tensor& gradient, int number) {
    value.mul_(1 - 0.01 * 0.1);
    first = 0.9 * first + 0.1 * gradient;
    second = 0.999 * second + 0.001 * gradient * gradient;
    const at::Tensor root = (second / (1 - std::pow(0.999, number))).sqrt();
    value.sub_(0.01 * (first / (1 - std::pow(0.9, number))) / (root + 1e-8));
  }

  at::Tensor value, first, second;
};

TEST(AdamW, FollowsItsFormulaForSeveralParameters) {
  std::vector<at::Tensor> parameters{at::randn({5, 3}), at::randn({7}), at::randn({})};
  std::vector<ReferenceAdamW> references(parameters.begin(), parameters.end());
  for (auto& parameter : parameters) parameter.set_requires_grad(true);
  AdamW optimizer(parameters, 0.1);
  for (int number = 1; number <= 3; ++number) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const at::Tensor gradient = at::randn_like(references[i].value);
      parameters[i].mutable_grad() = gradient.clone();
      references[i].step(gradient, number);
    }
    optimizer.step(0.01);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      EXPECT_TRUE(at::allclose(parameters[i].detach(), references[i].value, 1e-5, 1e-6)) << i;
      EXPECT_FALSE(parameters[i].grad().defined()) << "gradients are gone after the step";
    }
  }
}

TEST(CosineRate, FallsFromThePeakToZero) {
  EXPECT_DOUBLE_EQ(cosine_rate(2e-3, 0, 100), 2e-3);
  EXPECT_NEAR(cosine_rate(2e-3, 50, 100), 1e-3, 1e-12);
  EXPECT_NEAR(cosine_rate(2e-3, 100, 100), 0.0, 1e-12);
}

/// Operators that no row of today uses, checked before one does.
class Grouped final : public Network {
 public:
  Grouped() {
    strided_ = register_module(
        "a", torch::nn::Conv2d(
                 torch::nn::Conv2dOptions(4, 8, 3).stride(2).padding(1).groups(2).dilation(2)));
    up_ = register_module(
        "b", torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(8, 6, 2).stride(2)));
  }
  at::Tensor forward(at::TensorList inputs) override { return up_(strided_(inputs[0])); }

 private:
  torch::nn::Conv2d strided_{nullptr};
  torch::nn::ConvTranspose2d up_{nullptr};
};

TEST(CountMacs, KnowsStrideDilationGroupsAndTransposition) {
  Grouped network;
  // 9x9 -> 4x4 of 8 maps, each from 2 maps x 9 weights; then 4x4 x 8 maps x (6 maps x 4 weights).
  const std::int64_t expected = 16 * 8 * 2 * 9 + 16 * 8 * 6 * 4;
  EXPECT_EQ(count_macs(network, {at::randn({1, 4, 9, 9})}), expected);
}

}  // namespace
}  // namespace btrack::models
