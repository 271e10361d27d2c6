// SPDX-License-Identifier: Apache-2.0
// TorchScript files: the only user of torch/script.h, which is heavy.
#include <torch/script.h>

#include "btrack/models/loaded_model.hpp"

namespace btrack::models {
namespace scripts {

void collect(const c10::IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isTensor()) {
    tensors.push_back(value.toTensor());
  } else if (value.isTuple()) {
    for (const auto& part : value.toTupleRef().elements()) collect(part, tensors);
  } else if (value.isList()) {
    for (const auto& part : value.toListRef()) collect(part, tensors);
  } else if (value.isGenericDict()) {
    for (const auto& part : value.toGenericDict()) collect(part.value(), tensors);
  }
}

class Script final : public LoadedModel {
 public:
  explicit Script(torch::jit::Module module) : module_(std::move(module)) { module_.eval(); }

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) override {
    std::vector<at::Tensor> tensors;
    collect(module_.forward({inputs.begin(), inputs.end()}), tensors);
    return tensors;
  }

  [[nodiscard]] StoredValues stored() const override {
    StoredValues stored;
    std::int64_t parameters = 0;
    for (const auto& value : module_.parameters()) {
      parameters += value.numel();
      stored.add(value);
    }
    for (const auto& value : module_.buffers()) stored.add(value);
    if (parameters > 0) stored.parameters = parameters;  // a frozen module has constants only
    return stored;
  }

 private:
  torch::jit::Module module_;
};

}  // namespace scripts

LoadedModelPtr load_torch_script(const ModelFile& file, at::Device device) {
  return std::make_unique<scripts::Script>(torch::jit::load(file.path.string(), device));
}

}  // namespace btrack::models
