// SPDX-License-Identifier: Apache-2.0
// A network's values from and to safetensors files.
#include "btrack/models/weights.hpp"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>

#include "btrack/core/file.hpp"
#include "btrack/models/readers/safetensors.hpp"

namespace btrack::models {
namespace stored {

struct Type {
  std::string_view dtype;
  at::ScalarType type;
};
constexpr Type kTypes[] = {{"F32", at::kFloat},
                           {"F64", at::kDouble},
                           {"F16", at::kHalf},
                           {"BF16", at::kBFloat16},
                           {"I64", at::kLong}};

std::optional<at::ScalarType> floating(std::string_view dtype) {
  const auto* found = std::ranges::find(kTypes, dtype, &Type::dtype);
  if (found == std::end(kTypes) || !at::isFloatingType(found->type)) return std::nullopt;
  return found->type;
}

/// Why the file's tensor cannot become that value, or nothing.
std::optional<std::string> unlike(const StoredTensor& tensor, const Value& value) {
  if (tensor.shape != value.tensor.sizes().vec()) {
    return fmt::format("tensor '{}' has shape [{}], and the model's has [{}]", tensor.name,
                       fmt::join(tensor.shape, ", "), fmt::join(value.tensor.sizes(), ", "));
  }
  if (floating(tensor.dtype)) return std::nullopt;
  return fmt::format("tensor '{}' is {}, and weights are F64, F32, F16 or BF16", tensor.name,
                     tensor.dtype);
}

using Index = std::map<std::string_view, const StoredTensor*>;

Index index_of(const SafetensorsFile& file) {
  Index index;
  for (const auto& tensor : file.tensors()) index.emplace(tensor.name, &tensor);
  return index;
}

Result<void> check(Network& network, const SafetensorsFile& file, const Index& index) {
  const auto values = network.values();
  for (const auto& [path, value] : values) {
    const auto found = index.find(path);
    if (found == index.end()) {
      return file.malformed(fmt::format("it has no tensor '{}' of shape [{}], and the model has",
                                        path, fmt::join(value->tensor.sizes(), ", ")));
    }
    if (const auto why = unlike(*found->second, *value)) return file.malformed(*why);
  }
  if (index.size() == values.size()) return {};
  const auto strange = std::ranges::find_if(index, [&](const auto& entry) {
    return std::ranges::none_of(values, [&](const auto& v) { return v.first == entry.first; });
  });
  return file.malformed(fmt::format("the model has no tensor '{}'", strange->first));
}

Result<void> copy(const SafetensorsFile& file, const StoredTensor& tensor, at::Tensor& into) {
  const at::Tensor read =
      at::empty(tensor.shape, at::TensorOptions().dtype(*floating(tensor.dtype)));
  auto* first = static_cast<std::byte*>(read.mutable_data_ptr());
  if (auto got = file.read(tensor, {first, static_cast<std::size_t>(read.nbytes())}); !got) {
    return got;
  }
  into.copy_(read);
  return {};
}

}  // namespace stored

Result<void> load_weights(Network& network, const std::filesystem::path& file) {
  const auto open = SafetensorsFile::open(file);
  if (!open) return fail(open.error());
  const stored::Index index = stored::index_of(*open);
  if (auto fits = stored::check(network, *open, index); !fits) return fits;
  const at::NoGradGuard no_grad;
  for (const auto& [path, value] : network.values()) {
    if (auto copied = stored::copy(*open, *index.at(path), value->tensor); !copied) return copied;
  }
  return {};
}

Result<void> save_tensors(const NamedTensors& tensors, const std::filesystem::path& file) {
  std::vector<StoredTensor> entries;
  std::vector<at::Tensor> values;
  for (const auto& [name, tensor] : tensors) {
    const auto* type = std::ranges::find(stored::kTypes, tensor.scalar_type(), &stored::Type::type);
    if (type == std::end(stored::kTypes)) {
      return fail(ErrorKind::unsupported, fmt::format("'{}' has a type that is not written", name));
    }
    entries.push_back({name, std::string(type->dtype), tensor.sizes().vec()});
    values.push_back(tensor.detach().cpu().contiguous());
  }
  std::string bytes = safetensors_header(entries);
  for (const auto& value : values) {
    bytes.append(static_cast<const char*>(value.const_data_ptr()), value.nbytes());
  }
  return write_file(file, bytes);
}

NamedTensors weights_of(Network& network) {
  NamedTensors all;
  for (const auto& [path, value] : network.values()) all.emplace_back(path, value->tensor);
  return all;
}

NamedTensors pass_of(Network& network, const Selection& selected, const Split& split,
                     const PassPlan& plan) {
  const std::int64_t count = std::min(plan.items, split.size());
  const auto seed = static_cast<std::uint64_t>(plan.seed);
  const std::vector<at::Tensor> inputs = slice_inputs(split, 0, count);
  const at::Tensor target = split.targets.narrow(0, 0, count);
  NamedTensors pass;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    pass.emplace_back(fmt::format("input.{}.{}", i, selected.config.inputs[i].name), inputs[i]);
  }
  pass.emplace_back("target", target);
  {
    const c10::InferenceMode inference;
    network.eval();
    at::manual_seed(seed);
    pass.emplace_back("output", network.forward(inputs));
  }
  if (selected.model->inference_only) return pass;
  network.train();
  at::manual_seed(seed);
  const at::Tensor loss = network.loss(network.forward(inputs), target);
  loss.backward();
  pass.emplace_back("loss", loss);
  for (const auto& [path, value] : network.values()) {
    if (value->role == Role::statistic) pass.emplace_back("statistic." + path, value->tensor);
    if (value->tensor.grad().defined()) {
      pass.emplace_back("gradient." + path, value->tensor.grad());
    }
  }
  return pass;
}

}  // namespace btrack::models
