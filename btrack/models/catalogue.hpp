// SPDX-License-Identifier: Apache-2.0
// What a row of the catalogue says. docs/models.md shows how to add one.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"

namespace btrack::models {

class Network;
struct Config;
using NetworkPtr = std::shared_ptr<Network>;
using Builder = NetworkPtr (*)(const Config&);

/// Decides the targets, the loss and what quality is reported (objective.hpp).
enum class Task {
  classification,         ///< output B x C, target a class
  image_to_image,         ///< output an image; target the input image where that has its shape
  segmentation,           ///< output an image of any size; target another image of that size
  language_model,         ///< output B x T x vocabulary; target the input moved by one token
  masked_language_model,  ///< the same; target any token
  translation,            ///< the same, with a second sequence
  node_classification,    ///< output B x nodes x classes
  recommendation,         ///< output B logits; target 0 or 1
  diffusion,              ///< output at least as many channels as the latent; target noise
};
std::string_view task_name(Task task);

/// `tiny`: the same kind of network, small enough for a step in under 2 s on one core. Nothing that
/// is measured with it is a benchmark figure.
enum class Scale { full, tiny };

/// How AI Benchmark trains (`faithful`: normalisation by running statistics, sum of squared errors
/// over the batch, some weights frozen), or how people do (`standard`: batch statistics, mean loss,
/// all weights).
enum class Mode { faithful, standard };

/// Batch sizes and mode in one word.
enum class Profile {
  standard,  ///< the variant's own batches, mode standard
  alpha,     ///< AI Benchmark Alpha 0.1.2's batches, mode faithful
  tracker,   ///< four times those, as the Benchmark-Tracker paper used, mode faithful
  micro,     ///< one item, mode faithful
};
inline constexpr Profile kProfiles[] = {Profile::standard, Profile::alpha, Profile::tracker,
                                        Profile::micro};
std::string_view profile_name(Profile profile);

enum class DataType { f32, i64 };

/// One input tensor of one sample, without the batch dimension.
struct InputSpec {
  std::string_view name;
  std::array<std::int64_t, 4> sizes{};
  int rank = 0;
  DataType type = DataType::f32;
  double low = 0.0;   ///< synthetic values lie in [low, high);
  double high = 0.0;  ///< f32 with low == high: standard normal
  /// Of i64: low + (high - low) * u^skew for u uniform in [0, 1); above 1 a power law, whose
  /// frequent values are the low ones.
  double skew = 1.0;

  [[nodiscard]] std::span<const std::int64_t> shape() const {
    return {sizes.data(), static_cast<std::size_t>(rank)};
  }
};
/// A colour image of the values 0 to 255.
constexpr InputSpec pixels(std::int64_t height, std::int64_t width) {
  return {.name = "image", .sizes = {3, height, width}, .rank = 3, .high = 256.0};
}
constexpr InputSpec pixels(std::int64_t side) { return pixels(side, side); }
/// Indices in [0, limit).
constexpr InputSpec tokens(std::int64_t count, std::int64_t limit) {
  return {.name = "tokens",
          .sizes = {count},
          .rank = 1,
          .type = DataType::i64,
          .high = static_cast<double>(limit)};
}

/// Where items come from unless Settings.data names a folder.
enum class Source {
  fashion_mnist,  ///< IDX files, 28x28 grey, 10 classes
  digits,         ///< scikit-learn's 1,797 digits of 8x8, CSV
  files,          ///< no data set that Debian brings: Settings.data has to name one
  synthetic,      ///< seeded noise of the input's shape: speed and energy only
};
std::string_view source_name(Source source);

/// One input size of a model. The first of a row is the one that is meant when none is named.
struct Variant {
  std::string_view name;  ///< such as "224"
  std::span<const InputSpec> inputs;
  /// Multiply-adds of convolutions and matrix products for one sample, batch 1, forward; exact.
  std::int64_t macs = 0;
  std::int64_t items_per_sample = 1;  ///< such as tokens of a sequence, nodes of a graph
  std::int64_t parameters = 0;        ///< where this input size has others than the row says
  std::optional<Source> source{};     ///< where its items come from elsewhere than the row's
};

/// Counts of stored values at full scale, exact.
struct Size {
  std::int64_t parameters = 0;  ///< learnable ones, frozen or not
  std::int64_t statistics = 0;  ///< further ones that the output needs: running means, variances
  std::int64_t frozen = 0;      ///< parameters that mode faithful does not train
};

/// Of a decoder that generates: tokens of its prompts, and of its answers. The first token of an
/// answer ends prefill, the others are decode's.
struct Answer {
  std::int64_t prompt = 0;  ///< 0: this model does not generate
  std::int64_t tokens = 0;
};

struct Tiny {
  std::span<const InputSpec> inputs;
  std::int64_t classes = 0;  ///< 0: as many as at full scale
  std::int64_t batch = 2;
  Answer answer{};
};

/// Memory order of images and convolution weights, whichever this network is faster with.
enum class Layout { contiguous, channels_last };

/// An epoch of noise: enough for a stable rate, short enough for a processor.
inline constexpr std::int64_t kSyntheticBatches = 8;

enum class Schedule { cosine, constant };

/// What a run uses where its settings say 0.
struct Defaults {
  std::int64_t batch = 128;
  std::int64_t infer_batch = 256;
  std::int64_t epochs = 5;
  double learning_rate = 1e-3;  ///< peak of the cosine
  double weight_decay = 0.01;   ///< 0: AdamW is Adam
  Schedule schedule = Schedule::cosine;
};

struct Model {
  std::string_view name;
  std::string_view family;
  Task task = Task::classification;
  std::string_view item_unit;
  std::int64_t classes = 0;  ///< of the output: classes, channels or vocabulary
  Size size;
  std::span<const Variant> variants;
  Tiny tiny;
  Layout layout = Layout::contiguous;
  Source source = Source::synthetic;
  Defaults defaults;
  Answer answer{};
  Builder build = nullptr;
  bool inference_only = false;
};

/// What a builder is given: the row's facts at the scale and in the mode of this run.
struct Config {
  std::span<const InputSpec> inputs;
  std::int64_t classes = 0;
  Scale scale = Scale::full;
  Mode mode = Mode::standard;

  [[nodiscard]] bool tiny() const { return scale == Scale::tiny; }
  [[nodiscard]] bool faithful() const { return mode == Mode::faithful; }
  /// Channels or features: an eighth when tiny, but at least 8.
  [[nodiscard]] std::int64_t width(std::int64_t full) const {
    return tiny() ? std::max<std::int64_t>(8, full / 8) : full;
  }
  /// Repetitions of a block: at most 2 when tiny.
  [[nodiscard]] std::int64_t depth(std::int64_t full) const {
    return tiny() ? std::min<std::int64_t>(2, full) : full;
  }
};

/// All rows, family after family.
std::span<const Model> models();
std::vector<std::string> model_names();
/// The error names the nearest model.
Result<const Model*> find_model(std::string_view name);

/// Samples of a training step and of an inference call; 0 where AI Benchmark has no such test.
struct Batches {
  std::int64_t train = 0;
  std::int64_t infer = 0;
};
Batches batches(const Model& model, const Variant& variant, Profile profile);

}  // namespace btrack::models
