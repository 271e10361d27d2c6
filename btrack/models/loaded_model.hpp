// SPDX-License-Identifier: Apache-2.0
// A model file in memory, ready to be called; TorchScript and AOTInductor behind one interface.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "btrack/models/model_file.hpp"

namespace btrack::models {

/// What a loaded model holds. A package does not tell parameters from other values.
struct StoredValues {
  std::optional<std::int64_t> parameters;
  std::int64_t bytes = 0;
  std::optional<at::ScalarType> type;  ///< of the first that is no whole number

  void add(const at::Tensor& value) {
    bytes += static_cast<std::int64_t>(value.nbytes());
    if (!type && value.is_floating_point()) type = value.scalar_type();
  }
};

class LoadedModel {
 public:
  virtual ~LoadedModel() = default;
  /// All tensors of the answer, one after the other.
  virtual std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) = 0;
  [[nodiscard]] virtual StoredValues stored() const = 0;
};
using LoadedModelPtr = std::unique_ptr<LoadedModel>;

/// Errors: unsupported (made for another device or LibTorch), malformed (damaged), out_of_memory.
Result<LoadedModelPtr> load_model(const ModelFile& file, at::Device device);

/// Told from its words: the interpreter of TorchScript throws all errors as one type.
bool is_out_of_memory(const std::exception& error);

/// One line of what LibTorch threw: of a TorchScript trace back the reason at its end.
std::string short_reason(const std::exception& error);

/// The two kinds, each in the file that knows its heavy headers.
LoadedModelPtr load_torch_script(const ModelFile& file, at::Device device);
LoadedModelPtr load_aot_package(const ModelFile& file);

}  // namespace btrack::models
