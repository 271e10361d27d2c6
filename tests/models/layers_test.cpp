// SPDX-License-Identifier: Apache-2.0
// Layers against sums written out by hand, and the module tree around them.
#include "btrack/models/layers.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/lstm_cell.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <cmath>

namespace btrack::models {
namespace {

at::Generator seeded() { return at::detail::createCPUGenerator(1); }

/// A convolution with all weights 1 adds up the pixels of each window.
at::Tensor window_sums(ConvSpec spec, const at::Tensor& image) {
  const at::NoGradGuard no_grad;
  spec.in = spec.out = 1;
  spec.init = constant(1.0);
  Conv convolution(spec);
  convolution.materialise(at::kCPU, false, seeded());
  return convolution(image.view({1, 1, image.size(0), image.size(1)}))[0][0];
}

std::vector<double> values_of(const at::Tensor& tensor) {
  std::vector<double> values;
  const at::Tensor flat = tensor.reshape({-1});
  for (std::int64_t i = 0; i < flat.size(0); ++i) values.push_back(flat[i].item<double>());
  return values;
}

using Values = std::vector<double>;

TEST(Conv, PadsTheOddPixelAtTheEndAsTensorFlowDoes) {
  const at::Tensor row = at::arange(1, 5, at::kFloat).view({1, 4});  // 1 2 3 4
  // SAME, kernel 3, stride 2 on 4 pixels: one pixel is padded, and it goes to the right.
  EXPECT_EQ(values_of(window_sums({.kernel = {1, 3}, .stride = 2}, row)), (Values{6, 7}));
  EXPECT_EQ(
      values_of(window_sums({.kernel = {1, 3}, .stride = 2, .padding = Padding::symmetric}, row)),
      (Values{3, 9}));
  EXPECT_EQ(values_of(window_sums({.kernel = {1, 3}, .padding = Padding::valid}, row)),
            (Values{6, 9}));
  // An even kernel of stride 1 pads at the end, too.
  EXPECT_EQ(values_of(window_sums({.kernel = {1, 2}}, row)), (Values{3, 5, 7, 4}));
  EXPECT_EQ(values_of(window_sums({.kernel = {1, 3}, .dilation = 2}, row)), (Values{4, 6, 4, 6}));
}

TEST(Pooling, LeavesThePaddingOut) {
  const at::Tensor negative = at::arange(-4, 0, at::kFloat).view({1, 1, 1, 4}).expand({1, 1, 4, 4});
  EXPECT_EQ(values_of(max_pool(negative, 3, 2, Padding::same)[0][0][0]), (Values{-2, -1}))
      << "padding with zeros would win";
  const at::Tensor ones = at::ones({1, 1, 4, 4});
  EXPECT_TRUE(average_pool(ones, 3, 1, Padding::same).equal(ones));
  EXPECT_THROW(average_pool(ones, 3, 2, Padding::same), std::exception);
}

TEST(BatchNorm, UsesBatchStatisticsInTrainingOnlyWhereItMay) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({8, 2, 5, 5}, seeded()).mul_(3.0).add_(7.0);
  BatchNorm standard(2);
  BatchNorm faithful(2, {.scale = false, .batch_statistics = false});
  for (auto* norm : {&standard, &faithful}) norm->materialise(at::kCPU, false, seeded());
  EXPECT_NEAR(standard(x).mean().item<double>(), 0.0, 1e-4);
  EXPECT_TRUE(at::allclose(faithful(x), x, 1e-4)) << "running mean 0 and variance 1 change nothing";
  EXPECT_EQ(standard.values().size(), 4U);
  EXPECT_EQ(faithful.values().size(), 3U) << "no gamma";
  standard.eval();
  EXPECT_NEAR(standard(x).mean().item<double>(), (7.0 - 0.7) / std::sqrt(0.9 + 0.1 * 9.0), 0.2)
      << "a tenth of the way to the batch's statistics";
}

TEST(InstanceNorm, NormalisesEachImageByItself) {
  const at::NoGradGuard no_grad;
  InstanceNorm norm(2);
  norm.materialise(at::kCPU, false, seeded());
  const at::Tensor y = norm(at::randn({3, 2, 6, 6}, seeded()).mul_(4.0).add_(1.0));
  EXPECT_TRUE(at::allclose(y.mean({2, 3}), at::zeros_like(y.mean({2, 3})), 0.0, 1e-5));
}

class Nest final : public Module {
 public:
  Nest()
      : inner_(add<Linear>("inner", 3, 2)), own_(value("own", {4}, constant(2.0), Role::frozen)) {}
  Linear& inner_;
  at::Tensor& own_;
};

/// One step of one input 1: with weights of 0 the gates are sigmoid(bias), and the state from
/// before is kept by the forget gate alone, whose bias of 0 means 1.
TEST(Lstm, ForgetsWithTheBiasOne) {
  const at::NoGradGuard no_grad;
  Lstm lstm(1, 1);
  lstm.materialise(at::kCPU, false, seeded());
  for (const auto& [path, value] : lstm.values()) value->tensor.zero_();
  const auto weights = lstm.weights();
  const at::Tensor one = at::ones({1, 1});
  const auto [hidden, cell] =
      at::lstm_cell(one, {one, one}, weights[0], weights[1], weights[2], weights[3]);
  const double kept = 1.0 / (1.0 + std::exp(-1.0));
  EXPECT_NEAR(cell.item<double>(), kept, 1e-6);
  EXPECT_NEAR(hidden.item<double>(), 0.5 * std::tanh(kept), 1e-6);
}

TEST(Lstm, GivesASequenceWhatItsStepsGive) {
  const at::NoGradGuard no_grad;
  Lstm lstm(3, 4);
  lstm.materialise(at::kCPU, false, seeded());
  const auto weights = lstm.weights();
  const at::Tensor x = at::randn({2, 5, 3}, seeded());
  at::Tensor hidden = at::zeros({2, 4});
  at::Tensor cell = hidden;
  for (std::int64_t t = 0; t < x.size(1); ++t) {
    std::tie(hidden, cell) = at::lstm_cell(x.select(1, t), {hidden, cell}, weights[0], weights[1],
                                           weights[2], weights[3]);
  }
  EXPECT_TRUE(at::allclose(lstm(x).select(1, -1), hidden, 1e-4, 1e-6));
}

TEST(Module, KnowsItsTreeAndTakesMemoryOnlyWhenAsked) {
  Nest nest;
  EXPECT_TRUE(nest.inner_.weight().is_meta());
  nest.materialise(at::kCPU, false, seeded());
  std::vector<std::string> paths;
  for (const auto& [path, value] : nest.values()) paths.push_back(path);
  EXPECT_EQ(paths, (std::vector<std::string>{"own", "inner.weight", "inner.bias"}));
  EXPECT_EQ(nest.trainable().size(), 2U);
  EXPECT_EQ(nest.own_[3].item<float>(), 2.0F);
  EXPECT_FALSE(nest.own_.requires_grad());
  EXPECT_TRUE(nest.inner_.weight().requires_grad());
  EXPECT_LE(nest.inner_.weight().abs().max().item<double>(), 1.0 / std::sqrt(3.0));
  nest.eval();
  EXPECT_FALSE(nest.inner_.is_training());
}

}  // namespace
}  // namespace btrack::models
