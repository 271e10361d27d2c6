// SPDX-License-Identifier: Apache-2.0
// The layers that networks share. Images are N x C x H x W; call a layer as `layer(x)`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "btrack/models/module.hpp"

namespace btrack::models {

/// Height and width.
using Pair = std::array<std::int64_t, 2>;

/// Pixels added around an image before a window slides over it.
enum class Padding {
  same,       ///< TensorFlow's SAME: ceil(size / stride) positions, an odd pixel goes last
  valid,      ///< none
  symmetric,  ///< PyTorch's habit: dilation * (kernel - 1) / 2 on every side
};

enum class Activation { none, relu, relu6, leaky_relu };  // the last with slope 0.2
/// In place.
at::Tensor activate(at::Tensor x, Activation activation);

/// y = x W^T + b.
class Linear final : public Module {
 public:
  Linear(std::int64_t in, std::int64_t out, bool bias = true);
  Linear(std::int64_t in, std::int64_t out, Init weight, std::optional<Init> bias);
  at::Tensor operator()(const at::Tensor& x) const;
  [[nodiscard]] const at::Tensor& weight() const { return weight_; }
  [[nodiscard]] const at::Tensor& bias() const { return bias_; }

 private:
  at::Tensor& weight_;
  at::Tensor none_;  // what bias_ means where there is none
  at::Tensor& bias_;
};

struct ConvSpec {
  std::int64_t in = 0;
  std::int64_t out = 0;
  Pair kernel{3, 3};
  std::int64_t stride = 1;
  Padding padding = Padding::same;
  std::int64_t dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
  Role role = Role::parameter;
  std::optional<Init> init = std::nullopt;  ///< of the weight; otherwise he_normal of the fan-in
};

class Conv final : public Module {
 public:
  explicit Conv(const ConvSpec& spec);
  at::Tensor operator()(const at::Tensor& x) const;
  [[nodiscard]] const ConvSpec& spec() const { return spec_; }
  /// The same convolution with another weight, such as a normalised one.
  [[nodiscard]] at::Tensor with_weight(const at::Tensor& x, const at::Tensor& weight) const;
  [[nodiscard]] const at::Tensor& weight() const { return weight_; }

 private:
  ConvSpec spec_;
  at::Tensor& weight_;
  at::Tensor none_;
  at::Tensor& bias_;
};

/// Transposed convolution without padding: size becomes (size - 1) * stride + kernel.
class ConvTranspose final : public Module {
 public:
  ConvTranspose(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  std::int64_t stride_;
  at::Tensor& weight_;
  at::Tensor& bias_;
};

struct NormSpec {
  double epsilon = 1e-5;
  bool scale = true;  ///< false: no gamma
  /// False: normalises by the running statistics in training, too, as AI Benchmark does.
  bool batch_statistics = true;
  Role role = Role::parameter;  ///< of gamma and beta
};

/// Over batch, height and width; the running statistics follow with momentum 0.1.
class BatchNorm final : public Module {
 public:
  explicit BatchNorm(std::int64_t width, const NormSpec& spec = {});
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  NormSpec spec_;
  at::Tensor none_;
  at::Tensor& gamma_;
  at::Tensor& beta_;
  at::Tensor& mean_;
  at::Tensor& variance_;
};

/// Each image and channel by itself, over height and width, with scale and shift.
class InstanceNorm final : public Module {
 public:
  explicit InstanceNorm(std::int64_t width, double epsilon = 1e-5);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  double epsilon_;
  at::Tensor& gamma_;
  at::Tensor& beta_;
};

/// Over the last dimension.
class LayerNorm final : public Module {
 public:
  explicit LayerNorm(std::int64_t width, double epsilon = 1e-5, bool affine = true);
  at::Tensor operator()(const at::Tensor& x) const;
  [[nodiscard]] double epsilon() const { return epsilon_; }
  [[nodiscard]] const at::Tensor& gamma() const { return gamma_; }
  [[nodiscard]] const at::Tensor& beta() const { return beta_; }

 private:
  std::int64_t width_;
  double epsilon_;
  at::Tensor none_;
  at::Tensor& gamma_;
  at::Tensor& beta_;
};

class Embedding final : public Module {
 public:
  Embedding(std::int64_t entries, std::int64_t width, Init init = normal(0.02));
  at::Tensor operator()(const at::Tensor& indices) const;
  [[nodiscard]] const at::Tensor& weight() const { return weight_; }

 private:
  at::Tensor& weight_;
};

/// Long short-term memory as TensorFlow's BasicLSTMCell has it: one bias, and 1 on the forget gate.
class Lstm final : public Module {
 public:
  Lstm(std::int64_t in, std::int64_t width);
  /// B x T x in to B x T x width, from states of zero.
  at::Tensor operator()(const at::Tensor& x) const { return run(x).states; }
  struct Run {
    at::Tensor states;        ///< B x T x width
    at::Tensor hidden, cell;  ///< after the last step, B x width
  };
  [[nodiscard]] Run run(const at::Tensor& x) const;
  /// As at::lstm and at::lstm_cell take them: of the input, of the state, and two biases.
  [[nodiscard]] std::vector<at::Tensor> weights() const;

 private:
  std::int64_t width_;
  at::Tensor &input_, &state_, &bias_;
};

/// Convolution without bias, batch normalisation, activation.
class ConvNorm final : public Module {
 public:
  ConvNorm(ConvSpec spec, const NormSpec& norm, Activation activation = Activation::relu);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  Conv& convolution_;
  BatchNorm& norm_;
  Activation activation_;
};

/// Padding with minus infinity, as TensorFlow does it for SAME.
at::Tensor max_pool(const at::Tensor& x, std::int64_t kernel, std::int64_t stride, Padding padding);
/// The padding is not averaged in.
at::Tensor average_pool(const at::Tensor& x, std::int64_t kernel, std::int64_t stride,
                        Padding padding);

}  // namespace btrack::models
