// SPDX-License-Identifier: Apache-2.0
// Blocks of branches, made from their tables.
#include "btrack/models/ai_benchmark/inception.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/softmax.h>

#include "btrack/models/ai_benchmark/defaults.hpp"

namespace btrack::models::ai_benchmark::inception {
namespace {

NormSpec norm_of(const Config& config) {
  return {.epsilon = 1e-3, .scale = false, .batch_statistics = !config.faithful()};
}

class Chain final : public Module {
 public:
  Chain(std::int64_t in, const Branch& steps, const Config& config) : width_(in) {
    for (const Step& step : steps) {
      Stage& stage = stages_.emplace_back(Stage{step.kind, {}});
      switch (step.kind) {
        case Step::Kind::convolution:
          stage.layers = {&layer(step, config)};
          width_ = config.width(step.width);
          break;
        case Step::Kind::fork:
          stage.layers = {&layer(row(3, step.width), config),
                          &layer(column(3, step.width), config)};
          width_ = 2 * config.width(step.width);
          break;
        case Step::Kind::average:
        case Step::Kind::maximum:
          break;
      }
    }
  }

  [[nodiscard]] std::int64_t width() const { return width_; }

  at::Tensor operator()(const at::Tensor& input) const {
    at::Tensor x = input;
    for (const auto& [kind, layers] : stages_) {
      switch (kind) {
        case Step::Kind::convolution:
          x = (*layers[0])(x);
          break;
        case Step::Kind::fork:
          x = at::cat({(*layers[0])(x), (*layers[1])(x)}, 1);
          break;
        case Step::Kind::average:
          x = average_pool(x, 3, 1, Padding::same);
          break;
        case Step::Kind::maximum:
          x = max_pool(x, 3, 2, Padding::valid);
          break;
      }
    }
    return x;
  }

 private:
  struct Stage {
    Step::Kind kind;
    std::vector<ConvNorm*> layers;
  };

  ConvNorm& layer(const Step& step, const Config& config) {
    const ConvSpec spec{.in = width_,
                        .out = config.width(step.width),
                        .kernel = step.kernel,
                        .stride = step.stride,
                        .padding = step.padding};
    return add<ConvNorm>("layer" + std::to_string(made_++), spec, norm_of(config));
  }

  std::int64_t width_;
  int made_ = 0;
  std::vector<Stage> stages_;
};

class Mixed final : public Module {
 public:
  Mixed(std::int64_t in, const Block& block, const Config& config)
      : residual_(block.residual), relu_(block.relu) {
    for (const auto& steps : block.branches) {
      branches_.push_back(
          &add<Chain>("branch" + std::to_string(branches_.size()), in, steps, config));
      width_ += branches_.back()->width();
    }
    if (residual_ == 0.0) return;
    back_ = &add<Conv>("back", ConvSpec{.in = width_, .out = in, .kernel = {1, 1}});
    width_ = in;
  }

  [[nodiscard]] std::int64_t width() const { return width_; }

  at::Tensor operator()(const at::Tensor& x) const {
    std::vector<at::Tensor> parts;
    parts.reserve(branches_.size());
    for (const auto* branch : branches_) parts.push_back((*branch)(x));
    const at::Tensor y = parts.size() == 1 ? parts[0] : at::cat(parts, 1);
    if (back_ == nullptr) return y;
    return activate(x.add((*back_)(y), residual_), relu_ ? Activation::relu : Activation::none);
  }

 private:
  std::vector<Chain*> branches_;
  Conv* back_ = nullptr;
  double residual_;
  bool relu_;
  std::int64_t width_ = 0;
};

class Inception final : public Network {
 public:
  Inception(const Config& config, const Plan& plan)
      : probabilities_(config.faithful()), head_window_(plan.head_window) {
    std::int64_t width = config.inputs[0].shape()[0];
    for (const auto& block : plan.blocks) {
      blocks_.push_back(
          &add<Mixed>("block" + std::to_string(blocks_.size()), width, block, config));
      width = blocks_.back()->width();
    }
    head_ = &add<Linear>("head", width, config.classes);
  }

  at::Tensor forward(at::TensorList inputs) override {
    at::Tensor x = centred(inputs[0]);
    for (const auto* block : blocks_) x = (*block)(x);
    if (head_window_ > 0) {
      x = average_pool(x, std::min(head_window_, x.size(2)), 2, Padding::valid);
    }
    x = (*head_)(x.mean({2, 3}));
    return probabilities_ ? at::softmax(x, -1) : x;
  }

 private:
  bool probabilities_;
  std::int64_t head_window_;
  std::vector<Mixed*> blocks_;
  Linear* head_ = nullptr;
};

}  // namespace

NetworkPtr make(const Config& config, const Plan& plan) {
  return std::make_shared<Inception>(config, plan);
}

Block stem() {
  return {{{halve(32), inside(3, 32), square(3, 64), kMaximum, inside(1, 80), inside(3, 192),
            kMaximum}}};
}

void repeat(Plan& plan, const Config& config, std::int64_t count, const Block& block) {
  plan.blocks.insert(plan.blocks.end(), static_cast<std::size_t>(config.depth(count)), block);
}

}  // namespace btrack::models::ai_benchmark::inception
