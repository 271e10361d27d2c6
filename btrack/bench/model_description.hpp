// SPDX-License-Identifier: Apache-2.0
// The TOML file beside a model file: what its inputs are and what an item is. docs/models.md is its
// text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "btrack/core/error.hpp"

namespace btrack::bench {

/// Stands in a shape for the number of samples.
inline constexpr std::int64_t kBatchSize = -1;

struct ModelInput {
  std::string name;
  std::vector<std::int64_t> shape;  ///< may hold kBatchSize once
  std::string dtype = "float32";    ///< LibTorch's name
  double low = 0.0;                 ///< values lie in [low, high); equal: standard normal
  double high = 0.0;
  std::optional<double> value;  ///< all values are this one
  bool channels_last = false;   ///< memory order of a four-dimensional input

  [[nodiscard]] bool has_batch() const;
  /// Values of a call with that many samples, as a double: it can be too large for anything else.
  [[nodiscard]] double values(std::int64_t batch) const;
};

/// An answer that is known: with one value in all inputs, the sum over all outputs.
struct KnownOutput {
  double value = 1.0;
  double sum = 0.0;
  double tolerance = 1e-3;  ///< relative
};

struct ModelDescription {
  std::filesystem::path file;
  std::string name;  ///< of the workload: with the ending of the model file
  std::string item_unit = "items";
  std::int64_t items_per_sample = 1;
  std::int64_t batch = 1;          ///< samples of a call where nobody says otherwise
  std::int64_t parameters = 0;     ///< expected; 0: not said
  std::int64_t macs_per_item = 0;  ///< 0: not said
  std::vector<ModelInput> inputs;
  std::optional<KnownOutput> known;

  /// False where no input's shape leaves the batch open: then `batch` is the only one.
  [[nodiscard]] bool open_batch() const;
  /// "image 3x32x32, mask 32x32 bool": as in the catalogue, without the batch.
  [[nodiscard]] std::string input_text() const;
};

/// The description of that model file: NAME.toml for NAME.pt and NAME.pt2. Errors name the file
/// and the line, or say how to write one.
Result<ModelDescription> describe_model(const std::filesystem::path& model_file);
/// The same of the TOML file itself.
Result<ModelDescription> read_description(const std::filesystem::path& file);

}  // namespace btrack::bench
