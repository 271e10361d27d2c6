// SPDX-License-Identifier: Apache-2.0
// GNMT of 8 layers (arXiv 1609.08144): section 19 of AI Benchmark Alpha, which only translates.
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/lstm_cell.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {
namespace {

/// 8, and one more than the two lowest at scale tiny: those above are all alike.
std::int64_t layers(const Config& config) { return 2 + config.depth(6); }

/// What the encoder hands over: the top layer's states, and the last ones of each layer.
struct Encoded {
  at::Tensor states;  ///< B x S x width
  std::vector<at::Tensor> hidden, cell;

  void keep_last(const Lstm::Run& run) {
    hidden.push_back(run.hidden);
    cell.push_back(run.cell);
  }
};

/// The lowest layer looks both ways; the upper ones add their input from the third layer on.
class Encoder final : public Module {
 public:
  explicit Encoder(const Config& config)
      : forward_(add<Lstm>("forward", config.width(1024), config.width(1024))),
        backward_(add<Lstm>("backward", config.width(1024), config.width(1024))) {
    for (std::int64_t i = 1; i < layers(config); ++i) {
      upper_.push_back(&add<Lstm>("layer" + std::to_string(i), config.width(i == 1 ? 2048 : 1024),
                                  config.width(1024)));
    }
  }

  Encoded operator()(const at::Tensor& words) const {
    const Lstm::Run backward = backward_.run(words.flip({1}));
    Encoded result{at::cat({forward_(words), backward.states.flip({1})}, 2), {}, {}};
    result.keep_last(backward);
    for (const auto* layer : upper_) {
      const Lstm::Run run = layer->run(result.states);
      result.keep_last(run);
      result.states = layer == upper_.front() ? run.states : run.states + result.states;
    }
    return result;
  }

 private:
  Lstm &forward_, &backward_;
  std::vector<Lstm*> upper_;
};

/// Bahdanau's attention with a normalised vector.
class Attention final : public Module {
 public:
  explicit Attention(std::int64_t width)
      : memory_(add<Linear>("memory", width, width, false)),
        query_(add<Linear>("query", width, width, false)),
        vector_(value("vector", {width}, default_uniform(width))),
        bias_(value("bias", {width}, constant(0.0))),
        length_(value("length", {1}, constant(1.0 / std::sqrt(static_cast<double>(width))))) {}

  [[nodiscard]] at::Tensor keys(const at::Tensor& states) const { return memory_(states); }

  /// B x width: the mean of `states`, weighted as the query likes their keys.
  [[nodiscard]] at::Tensor context(const at::Tensor& query, const at::Tensor& keys,
                                   const at::Tensor& states) const {
    const at::Tensor unit = vector_ * (length_ / vector_.norm());
    const at::Tensor sum = keys + query_(query).add_(bias_).unsqueeze(1);
    const at::Tensor weights = at::matmul(sum.tanh(), unit).softmax(-1);
    return at::bmm(weights.unsqueeze(1), states).squeeze(1);
  }

 private:
  Linear &memory_, &query_;
  at::Tensor &vector_, &bias_, &length_;
};

/// The lowest layer asks the attention, and all layers see what it finds. Each begins where the
/// encoder's of the same height ended, as in TensorFlow-NMT.
class Decoder final : public Module {
 public:
  explicit Decoder(const Config& config)
      : width_(config.width(1024)),
        embedding_(add<Embedding>("embedding", config.classes, width_, uniform(0.1))),
        attention_(add<Attention>("attention", width_)),
        projection_(add<Linear>("projection", width_, config.classes, false)) {
    for (std::int64_t i = 0; i < layers(config); ++i) {
      layers_.push_back(&add<Lstm>("layer" + std::to_string(i), 2 * width_, width_));
    }
  }

  /// Greedy, `steps` words whatever they are: with random weights the end would come by chance.
  at::Tensor operator()(Encoded source, std::int64_t steps) const {
    auto& [states, hidden, cell] = source;
    const at::Tensor keys = attention_.keys(states);
    std::vector<std::vector<at::Tensor>> weights;
    for (const auto* layer : layers_) weights.push_back(layer->weights());

    at::Tensor context = at::zeros({states.size(0), width_}, states.options());
    at::Tensor word = at::full({states.size(0)}, kBegin, states.options().dtype(at::kLong));
    std::vector<at::Tensor> logits;
    for (std::int64_t step = 0; step < steps; ++step) {
      at::Tensor x = embedding_(word);
      for (std::size_t i = 0; i < layers_.size(); ++i) {
        const auto& w = weights[i];
        std::tie(hidden[i], cell[i]) =
            at::lstm_cell(at::cat({x, context}, 1), {hidden[i], cell[i]}, w[0], w[1], w[2], w[3]);
        if (i == 0) context = attention_.context(hidden[0], keys, states);
        x = i < 2 ? hidden[i] : hidden[i] + x;
      }
      logits.push_back(projection_(x));
      word = logits.back().argmax(-1);
    }
    return at::stack(logits, 1);
  }

 private:
  static constexpr std::int64_t kBegin = 1;  // <s> in TensorFlow-NMT's vocabularies

  std::int64_t width_;
  Embedding& embedding_;
  Attention& attention_;
  Linear& projection_;
  std::vector<Lstm*> layers_;
};

/// B x 2S x vocabulary: the graph stops at twice the length of the source.
class Gnmt final : public Network {
 public:
  explicit Gnmt(const Config& config)
      : embedding_(add<Embedding>("embedding", config.classes, config.width(1024), uniform(0.1))),
        encoder_(add<Encoder>("encoder", config)),
        decoder_(add<Decoder>("decoder", config)) {}

  at::Tensor forward(at::TensorList inputs) override {
    return decoder_(encoder_(embedding_(inputs[0])), 2 * inputs[0].size(1));
  }

 private:
  Embedding& embedding_;
  Encoder& encoder_;
  Decoder& decoder_;
};

NetworkPtr build(const Config& config) { return std::make_shared<Gnmt>(config); }

constexpr std::int64_t kVocabulary = 32'316;
constexpr std::int64_t kTinyVocabulary = 500;

constexpr InputSpec k20[] = {tokens(20, kVocabulary)};
constexpr InputSpec kTiny[] = {tokens(6, kTinyVocabulary)};

constexpr Variant kVariants[] = {{.name = "20", .inputs = k20, .macs = 7'008'583'680}};

constexpr Model kRows[] = {{
    .name = "gnmt",
    .family = "gnmt",
    .task = Task::translation,
    .item_unit = "sentences",
    .classes = kVocabulary,
    .size = {.parameters = 281'798'657},
    .variants = kVariants,
    .tiny = {.inputs = kTiny, .classes = kTinyVocabulary},
    .defaults = kDefaults,
    .build = build,
    .inference_only = true,
}};

}  // namespace

Rows gnmt() { return kRows; }

}  // namespace btrack::models::ai_benchmark
