// SPDX-License-Identifier: Apache-2.0
// The loops of training and inference, the optimizer, and the counting of multiply-adds.
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <cmath>

#include "btrack/models/device.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/shapes.hpp"
#include "btrack/models/training.hpp"
#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

using testing::TemporaryFolder;
using testing::write_split;

constexpr auto kGoOn = [](std::int64_t) { return true; };

class Ladder : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { set_threads(1); }
  void SetUp() override {
    write_split(folder_.path(), "train", 96);
    write_split(folder_.path(), "t10k", 40);
    results::Settings settings;
    settings.data = folder_.path().string();
    data_ = load_data(selected_, settings, at::kCPU).value();
    plan_ = {.batch = 32, .epochs = 2, .learning_rate = model_.defaults.learning_rate};
  }

  /// Losses of the epochs, then test loss and accuracy.
  std::vector<double> trained() {
    const auto network = make_network(selected_, plan_.seed, at::kCPU);
    warm_up(*network, data_, plan_, 16);
    Trainer trainer(*network, data_.train, plan_);
    std::vector<double> numbers;
    for (int i = 0; i < plan_.epochs; ++i) numbers.push_back(trainer.epoch(kGoOn).value());
    const auto result = evaluate(*network, data_.test, {.batch = 16}, kGoOn).value();
    numbers.insert(numbers.end(), {result.loss, result.accuracy.value()});
    return numbers;
  }

  const Model& model_ = **find_model(GetParam());
  const Selection selected_ = selection_of(model_);
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
std::string name_of(const ::testing::TestParamInfo<std::string>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Catalogue, Ladder, ::testing::ValuesIn(ladder()), name_of);

TEST_P(Ladder, LearnsAndRepeatsItself) {
  const auto first = trained();
  EXPECT_LT(first[1], first[0]) << "the loss falls from one epoch to the next";
  EXPECT_EQ(trained(), first) << "same seed, same threads: the same bits";
}

TEST_P(Ladder, LossFallsInOneStep) {
  const auto network = make_network(selected_, 1, at::kCPU);
  const Split few{slice_inputs(data_.train, 0, 32), data_.train.targets.narrow(0, 0, 32)};
  plan_.epochs = 8;
  plan_.learning_rate = 1e-3;
  Trainer trainer(*network, few, plan_);
  const double before = trainer.epoch(kGoOn).value();
  EXPECT_LT(trainer.epoch(kGoOn).value(), before);
}

TEST_P(Ladder, WarmUpChangesNothing) {
  const auto network = make_network(selected_, 1, at::kCPU);
  std::vector<at::Tensor> before;
  for (const auto& [path, value] : network->values()) {
    before.push_back(value->tensor.detach().clone());
  }
  warm_up(*network, data_, plan_, 16);
  const auto after = network->values();
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(after[i].second->tensor.equal(before[i])) << after[i].first;
  }
}

TEST_P(Ladder, InferenceRunsFullBatchesUntilToldToStop) {
  const auto network = make_network(selected_, 1, at::kCPU);
  std::int64_t items = 0;
  infer(*network, data_.test, {.batch = 16},
        [&](std::int64_t done) { return (items = done) < 80; });
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

TEST(LossScale, CancelsOutAndLeavesOutAStepThatIsNotFinite) {
  std::vector<at::Tensor> parameters{at::randn({5, 3})};
  ReferenceAdamW reference(parameters[0]);
  parameters[0].set_requires_grad(true);
  AdamW optimizer(parameters, 0.1);
  LossScale scale(at::kCPU);
  const at::Tensor gradient = at::randn({5, 3});
  const auto step = [&](const at::Tensor& scaled) {
    parameters[0].mutable_grad() = scaled.clone();
    optimizer.step(0.01, &scale);
  };
  step(gradient * 65536.0);
  reference.step(gradient, 1);
  EXPECT_TRUE(at::allclose(parameters[0].detach(), reference.value, 1e-5, 1e-6));

  step(gradient / 0.0);
  EXPECT_TRUE(at::allclose(parameters[0].detach(), reference.value, 1e-5, 1e-6));
  EXPECT_EQ(scale.scaled(at::ones({})).item<float>(), 32768.0F) << "halved";

  step(gradient * 32768.0);
  reference.step(gradient, 2);
  EXPECT_TRUE(at::allclose(parameters[0].detach(), reference.value, 1e-5, 1e-6));
}

TEST(CosineRate, FallsFromThePeakToZero) {
  EXPECT_DOUBLE_EQ(cosine_rate(2e-3, 0, 100), 2e-3);
  EXPECT_NEAR(cosine_rate(2e-3, 50, 100), 1e-3, 1e-12);
  EXPECT_NEAR(cosine_rate(2e-3, 100, 100), 0.0, 1e-12);
}

/// Operators whose count depends on more than the sizes of input and output.
class Grouped final : public Network {
 public:
  Grouped()
      : strided_(add<Conv>("a", ConvSpec{.in = 4,
                                         .out = 8,
                                         .stride = 2,
                                         .padding = Padding::valid,
                                         .dilation = 2,
                                         .groups = 2})),
        up_(add<ConvTranspose>("b", 8, 6, 2, 2)) {}
  at::Tensor forward(at::TensorList inputs) override { return up_(strided_(inputs[0])); }

 private:
  Conv& strided_;
  ConvTranspose& up_;
};

TEST(CountMacs, KnowsStrideDilationGroupsAndTransposition) {
  complete_meta_device();
  Grouped network;
  // 11x11 -> 4x4 of 8 maps, each from 2 maps x 9 weights; then 4x4 x 8 maps x (6 maps x 4 weights).
  const std::int64_t expected = 16 * 8 * 2 * 9 + 16 * 8 * 6 * 4;
  EXPECT_EQ(count_macs(network, {at::empty({1, 4, 11, 11}, at::kMeta)}), expected);
}

}  // namespace
}  // namespace btrack::models
