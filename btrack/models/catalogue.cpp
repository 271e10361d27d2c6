// SPDX-License-Identifier: Apache-2.0
// The table: sizes and multiply-adds are computed from the configurations; the tests count them.
#include "btrack/models/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "btrack/core/text.hpp"
#include "btrack/models/families.hpp"

namespace btrack::models {
namespace {

constexpr InputSpec kGrey28[] = {{.name = "image", .sizes = {1, 28, 28}, .rank = 3}};
constexpr InputSpec kColour224[] = {{.name = "image", .sizes = {3, 224, 224}, .rank = 3}};

using enum Task;
using enum Layout;
using enum Source;

// One row, one model. Learning rates are the peaks with which the ladder was tuned (AdamW, cosine).
// clang-format off
constexpr Model kModels[] = {
    // name, family, task, inputs, classes, item unit,
    //     parameters, MACs, layout, source, defaults, builder
    {"softmax", "linear", classification, kGrey28, 10, "images",
         7'850, 7'840, contiguous, fashion_mnist, {.learning_rate = 2e-3}, mlp::softmax},
    {"mlp_64", "mlp", classification, kGrey28, 10, "images",
         50'890, 50'816, contiguous, fashion_mnist, {.learning_rate = 2e-3}, mlp::mlp_64},
    {"mlp_512_256", "mlp", classification, kGrey28, 10, "images",
         535'818, 535'040, contiguous, fashion_mnist, {.learning_rate = 1e-3}, mlp::mlp_512_256},
    {"lenet5", "cnn", classification, kGrey28, 10, "images",
         61'706, 416'520, channels_last, fashion_mnist, {.learning_rate = 2e-3}, cnn::lenet5},
    {"vit_micro", "vit", classification, kGrey28, 10, "images",
         138'890, 2'427'008, contiguous, fashion_mnist, {.learning_rate = 2e-3}, vit::vit_micro},
    {"cnn_s", "cnn", classification, kGrey28, 10, "images",
         421'642, 4'241'152, channels_last, fashion_mnist, {.learning_rate = 2e-3}, cnn::cnn_s},
    {"cnn_m", "cnn", classification, kGrey28, 10, "images",
         288'170, 29'128'448, channels_last, fashion_mnist, {.epochs = 3, .learning_rate = 2e-3}, cnn::cnn_m},
    {"resnet20", "resnet", classification, kGrey28, 10, "images",
         269'434, 30'821'248, channels_last, fashion_mnist, {.epochs = 3, .learning_rate = 2e-3}, resnet::resnet20},
    // Published as 4.11 G where the normalisation layers are counted, too.
    {"resnet50", "resnet", classification, kColour224, 1000, "images",
         25'557'032, 4'089'184'256, channels_last, synthetic, {.batch = 16, .infer_batch = 16, .epochs = 1}, resnet::resnet50},
};
// clang-format on

}  // namespace

std::string_view task_name(Task task) {
  switch (task) {
    case Task::classification:
      return "classification";
  }
  return "";
}

std::string_view source_name(Source source) {
  switch (source) {
    case Source::fashion_mnist:
      return "fashion-mnist";
    case Source::synthetic:
      return "synthetic";
  }
  return "";
}

std::span<const Model> models() { return kModels; }

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const auto& model : kModels) names.emplace_back(model.name);
  return names;
}

Result<const Model*> find_model(std::string_view name) {
  const auto* found = std::ranges::find(kModels, name, &Model::name);
  if (found != std::end(kModels)) return found;
  return fail(ErrorKind::usage,
              fmt::format("there is no workload '{}'{}", name, did_you_mean(name, model_names())),
              "`btrack list` shows the workloads");
}

}  // namespace btrack::models
