// SPDX-License-Identifier: Apache-2.0
// Counts multiply-adds by listening to the operators that a forward pass really calls.
#include "btrack/models/counting.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>

#include <atomic>
#include <string_view>

#include "btrack/models/network.hpp"

namespace btrack::models {
namespace counting {

using Inputs = c10::ArrayRef<const c10::IValue>;

std::int64_t elements_of_result(const at::Tensor& a, const at::Tensor& b) {
  return a.numel() * b.size(-1);  // every element of `a` meets each column of `b` once
}

std::int64_t linear(Inputs in) { return in[0].toTensor().numel() * in[1].toTensor().size(0); }
std::int64_t product(Inputs in) { return elements_of_result(in[0].toTensor(), in[1].toTensor()); }
std::int64_t product_plus(Inputs in) {
  return elements_of_result(in[1].toTensor(), in[2].toTensor());
}
std::int64_t matrix_vector(Inputs in) { return in[0].toTensor().numel(); }
std::int64_t matrix_vector_plus(Inputs in) { return in[1].toTensor().numel(); }

/// input, weight, bias, stride, padding, dilation, transposed, output_padding, groups
std::int64_t convolution(Inputs in) {
  const at::Tensor& input = in[0].toTensor();
  const at::Tensor& weight = in[1].toTensor();
  if (in[6].toBool()) return input.numel() * weight.numel() / weight.size(0);
  const auto stride = in[3].toIntVector();
  const auto padding = in[4].toIntVector();
  const auto dilation = in[5].toIntVector();
  std::int64_t positions = input.size(0);
  for (std::size_t d = 0; d < stride.size(); ++d) {
    const auto axis = static_cast<std::int64_t>(d) + 2;
    const std::int64_t window = dilation[d] * (weight.size(axis) - 1) + 1;
    positions *= (input.size(axis) + 2 * padding[d] - window) / stride[d] + 1;
  }
  return positions * weight.numel();
}

/// input, states, weights of all layers and directions: per layer and direction input-to-hidden,
/// hidden-to-hidden, and two biases where `has_biases`.
std::int64_t recurrent(Inputs in) {
  const at::Tensor& input = in[0].toTensor();  // both of its first sizes are steps or sequences
  std::int64_t per_step = 0;
  for (const auto& weight : in[2].toTensorVector()) {
    if (weight.dim() == 2) per_step += weight.numel();
  }
  return input.size(0) * input.size(1) * per_step;
}
std::int64_t recurrent_cell(Inputs in) {
  return in[0].toTensor().size(0) * (in[2].toTensor().numel() + in[3].toTensor().numel());
}

std::int64_t attention(Inputs in) {
  const at::Tensor& query = in[0].toTensor();
  const std::int64_t keys = in[1].toTensor().size(-2);
  const std::int64_t rows = query.numel() / query.size(-1);
  return rows * keys * (query.size(-1) + in[2].toTensor().size(-1));
}

/// src, width, heads, then (weight, bias) of qkv and of the projection; those of the feed-forward
/// part are the inputs 14 to 17.
std::int64_t encoder_layer(Inputs in) {
  const at::Tensor& tokens = in[0].toTensor();
  std::int64_t per_token = 2 * tokens.size(1) * tokens.size(2);  // scores, and values by scores
  for (const std::size_t weight : {3, 5, 14, 16}) per_token += in[weight].toTensor().numel();
  return tokens.size(0) * tokens.size(1) * per_token;
}

struct Rule {
  std::string_view name;
  std::int64_t (*macs)(Inputs);
};

constexpr Rule kRules[] = {
    {"aten::linear", linear},
    {"aten::convolution", convolution},
    {"aten::_convolution", convolution},  // what a trace has written down
    {"aten::scaled_dot_product_attention", attention},
    {"aten::_transformer_encoder_layer_fwd", encoder_layer},
    {"aten::mm", product},
    {"aten::bmm", product},
    {"aten::addmm", product_plus},
    {"aten::addmm_", product_plus},
    {"aten::baddbmm", product_plus},
    {"aten::baddbmm_", product_plus},
    {"aten::mv", matrix_vector},
    {"aten::dot", matrix_vector},
    {"aten::addmv", matrix_vector_plus},
    {"aten::addmv_", matrix_vector_plus},
    {"aten::addbmm", product_plus},
    {"aten::lstm", recurrent},
    {"aten::gru", recurrent},
    {"aten::lstm_cell", recurrent_cell},
    {"aten::gru_cell", recurrent_cell},
};

/// Fused kernels and those of other libraries have no rule.
bool hides_products(std::string_view name) {
  const auto end = name.find("::");
  if (end == std::string_view::npos) return false;
  const auto library = name.substr(0, end);
  const auto rest = name.substr(end + 2);
  if (library != "aten") return library != "prim";
  return rest.starts_with("mkldnn_") || rest.starts_with("quantized_") ||
         rest == "_native_multi_head_attention";
}

struct Tally {
  CountedMacs counted;
  int depth = 0;  // inside a counted operator: what it calls is already counted
};

// The callbacks are plain functions without a place for state, so the active tally is found here.
thread_local Tally* active = nullptr;
/// The library hands the callbacks on to tasks that a script forks, where there is no tally.
std::atomic<bool> forked = false;

struct Counted final : at::ObserverContext {};

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  if (active == nullptr) {
    forked = true;
    return nullptr;
  }
  for (const auto& rule : kRules) {
    if (name != rule.name) continue;
    if (active->depth++ == 0) active->counted.macs += rule.macs(function.inputs());
    return std::make_unique<Counted>();
  }
  if (active->depth == 0 && hides_products(name)) active->counted.hidden = name;
  return nullptr;
}

void end(const at::RecordFunction&, at::ObserverContext* context) {
  if (context != nullptr) --active->depth;
}

/// Listens as long as it lives.
class Listener {
 public:
  explicit Listener(Tally& tally)
      : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end)
                                               .needsInputs(true)
                                               .scopes({at::RecordScope::FUNCTION}))) {
    active = &tally;
  }
  ~Listener() {
    at::removeCallback(handle_);
    active = nullptr;
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace counting

CountedMacs count_macs(const std::function<void()>& pass) {
  counting::Tally tally;
  const counting::Listener listener(tally);
  counting::forked = false;
  pass();
  if (counting::forked) tally.counted.hidden = "a forked task";
  return tally.counted;
}

std::int64_t count_macs(Network& network, at::TensorList inputs) {
  const at::NoGradGuard no_grad;
  return count_macs([&] { network.forward(inputs); }).macs;
}

}  // namespace btrack::models
