// SPDX-License-Identifier: Apache-2.0
// The layers that networks share.
#include "btrack/models/layers.hpp"

#include <ATen/autocast_mode.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/lstm.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <limits>

namespace btrack::models {
namespace windows {

constexpr double kLeak = 0.2;
constexpr double kMomentum = 0.1;

struct Amount {
  std::int64_t before = 0;
  std::int64_t after = 0;
};

/// max((ceil(size / stride) - 1) * stride + window - size, 0) in total, the smaller half first.
Amount same(std::int64_t size, std::int64_t window, std::int64_t stride) {
  const std::int64_t positions = (size + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>((positions - 1) * stride + window - size, 0);
  return {total / 2, total - total / 2};
}

struct Window {
  Pair kernel;
  std::int64_t stride;
  std::int64_t dilation;
  Padding padding;
};

/// The padding of height and width; the operators take it where both sides are alike, and `x` is
/// padded with `fill` where they are not.
Pair pad(at::Tensor& x, const Window& window, double fill) {
  std::array<Amount, 2> amounts{};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t reach = window.dilation * (window.kernel[axis] - 1);
    if (window.padding == Padding::symmetric) amounts[axis] = {reach / 2, reach / 2};
    if (window.padding == Padding::same) {
      amounts[axis] = same(x.size(static_cast<std::int64_t>(axis) + 2), reach + 1, window.stride);
    }
  }
  const auto& [height, width] = amounts;
  if (height.before == height.after && width.before == width.after) {
    return {height.before, width.before};
  }
  x = at::constant_pad_nd(x, {width.before, width.after, height.before, height.after}, fill);
  return {0, 0};
}

}  // namespace windows

at::Tensor activate(at::Tensor x, Activation activation) {
  switch (activation) {
    case Activation::none:
      break;
    case Activation::relu:
      return x.relu_();
    case Activation::relu6:
      return at::hardtanh_(x, 0.0, 6.0);
    case Activation::leaky_relu:
      return at::leaky_relu_(x, windows::kLeak);
  }
  return x;
}

Linear::Linear(std::int64_t in, std::int64_t out, bool bias)
    : Linear(in, out, default_uniform(in),
             bias ? std::optional(default_uniform(in)) : std::nullopt) {}

Linear::Linear(std::int64_t in, std::int64_t out, Init weight, std::optional<Init> bias)
    : weight_(value("weight", {out, in}, weight)),
      bias_(bias ? value("bias", {out}, *bias) : none_) {}

at::Tensor Linear::operator()(const at::Tensor& x) const { return at::linear(x, weight_, bias_); }

Conv::Conv(const ConvSpec& spec)
    : spec_(spec),
      weight_(value(
          "weight", {spec.out, spec.in / spec.groups, spec.kernel[0], spec.kernel[1]},
          spec.init.value_or(he_normal(spec.in / spec.groups * spec.kernel[0] * spec.kernel[1])),
          spec.role)),
      bias_(spec.bias ? value("bias", {spec.out}, constant(0.0), spec.role) : none_) {}

at::Tensor Conv::operator()(const at::Tensor& x) const { return with_weight(x, weight_); }

at::Tensor Conv::with_weight(const at::Tensor& x, const at::Tensor& weight) const {
  at::Tensor padded = x;
  const Pair padding =
      windows::pad(padded, {spec_.kernel, spec_.stride, spec_.dilation, spec_.padding}, 0.0);
  return at::conv2d(padded, weight, bias_, {spec_.stride, spec_.stride}, padding,
                    {spec_.dilation, spec_.dilation}, spec_.groups);
}

ConvTranspose::ConvTranspose(std::int64_t in, std::int64_t out, std::int64_t kernel,
                             std::int64_t stride)
    : stride_(stride),
      weight_(value("weight", {in, out, kernel, kernel}, he_normal(in))),
      bias_(value("bias", {out}, constant(0.0))) {}

at::Tensor ConvTranspose::operator()(const at::Tensor& x) const {
  return at::conv_transpose2d(x, weight_, bias_, stride_);
}

BatchNorm::BatchNorm(std::int64_t width, const NormSpec& spec)
    : spec_(spec),
      gamma_(spec.scale ? value("gamma", {width}, constant(1.0), spec.role) : none_),
      beta_(value("beta", {width}, constant(0.0), spec.role)),
      mean_(value("mean", {width}, constant(0.0), Role::statistic)),
      variance_(value("variance", {width}, constant(1.0), Role::statistic)) {}

at::Tensor BatchNorm::operator()(const at::Tensor& x) const {
  return at::batch_norm(x, gamma_, beta_, mean_, variance_, is_training() && spec_.batch_statistics,
                        windows::kMomentum, spec_.epsilon,
                        /*cudnn_enabled=*/true);
}

InstanceNorm::InstanceNorm(std::int64_t width, double epsilon)
    : epsilon_(epsilon),
      gamma_(value("gamma", {width}, constant(1.0))),
      beta_(value("beta", {width}, constant(0.0))) {}

at::Tensor InstanceNorm::operator()(const at::Tensor& x) const {
  return at::instance_norm(x, gamma_, beta_, {}, {}, /*use_input_stats=*/true, 0.0, epsilon_,
                           /*cudnn_enabled=*/true);
}

LayerNorm::LayerNorm(std::int64_t width, double epsilon, bool affine)
    : width_(width),
      epsilon_(epsilon),
      gamma_(affine ? value("gamma", {width}, constant(1.0)) : none_),
      beta_(affine ? value("beta", {width}, constant(0.0)) : none_) {}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {width_}, gamma_, beta_, epsilon_);
}

