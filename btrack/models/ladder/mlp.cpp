// SPDX-License-Identifier: Apache-2.0
// Fully connected networks: softmax regression and perceptrons with ReLU.
#include "btrack/models/families.hpp"
#include "btrack/models/ladder/inputs.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ladder {
namespace {

class Perceptron final : public Network {
 public:
  Perceptron(std::int64_t inputs, std::vector<std::int64_t> widths, std::int64_t classes) {
    widths.push_back(classes);
    for (const auto width : widths) {
      layers_.push_back(&add<Linear>("layer" + std::to_string(layers_.size()), inputs, width));
      inputs = width;
    }
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = (*layers_[0])(inputs[0].flatten(1));
    for (std::size_t i = 1; i < layers_.size(); ++i) x = (*layers_[i])(x.relu_());
    return x;
  }

 private:
  std::vector<Linear*> layers_;
};

NetworkPtr make(const Config& config, std::vector<std::int64_t> widths) {
  std::int64_t values = 1;
  for (const auto size : config.inputs[0].shape()) values *= size;
  return std::make_shared<Perceptron>(values, std::move(widths), config.classes);
}

NetworkPtr softmax(const Config& config) { return make(config, {}); }
NetworkPtr mlp_64(const Config& config) { return make(config, {64}); }
NetworkPtr mlp_512_256(const Config& config) { return make(config, {512, 256}); }

constexpr Variant kSoftmax[] = {grey28(7'840), digits(640, 650), cifar(30'720, 30'730)};
constexpr Variant kMlp64[] = {grey28(50'816), digits(4'736, 4'810), cifar(197'248, 197'322)};
constexpr Variant kMlp512[] = {grey28(535'040), digits(166'400, 167'178),
                               cifar(1'706'496, 1'707'274)};

constexpr Model kRows[] = {
    rung({.name = "softmax",
          .family = "linear",
          .size = {.parameters = 7'850},
          .variants = kSoftmax,
          .defaults = {.learning_rate = 2e-3},
          .build = softmax}),
    rung({.name = "mlp_64",
          .family = "mlp",
          .size = {.parameters = 50'890},
          .variants = kMlp64,
          .defaults = {.learning_rate = 2e-3},
          .build = mlp_64}),
    rung({.name = "mlp_512_256",
          .family = "mlp",
          .size = {.parameters = 535'818},
          .variants = kMlp512,
          .defaults = {.learning_rate = 1e-3},
          .build = mlp_512_256}),
};

}  // namespace

Rows mlp() { return kRows; }

}  // namespace btrack::models::ladder
