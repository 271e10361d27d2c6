// SPDX-License-Identifier: Apache-2.0
// The work of a host before a model sees a picture: decoding JPEG or PNG, resizing, cutting.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "btrack/models/inference_workload.hpp"
#include "btrack/models/picture_row.hpp"

namespace btrack::models {

/// Pictures of settings.data (a folder of classes) as they lie in their files, held in memory; each
/// batch becomes one float tensor of batch x 3 x 224 x 224.
class PictureInput final : public InferenceWorkload {
 public:
  static Result<InferenceWorkloadPtr> prepare(results::Settings settings);
  [[nodiscard]] bench::Hello hello() const override;

 private:
  explicit PictureInput(results::Settings settings) : settings_(std::move(settings)) {}
  Result<void> load();
  Result<void> run_batches(std::int64_t samples, const Advance& advance) override;
  [[nodiscard]] Facts facts() const override {
    return {settings_.workload, at::kCPU, settings_.seed, 1, {}};
  }

  struct Encoded {
    std::string name;
    std::string bytes;
  };
  results::Settings settings_;
  std::vector<Encoded> pictures_;
  std::int64_t pixels_ = 0;  ///< of all pictures together
};

}  // namespace btrack::models
