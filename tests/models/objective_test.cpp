// SPDX-License-Identifier: Apache-2.0
// Losses of both modes against their formulas, and the targets of every task.
#include "btrack/models/objective.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

namespace btrack::models {
namespace {

double loss(Task task, Mode mode, const at::Tensor& output, const at::Tensor& target) {
  return loss_of({task, mode}, output, target).item<double>();
}

TEST(Loss, OfClassesIsCrossEntropyOrTheSquaresAgainstOneHot) {
  const at::Tensor output = at::tensor({1.0F, 2.0F, 0.0F, 3.0F}).view({2, 2});
  const at::Tensor target = at::tensor({0L, 1L});
  const double expected = 0.5 * (std::log1p(std::exp(1.0)) + std::log1p(std::exp(-3.0)));
  EXPECT_NEAR(loss(Task::classification, Mode::standard, output, target), expected, 1e-6);
  // (1-1)^2 + 2^2 + 0^2 + (3-1)^2, over the whole batch
  EXPECT_DOUBLE_EQ(loss(Task::classification, Mode::faithful, output, target), 8.0);
  EXPECT_DOUBLE_EQ(right_answers({Task::classification}, output, target).item<double>(), 1.0);
}

TEST(Loss, OfImagesIsTheMeanOrTheSumOfSquares) {
  const at::Tensor image = at::ones({2, 3, 4, 4});
  EXPECT_DOUBLE_EQ(loss(Task::image_to_image, Mode::standard, image * 3.0, image), 4.0);
  EXPECT_DOUBLE_EQ(loss(Task::segmentation, Mode::faithful, image * 3.0, image), 4.0 * 96);
  EXPECT_FALSE(has_accuracy({Task::image_to_image}));
}

TEST(Accuracy, OfASegmentationIsOverItsPixels) {
  // 2 pictures of 3 channels and 2 pixels; the second pixel of the first is wrong
  const at::Tensor target = at::tensor({255.0F, 0.0F, 0.0F, 255.0F, 0.0F, 0.0F,  //
                                        0.0F, 0.0F, 255.0F, 0.0F, 0.0F, 255.0F})
                                .view({2, 3, 1, 2});
  at::Tensor output = target.clone();
  output[0][2][0][1] = 300.0;
  EXPECT_DOUBLE_EQ(right_answers({Task::segmentation}, output, target).item<double>(), 1.5);
}

TEST(Loss, OfTokensIsOverAllTokens) {
  const at::Tensor output = at::randn({2, 3, 5});
  const at::Tensor target = output.argmax(-1);
  EXPECT_EQ(loss(Task::language_model, Mode::standard, output, target),
            loss(Task::classification, Mode::standard, output.view({6, 5}), target.view({6})));
  EXPECT_DOUBLE_EQ(right_answers({Task::language_model}, output, target).item<double>(), 2.0)
      << "all tokens of both sequences";
  at::Tensor half = target.clone();
  half.narrow(1, 0, 2).fill_(kNoTarget);
  EXPECT_DOUBLE_EQ(right_answers({Task::language_model}, output, half).item<double>(), 2.0);
  EXPECT_EQ(
      loss(Task::language_model, Mode::standard, output, half),
      loss(Task::language_model, Mode::standard, output.narrow(1, 2, 1), target.narrow(1, 2, 1)))
      << "what is not asked for counts in neither";
}

TEST(Loss, OfDiffusionLooksAtTheNoiseChannelsOnly) {
  const at::Tensor output = at::randn({2, 8, 4, 4});
  EXPECT_DOUBLE_EQ(loss(Task::diffusion, Mode::standard, output, output.narrow(1, 0, 4)), 0.0);
}

TEST(Loss, OfRecommendationIsBinaryCrossEntropy) {
  const at::Tensor output = at::tensor({0.0F, 2.0F}).view({2, 1});
  const at::Tensor target = at::tensor({1.0F, 1.0F});
  EXPECT_NEAR(loss(Task::recommendation, Mode::standard, output, target),
              0.5 * (std::log(2.0) + std::log1p(std::exp(-2.0))), 1e-6);
  EXPECT_DOUBLE_EQ(right_answers({Task::recommendation}, output, target).item<double>(), 1.0);
}

TEST(SyntheticTargets, FitTheTask) {
  Model model;
  const Selection selected{&model, nullptr, {}};
  const auto generator = at::detail::createCPUGenerator(1);
  const auto targets = [&](Task task, const at::Tensor& input, at::IntArrayRef output) {
    model.task = task;
    return synthetic_targets(selected, {input}, output, generator);
  };
  const at::Tensor image = at::randn({2, 3, 8, 8});
  EXPECT_TRUE(targets(Task::image_to_image, image, {1, 3, 8, 8}).is_same(image));
  EXPECT_EQ(targets(Task::segmentation, image, {1, 3, 2, 2}).sizes(),
            (at::IntArrayRef{2, 3, 2, 2}));
  EXPECT_EQ(targets(Task::classification, image, {1, 10}).sizes(), (at::IntArrayRef{2}));
  EXPECT_LT(targets(Task::classification, image, {1, 10}).max().item<int>(), 10);
  EXPECT_EQ(targets(Task::recommendation, image, {1, 1}).sizes(), (at::IntArrayRef{2}));
  EXPECT_EQ(targets(Task::diffusion, image, {1, 6, 8, 8}).sizes(), image.sizes());
  EXPECT_EQ(targets(Task::node_classification, image, {1, 7, 4}).sizes(), (at::IntArrayRef{2, 7}));
  const at::Tensor tokens = at::randint(0, 9, {2, 5}, at::kLong);
  EXPECT_TRUE(targets(Task::language_model, tokens, {1, 5, 9})
                  .narrow(1, 0, 4)
                  .equal(tokens.narrow(1, 1, 4)))
      << "the next token";
}

}  // namespace
}  // namespace btrack::models