Embedding::Embedding(std::int64_t entries, std::int64_t width, Init init)
    : weight_(value("weight", {entries, width}, init)) {}

at::Tensor Embedding::operator()(const at::Tensor& indices) const {
  return at::embedding(weight_, indices);
}

Lstm::Lstm(std::int64_t in, std::int64_t width)
    : width_(width),
      input_(value("input", {4 * width, in}, default_uniform(width))),
      state_(value("state", {4 * width, width}, default_uniform(width))),
      bias_(value("bias", {4 * width}, constant(0.0))) {}

std::vector<at::Tensor> Lstm::weights() const {
  const at::Tensor forget = at::zeros_like(bias_);  // in the place of the operator's second bias
  forget.narrow(0, width_, width_).fill_(1.0);  // gates in the order input, forget, cell, output
  return {input_, state_, bias_, forget};
}

Lstm::Run Lstm::run(const at::Tensor& x) const {
  at::Tensor input = x;
  std::vector<at::Tensor> values = weights();
  // On a processor at::lstm chooses its path by the type it is given, and autocast casts after
  // that.
  if (x.is_cpu() && at::autocast::is_autocast_enabled(at::kCPU)) {
    const auto type = at::autocast::get_autocast_dtype(at::kCPU);
    input = x.to(type);
    for (auto& each : values) each = each.to(type);
  }
  const at::Tensor zero = at::zeros({1, x.size(0), width_}, input.options());
  const auto [states, hidden, cell] =
      at::lstm(input, {zero, zero}, values, /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0.0,
               is_training(), /*bidirectional=*/false, /*batch_first=*/true);
  return {states, hidden.squeeze(0), cell.squeeze(0)};
}

ConvNorm::ConvNorm(ConvSpec spec, const NormSpec& norm, Activation activation)
    : convolution_((spec.bias = false, add<Conv>("conv", spec))),
      norm_(add<BatchNorm>("bn", spec.out, norm)),
      activation_(activation) {}

at::Tensor ConvNorm::operator()(const at::Tensor& x) const {
  return activate(norm_(convolution_(x)), activation_);
}

at::Tensor max_pool(const at::Tensor& x, std::int64_t kernel, std::int64_t stride,
                    Padding padding) {
  at::Tensor padded = x;
  const Pair both_sides = windows::pad(padded, {{kernel, kernel}, stride, 1, padding},
                                       -std::numeric_limits<double>::infinity());
  return at::max_pool2d(padded, kernel, stride, both_sides);
}

at::Tensor average_pool(const at::Tensor& x, std::int64_t kernel, std::int64_t stride,
                        Padding padding) {
  at::Tensor padded = x;
  const Pair both_sides = windows::pad(padded, {{kernel, kernel}, stride, 1, padding}, 0.0);
  TORCH_CHECK(padded.is_same(x), "average_pool cannot leave out a padding of one side");
  return at::avg_pool2d(padded, kernel, stride, both_sides, /*ceil_mode=*/false,
                        /*count_include_pad=*/false);
}

}  // namespace btrack::models
