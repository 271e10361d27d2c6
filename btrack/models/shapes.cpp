// SPDX-License-Identifier: Apache-2.0
// Kernels of the meta device: the size of a result, and no values.
#include "btrack/models/shapes.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <tuple>

namespace btrack::models {
namespace shapes {

using Optional = const std::optional<at::Tensor>&;

// The parameters of all kernels are those of the operators' schemas.
// NOLINTBEGIN(performance-unnecessary-value-param)
at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight, Optional /*bias*/,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                       bool transposed, at::IntArrayRef output_padding, std::int64_t groups) {
  std::vector<std::int64_t> sizes{input.size(0),
                                  transposed ? weight.size(1) * groups : weight.size(0)};
  for (std::size_t i = 0; i < stride.size(); ++i) {
    const auto axis = static_cast<std::int64_t>(i) + 2;
    const std::int64_t reach = dilation[i] * (weight.size(axis) - 1);
    const std::int64_t size = input.size(axis);
    sizes.push_back(transposed
                        ? (size - 1) * stride[i] - 2 * padding[i] + reach + output_padding[i] + 1
                        : (size + 2 * padding[i] - reach - 1) / stride[i] + 1);
  }
  return at::empty(sizes, input.options());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> batch_norm(const at::Tensor& input,
                                                          Optional /*gamma*/, Optional /*beta*/,
                                                          Optional /*mean*/, Optional /*variance*/,
                                                          bool /*training*/, double /*momentum*/,
                                                          double /*epsilon*/) {
  const at::Tensor statistic = at::empty({input.size(1)}, input.options());
  return {at::empty(input.sizes(), input.options()), statistic, statistic};
}

at::Tensor attention(const at::Tensor& query, const at::Tensor& /*key*/, const at::Tensor& value,
                     Optional /*mask*/, double /*dropout*/, bool /*causal*/,
                     std::optional<double> /*scale*/, bool /*grouped*/) {
  auto sizes = query.sizes().vec();
  sizes.back() = value.size(-1);
  return at::empty(sizes, query.options());
}

at::Tensor flip(const at::Tensor& input, at::IntArrayRef /*axes*/) {
  return at::empty(input.sizes(), input.options());
}

at::Tensor index_select(const at::Tensor& input, std::int64_t axis, const at::Tensor& index) {
  auto sizes = input.sizes().vec();
  sizes[static_cast<std::size_t>(axis < 0 ? axis + input.dim() : axis)] = index.numel();
  return at::empty(sizes, input.options());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> embedding_bag(
    const at::Tensor& weight, const at::Tensor& indices, const at::Tensor& offsets,
    bool /*scale_by_frequency*/, std::int64_t /*mode*/, bool /*sparse*/, Optional /*weights*/,
    bool include_last, std::int64_t /*padding_index*/) {
  const std::int64_t bags = offsets.size(0) - (include_last ? 1 : 0);
  return {at::empty({bags, weight.size(1)}, weight.options()),
          at::empty(indices.sizes(), indices.options()), at::empty({bags}, indices.options()),
          at::empty({bags}, indices.options())};
}
// NOLINTEND(performance-unnecessary-value-param)

}  // namespace shapes

void complete_meta_device() {
  static const auto registered = [] {
    torch::Library library(torch::Library::IMPL, "aten", c10::DispatchKey::Meta, __FILE__,
                           __LINE__);
    library.impl("convolution_overrideable", TORCH_FN(shapes::convolution));
    library.impl("native_batch_norm", TORCH_FN(shapes::batch_norm));
    library.impl("scaled_dot_product_attention", TORCH_FN(shapes::attention));
    library.impl("flip", TORCH_FN(shapes::flip));
    library.impl("index_select", TORCH_FN(shapes::index_select));
    library.impl("_embedding_bag", TORCH_FN(shapes::embedding_bag));
    library.impl("_embedding_bag_forward_only", TORCH_FN(shapes::embedding_bag));
    return library;
  }();
  static_cast<void>(registered);
}

}  // namespace btrack::models
