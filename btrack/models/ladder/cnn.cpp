// SPDX-License-Identifier: Apache-2.0
// Plain convolutional networks: LeNet-5 and the two CNN rungs of the ladder.
#include <ATen/ops/max_pool2d.h>

#include "btrack/models/families.hpp"
#include "btrack/models/ladder/inputs.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ladder {
namespace {

ConvSpec window(std::int64_t in, std::int64_t out, std::int64_t size, Padding padding) {
  return {.in = in,
          .out = out,
          .kernel = {size, size},
          .padding = padding,
          .init = default_uniform(in * size * size)};
}

/// Pooling and ReLU commute; this order leaves ReLU a quarter of the work.
at::Tensor pooled_relu(const at::Tensor& x) { return at::max_pool2d(x, 2).relu_(); }

/// LeCun et al. 1998, with ReLU and max-pooling as it is used today; padding 2 makes 28 into 32.
class LeNet5 final : public Network {
 public:
  LeNet5(const InputSpec& image, std::int64_t classes)
      : first_(add<Conv>("conv1", window(image.shape()[0], 6, 5,
                                         image.shape()[1] == 28 ? Padding::same : Padding::valid))),
        second_(add<Conv>("conv2", window(6, 16, 5, Padding::valid))),
        wide_(add<Linear>("fc1", 16 * 5 * 5, 120)),
        narrow_(add<Linear>("fc2", 120, 84)),
        last_(add<Linear>("fc3", 84, classes)) {}

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = pooled_relu(first_(inputs[0]));
    x = pooled_relu(second_(x));
    x = wide_(x.flatten(1)).relu_();
    return last_(narrow_(x).relu_());
  }

 private:
  Conv &first_, &second_;
  Linear &wide_, &narrow_, &last_;
};

/// Two 3x3 convolutions of 32 and 64 maps, each pooled, and a hidden layer of 128.
class CnnS final : public Network {
 public:
  CnnS(const InputSpec& image, std::int64_t classes)
      : first_(add<Conv>("conv1", window(image.shape()[0], 32, 3, Padding::same))),
        second_(add<Conv>("conv2", window(32, 64, 3, Padding::same))),
        hidden_(add<Linear>("fc1", 64 * (image.shape()[1] / 4) * (image.shape()[2] / 4), 128)),
        last_(add<Linear>("fc2", 128, classes)) {}

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = pooled_relu(first_(inputs[0]));
    x = pooled_relu(second_(x));
    return last_(hidden_(x.flatten(1)).relu_());
  }

 private:
  Conv &first_, &second_;
  Linear &hidden_, &last_;
};

/// Six 3x3 convolutions with batch normalisation: 2x32, 2x64, 2x128, global average at the end.
class CnnM final : public Network {
 public:
  CnnM(const InputSpec& image, std::int64_t classes) {
    std::int64_t channels = image.shape()[0];
    for (const std::int64_t width : {32, 32, 64, 64, 128, 128}) {
      layers_.push_back(&add<ConvNorm>("layer" + std::to_string(layers_.size()),
                                       window(channels, width, 3, Padding::same), NormSpec{},
                                       Activation::none));
      channels = width;
    }
    last_ = &add<Linear>("fc", channels, classes);
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = inputs[0];
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      x = (*layers_[i])(x);
      x = i == 1 || i == 3 ? pooled_relu(x) : x.relu_();
    }
    return (*last_)(x.mean({2, 3}));
  }

 private:
  std::vector<ConvNorm*> layers_;
  Linear* last_ = nullptr;
};

template <class Net>
NetworkPtr make(const Config& config) {
  return std::make_shared<Net>(config.inputs[0], config.classes);
}

constexpr Variant kLeNet5[] = {grey28(416'520), cifar(651'720, 62'006)};
constexpr Variant kCnnS[] = {grey28(4'241'152), cifar(6'128'896, 545'098)};
constexpr Variant kCnnM[] = {grey28(29'128'448), cifar(38'634'752, 288'746)};

constexpr Model kRows[] = {
    rung({.name = "lenet5",
          .family = "cnn",
          .size = {.parameters = 61'706},
          .variants = kLeNet5,
          .layout = Layout::channels_last,
          .defaults = {.learning_rate = 2e-3},
          .build = make<LeNet5>}),
    rung({.name = "cnn_s",
          .family = "cnn",
          .size = {.parameters = 421'642},
          .variants = kCnnS,
          .layout = Layout::channels_last,
          .defaults = {.learning_rate = 2e-3},
          .build = make<CnnS>}),
    rung({.name = "cnn_m",
          .family = "cnn",
          .size = {.parameters = 288'170, .statistics = 896},
          .variants = kCnnM,
          .layout = Layout::channels_last,
          .defaults = {.epochs = 3, .learning_rate = 2e-3},
          .build = make<CnnM>}),
};

}  // namespace

Rows cnn() { return kRows; }

}  // namespace btrack::models::ladder
