// SPDX-License-Identifier: Apache-2.0
// The one table of models. A model is one row here and one builder in its family's file.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"

namespace btrack::models {

class Network;
struct Model;
using NetworkPtr = std::shared_ptr<Network>;
using Builder = NetworkPtr (*)(const Model&);

/// Decides the targets, the loss's default and what quality is reported.
enum class Task { classification };
std::string_view task_name(Task task);

enum class DataType { f32, i64 };

/// One input tensor of one item, without the batch dimension.
struct InputSpec {
  std::string_view name;
  std::array<std::int64_t, 4> sizes{};
  int rank = 0;
  DataType type = DataType::f32;
  std::int64_t limit = 0;  ///< i64: values lie in [0, limit)

  [[nodiscard]] std::span<const std::int64_t> shape() const {
    return {sizes.data(), static_cast<std::size_t>(rank)};
  }
};

/// Memory order of images and convolution weights, whichever this network is faster with.
enum class Layout { contiguous, channels_last };

/// Where items come from unless Settings.data names a folder.
enum class Source {
  fashion_mnist,  ///< IDX files, 28x28 grey, 10 classes
  synthetic,      ///< seeded noise of the input's shape: speed and energy only
};
std::string_view source_name(Source source);

/// What a run uses where its settings say 0.
struct Defaults {
  std::int64_t batch = 128;
  std::int64_t infer_batch = 256;
  std::int64_t epochs = 5;
  double learning_rate = 1e-3;  ///< peak of the cosine
  double weight_decay = 0.01;
};

struct Model {
  std::string_view name;
  std::string_view family;
  Task task;
  std::span<const InputSpec> inputs;
  std::int64_t classes;
  std::string_view item_unit;
  std::int64_t parameters;     ///< trainable values, exact
  std::int64_t macs_per_item;  ///< multiply-adds of convolutions and matrix products, exact
  Layout layout;
  Source source;
  Defaults defaults;
  Builder build;
};

std::span<const Model> models();
std::vector<std::string> model_names();
/// The error names the nearest model.
Result<const Model*> find_model(std::string_view name);

}  // namespace btrack::models
