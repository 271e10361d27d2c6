// SPDX-License-Identifier: Apache-2.0
// Data sets: what is loaded, how batches are handed out, and what is said about wrong folders.
#include "btrack/models/data.hpp"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

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

  Result<DataSet> load(std::string_view model = "cnn_s") {
    return load_data(selection_of(**find_model(model)), settings_, at::kCPU);
  }

  void expect_refused(ErrorKind kind, const std::string& words) {
    const auto data = load();
    ASSERT_FALSE(data) << words;
    EXPECT_EQ(data.error().kind, kind);
    EXPECT_NE(data.error().message.find(words), std::string::npos) << data.error().message;
    EXPECT_NE(data.error().remedy.find("dataset-fashion-mnist"), std::string::npos);
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

}  // namespace
}  // namespace btrack::models
