// SPDX-License-Identifier: Apache-2.0
// Weights to a file and back, and files that are not this network's.
#include "btrack/models/weights.hpp"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

class Weights : public ::testing::Test {
 protected:
  static NetworkPtr network(std::int64_t seed) {
    const Model* model = find_model("cnn_m").value();
    return make_network(selection_of(*model, Scale::tiny), seed, at::kCPU);
  }
  /// The error of loading what `change` makes of a network's own weights.
  template <class Change>
  std::string complaint(const Change& change) {
    NamedTensors tensors = weights_of(*network(1));
    change(tensors);
    EXPECT_TRUE(save_tensors(tensors, file_));
    const auto loaded = load_weights(*network(2), file_);
    if (loaded) return "accepted";
    EXPECT_EQ(loaded.error().kind, ErrorKind::malformed);
    EXPECT_TRUE(loaded.error().message.starts_with(file_.string() + ": "));
    return loaded.error().message.substr(file_.string().size() + 2);
  }

  testing::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "w.safetensors";
};

TEST_F(Weights, ComeBackAsTheyWere) {
  const NetworkPtr first = network(1);
  const NetworkPtr second = network(2);
  ASSERT_TRUE(save_tensors(weights_of(*first), file_));
  ASSERT_TRUE(load_weights(*second, file_));
  const NamedTensors expected = weights_of(*first);
  const NamedTensors actual = weights_of(*second);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_TRUE(at::equal(actual[i].second, expected[i].second)) << actual[i].first;
    EXPECT_EQ(actual[i].second.requires_grad(), expected[i].second.requires_grad());
    EXPECT_EQ(actual[i].second.strides(), expected[i].second.strides()) << "the memory order stays";
  }
}

TEST_F(Weights, OfLessPrecisionAreConverted) {
  const auto to = [](at::ScalarType type) {
    return [type](NamedTensors& tensors) {
      for (auto& [name, tensor] : tensors) tensor = tensor.to(type);
    };
  };
  EXPECT_EQ(complaint(to(at::kHalf)), "accepted");
  EXPECT_EQ(complaint(to(at::kBFloat16)), "accepted");
  EXPECT_EQ(complaint(to(at::kDouble)), "accepted");
  EXPECT_NE(complaint(to(at::kLong)).find("is I64, and weights are F64, F32, F16 or BF16"),
            std::string::npos);
}

TEST_F(Weights, OfAnotherNetworkAreRefused) {
  const std::string last = weights_of(*network(1)).back().first;
  EXPECT_NE(complaint([](NamedTensors& t) { t.pop_back(); }).find("no tensor '" + last + "'"),
            std::string::npos);
  EXPECT_EQ(complaint([](NamedTensors& t) { t.emplace_back("extra", at::ones({2})); }),
            "the model has no tensor 'extra'");
  EXPECT_NE(complaint([](NamedTensors& t) {
              t.back().second = at::ones({3, 3});
            }).find("tensor '" + last + "' has shape [3, 3], and the model's has ["),
            std::string::npos);
}

}  // namespace
}  // namespace btrack::models
