// SPDX-License-Identifier: Apache-2.0
// A workload that is no row with a network of ours: its one action is to run batches.
#pragma once

#include <memory>
#include <optional>

#include "btrack/models/training.hpp"
#include "btrack/models/workload.hpp"

namespace btrack::models {

class InferenceWorkload {
 public:
  virtual ~InferenceWorkload() = default;
  [[nodiscard]] virtual bench::Hello hello() const = 0;
  /// Warms up before the first repetition. False where the reporter asked to stop.
  Result<bool> run(const bench::Run& wanted, Reporter& reporter);

 protected:
  struct Facts {
    std::string name;
    c10::Device device;
    std::int64_t seed = 1;
    std::int64_t items_per_sample = 1;
    std::optional<Precision> precision;  ///< of its matrix products, where it has any
  };
  [[nodiscard]] virtual Facts facts() const = 0;
  /// Calls of that many samples, or of infer_batch where `samples` is 0, until `advance`, told the
  /// samples so far, says stop.
  virtual Result<void> run_batches(std::int64_t samples, const Advance& advance) = 0;

 private:
  std::optional<std::int64_t> warm_;  ///< for calls of so many samples
  Resources resources_;
};
using InferenceWorkloadPtr = std::unique_ptr<InferenceWorkload>;

/// An error (usage) where the settings ask for what only models of the catalogue have.
Result<void> check_inference_only(const results::Settings& settings, std::string_view what);

}  // namespace btrack::models
