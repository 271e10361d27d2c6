// SPDX-License-Identifier: Apache-2.0
// Data sets: what is loaded, how batches are handed out, and what is said about wrong folders.
#include "btrack/models/data.hpp"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

using testing::idx_bytes;
using testing::TemporaryFolder;
using testing::write_raw;
using testing::write_split;

class Data : public ::testing::Test {
 protected:
  void SetUp() override {
    write_split(folder_.path(), "train", 50);
    write_split(folder_.path(), "t10k", 20);
    settings_.data = folder_.path().string();
  }

  Result<DataSet> load(std::string_view model = "cnn_s", std::string_view variant = {}) {
    settings_.workload = model;
    settings_.variant = variant;
    settings_.phases = {"train"};
    const auto selected = select(settings_);
    if (!selected) return fail(selected.error());
    return load_data(*selected, settings_, at::kCPU);
  }

  void expect_refused(ErrorKind kind, const std::string& words, std::string_view model = "cnn_s",
                      std::string_view variant = {}) {
    const auto data = load(model, variant);
    ASSERT_FALSE(data) << words;
    EXPECT_EQ(data.error().kind, kind);
    EXPECT_NE(data.error().message.find(words), std::string::npos) << data.error().message;
    EXPECT_FALSE(data.error().remedy.empty());
  }

  TemporaryFolder folder_;
  results::Settings settings_;
};

TEST_F(Data, IsNormalisedByTheTrainingImages) {
  const auto data = load();
  ASSERT_TRUE(data) << data.error().message;
  EXPECT_EQ(data->train.inputs[0].sizes(), (at::IntArrayRef{50, 1, 28, 28}));
  EXPECT_EQ(data->test.size(), 20);
  EXPECT_NEAR(data->train.inputs[0].mean().item<double>(), 0.0, 1e-4);
  EXPECT_NEAR(data->train.inputs[0].std().item<double>(), 1.0, 1e-4);
  EXPECT_EQ(data->train.targets[13].item<int>(), 3);
}

TEST_F(Data, BatchesHoldTheItemsAsked) {
  const auto data = load();
  ASSERT_TRUE(data);
  Batcher batcher(data->train, 4);
  for (const auto& wanted : {at::tensor({7L, 0L, 49L, 7L}), at::tensor({3L, 2L})}) {
    batcher.gather(wanted);
    EXPECT_TRUE(at::equal(batcher.inputs()[0], data->train.inputs[0].index_select(0, wanted)));
    EXPECT_TRUE(at::equal(batcher.targets(), data->train.targets.index_select(0, wanted)));
  }
}

TEST_F(Data, BatchesKeepTheMemoryOrder) {
  settings_.batch = 2;
  settings_.infer_batch = 1;
  settings_.data.clear();
  const auto data = load("resnet50");
  ASSERT_TRUE(data);
  EXPECT_FALSE(data->has_truth);
  EXPECT_EQ(data->train.size(), 16);
  Batcher batcher(data->train, 2);
  const auto wanted = at::tensor({9L, 1L});
  batcher.gather(wanted);
  EXPECT_TRUE(batcher.inputs()[0].is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(at::equal(batcher.inputs()[0], data->train.inputs[0].index_select(0, wanted)));
}

TEST_F(Data, SaysWhatIsMissing) {
  settings_.data = (folder_.path() / "absent").string();
  expect_refused(ErrorKind::not_found, "absent/train-images-idx3-ubyte[.gz]");
}

TEST_F(Data, RefusesLabelsOutsideTheClasses) {
  write_raw(folder_.path() / "t10k-labels-idx1-ubyte",
            idx_bytes(0x08, {20}, std::string(19, '\1').append(1, '\x0A')));
  expect_refused(ErrorKind::malformed, "label 10 is outside 0..9");
}

TEST_F(Data, RefusesAnotherNumberOfLabels) {
  write_raw(folder_.path() / "train-labels-idx1-ubyte", idx_bytes(0x08, {3}, "\1\1\1"));
  expect_refused(ErrorKind::malformed, "3 labels for 50 images");
}

TEST_F(Data, RefusesImagesOfAnotherSize) {
  write_raw(folder_.path() / "train-images-idx3-ubyte", idx_bytes(0x08, {1, 2, 2}, "abcd"));
  expect_refused(ErrorKind::malformed, "items of 1x2x2 where the model takes items of 1x28x28");
}

/// 20 rows of 64 values; the label is the row's first value.
std::string table(const std::string& last_label = "1") {
  std::string text;
  for (int row = 0; row < 20; ++row) {
    text += std::to_string(row % 2);
    for (int i = 1; i < 64; ++i) text += ",0.5";
    text += ',' + (row == 19 ? last_label : std::to_string(row % 2)) + '\n';
  }
  return text;
}

TEST_F(Data, TablesKeepTheLastFifthForTheTest) {
  settings_.data = (folder_.path() / "digits.csv").string();
  write_raw(settings_.data, table());
  const auto data = load("softmax", "digits");
  ASSERT_TRUE(data) << data.error().message;
  EXPECT_EQ(data->train.inputs[0].sizes(), (at::IntArrayRef{16, 1, 8, 8}));
  EXPECT_EQ(data->test.size(), 4);
  EXPECT_TRUE(data->has_truth);
  const float spread = std::sqrt(16.0F / 15.0F) / 2;  // of eight zeros and eight ones, n - 1
  EXPECT_FLOAT_EQ(data->train.inputs[0][1].view({-1})[0].item<float>(), 0.5F / spread);
  EXPECT_FLOAT_EQ(data->train.inputs[0][1].view({-1})[9].item<float>(), 0.0F);  // a constant column
}

TEST_F(Data, TablesThatCannotBeLearned) {
  settings_.data = (folder_.path() / "digits.csv").string();
  expect_refused(ErrorKind::not_found, "digits.csv", "softmax", "digits");
  write_raw(settings_.data, table("2"));
  expect_refused(ErrorKind::malformed, "a class is only among the last 4 rows", "softmax",
                 "digits");
  expect_refused(ErrorKind::malformed, "64 values a row where the model takes 784", "softmax");
  write_raw(settings_.data, table("10"));
  expect_refused(ErrorKind::malformed, "label 10 is outside 0..9", "softmax", "digits");
}

TEST_F(Data, CifarAndThePixelsOfAModelThatScalesThemItself) {
  for (const char* file : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                           "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"}) {
    write_raw(folder_.path() / file,
              std::string("\x03") + std::string(1024, '\xFF') + std::string(2048, '\x10'));
  }
  const auto scaled = load("cnn_s", "cifar");
  ASSERT_TRUE(scaled) << scaled.error().message;
  EXPECT_EQ(scaled->train.inputs[0].sizes(), (at::IntArrayRef{5, 3, 32, 32}));
  EXPECT_NEAR(scaled->train.inputs[0].mean().item<double>(), 0.0, 1e-4);
  expect_refused(ErrorKind::malformed, "items of 3x32x32 where the model takes items of 3x224x224",
                 "vgg16");
}

TEST_F(Data, OtherTasksHaveNoFiles) {
  expect_refused(ErrorKind::unsupported, "cannot be trained on files: its task is image_to_image",
                 "srcnn_955");
}

}  // namespace
}  // namespace btrack::models
