// SPDX-License-Identifier: Apache-2.0
// DLRM with low-rank cross layers (Naumov et al. 2019; Wang et al. 2021) in the sizes of MLPerf's
// DLRM-DCNv2, its tables cut to a number of rows.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding_bag.h>

#include <algorithm>
#include <cmath>

#include "btrack/models/families.hpp"
#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::modern {
namespace dlrms {

constexpr std::int64_t kDense = 13;
constexpr std::int64_t kWidth = 128;
constexpr std::int64_t kRank = 512;
constexpr std::int64_t kCrossLayers = 3;

/// Rows of a table, and how many of them one sample looks up: mlcommons/training,
/// recommendation_v2/torchrec_dlrm, on Criteo's click log of 1 TB.
struct Table {
  std::int64_t rows, look_ups;
};
constexpr std::array<Table, 26> kTables{{{40'000'000, 3},  {39'060, 2},      {17'295, 1},
                                         {7'424, 2},       {20'265, 6},      {3, 1},
                                         {7'122, 1},       {1'543, 1},       {63, 1},
                                         {40'000'000, 7},  {3'067'956, 3},   {405'282, 8},
                                         {10, 1},          {2'209, 6},       {11'938, 9},
                                         {155, 5},         {4, 1},           {976, 1},
                                         {14, 1},          {40'000'000, 12}, {40'000'000, 100},
                                         {40'000'000, 27}, {590'152, 10},    {12'973, 3},
                                         {108, 1},         {36, 1}}};

/// The sum of the rows that a sample looks up.
class Bag final : public Module {
 public:
  Bag(std::int64_t rows, std::int64_t width)
      : weight_(
            value("weight", {rows, width}, uniform(1.0 / std::sqrt(static_cast<double>(rows))))) {}

  at::Tensor operator()(const at::Tensor& indices) const {
    const at::Tensor first = at::arange(indices.size(0), indices.options()).mul_(indices.size(1));
    return std::get<0>(at::embedding_bag(weight_, indices.flatten(), first));
  }

 private:
  at::Tensor& weight_;
};

/// Linear layers with ReLU between them, and after the last where `open` is false.
class Perceptron final : public Module {
 public:
  Perceptron(std::int64_t in, std::initializer_list<std::int64_t> widths, bool open) : open_(open) {
    for (const auto width : widths) {
      layers_.push_back(&add<Linear>(std::to_string(layers_.size()), in, width));
      in = width;
    }
  }

  at::Tensor operator()(at::Tensor x) const {
    for (const auto* layer : layers_) {
      x = (*layer)(x);
      if (!open_ || layer != layers_.back()) x = activate(x, Activation::relu);
    }
    return x;
  }

 private:
  bool open_;
  std::vector<Linear*> layers_;
};

/// x0 * (W V x + b) + x.
class Cross final : public Module {
 public:
  Cross(std::int64_t width, std::int64_t rank)
      : narrow_(add<Linear>("narrow", width, rank, xavier(width, rank), std::nullopt)),
        widen_(add<Linear>("widen", rank, width, xavier(width, rank), constant(0.0))) {}

  at::Tensor operator()(const at::Tensor& first, const at::Tensor& x) const {
    return first * widen_(narrow_(x)) + x;
  }

 private:
  static Init xavier(std::int64_t in, std::int64_t out) {
    return normal(std::sqrt(2.0 / static_cast<double>(in + out)));
  }

  Linear &narrow_, &widen_;
};

/// Numbers and the indices of every table to the logit of a click.
class Dlrm final : public Network {
 public:
  explicit Dlrm(const Config& config)
      : bottom_(add<Perceptron>("bottom", kDense,
                                std::initializer_list<std::int64_t>{
                                    config.width(512), config.width(256), config.width(kWidth)},
                                /*open=*/false)) {
    const std::int64_t width = config.width(kWidth);
    for (const auto& input : config.inputs.subspan(1)) {
      tables_.push_back(&add<Bag>("table" + std::to_string(tables_.size()),
                                  static_cast<std::int64_t>(input.high), width));
    }
    const std::int64_t joined = width * static_cast<std::int64_t>(tables_.size() + 1);
    for (std::int64_t i = 0; i < config.depth(kCrossLayers); ++i) {
      crosses_.push_back(&add<Cross>("cross" + std::to_string(i), joined, config.width(kRank)));
    }
    top_ = &add<Perceptron>(
        "top", joined,
        std::initializer_list<std::int64_t>{config.width(1024), config.width(1024),
                                            config.width(512), config.width(256), config.classes},
        /*open=*/true);
  }

  at::Tensor forward(at::TensorList inputs) override {
    std::vector<at::Tensor> parts{bottom_(inputs[0])};
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      parts.push_back((*tables_[i])(inputs[i + 1]).to(parts[0].scalar_type()));
    }
    const at::Tensor first = at::cat(parts, 1);
    at::Tensor x = first;
    for (const auto* cross : crosses_) x = (*cross)(first, x);
    return (*top_)(x);
  }

 private:
  Perceptron& bottom_;
  std::vector<Bag*> tables_;
  std::vector<Cross*> crosses_;
  Perceptron* top_ = nullptr;
};

NetworkPtr build(const Config& config) { return std::make_shared<Dlrm>(config); }

using Inputs = std::array<InputSpec, 1 + kTables.size()>;

constexpr Inputs inputs(std::int64_t most_rows) {
  Inputs all{{{.name = "dense", .sizes = {kDense}, .rank = 1}}};
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    all[i + 1] = tokens(kTables[i].look_ups, std::min(kTables[i].rows, most_rows));
    all[i + 1].name = "indices";
  }
  return all;
}

constexpr Inputs k100k = inputs(100'000);
constexpr Inputs k1m = inputs(1'000'000);
constexpr Inputs kWhole = inputs(40'000'000);
constexpr Inputs kTiny = inputs(100);

constexpr std::int64_t kMacs = 16'030'464;
constexpr Variant kVariants[] = {
    {.name = "100k", .inputs = k100k, .macs = kMacs},
    {.name = "1m", .inputs = k1m, .macs = kMacs, .parameters = 926'973'441},
    {.name = "40m", .inputs = kWhole, .macs = kMacs, .parameters = 26'151'671'809}};

constexpr Model kRows[] = {{
    .name = "dlrm_dcnv2",
    .family = "dlrm",
    .task = Task::recommendation,
    .item_unit = "samples",
    .classes = 1,
    .size = {.parameters = 133'957'889},
    .variants = kVariants,
    .tiny = {.inputs = kTiny},
    .defaults = {.batch = 2048, .infer_batch = 2048, .epochs = 1, .weight_decay = 0.0},
    .build = build,
}};

}  // namespace dlrms

Rows dlrm() { return dlrms::kRows; }

}  // namespace btrack::models::modern
