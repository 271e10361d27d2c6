// SPDX-License-Identifier: Apache-2.0
// AOTInductor packages: compiled code that is loaded as a shared library.
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <cstdlib>

#include "btrack/models/loaded_model.hpp"

namespace btrack::models {
namespace packages {

using torch::inductor::AOTIModelPackageLoader;

/// Older versions do not give their constants out.
template <class Runner>
StoredValues constants_of(const Runner& runner) {
  StoredValues stored;
  if constexpr (requires { runner.extract_constants_map(false); }) {
    for (const auto& [name, value] : runner.extract_constants_map(false)) stored.add(value);
  }
  return stored;
}

class Package final : public LoadedModel {
 public:
  explicit Package(const std::string& path) : loader_(path) {}

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) override {
    inputs_ = inputs;  // the first versions want to change the list
    return loader_.run(inputs_);
  }

  [[nodiscard]] StoredValues stored() const override { return constants_of(*loader_.get_runner()); }

 private:
  mutable AOTIModelPackageLoader loader_;
  std::vector<at::Tensor> inputs_;
};

}  // namespace packages

LoadedModelPtr load_aot_package(const ModelFile& file) {
  // Without this a package reads past the end of an input that is smaller than it was compiled for.
  ::setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", /*overwrite=*/1);
  return std::make_unique<packages::Package>(file.path.string());
}

}  // namespace btrack::models
