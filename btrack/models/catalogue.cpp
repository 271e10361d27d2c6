// SPDX-License-Identifier: Apache-2.0
// All families' rows as one table, and the words of the catalogue.
#include "btrack/models/catalogue.hpp"

#include <fmt/format.h>

#include "btrack/core/text.hpp"
#include "btrack/models/families.hpp"
#include "btrack/results/ai_benchmark.hpp"

namespace btrack::models {
namespace {

std::vector<Model> all_rows() {
  std::vector<Model> all;
  for (const Rows rows : {
           ladder::mlp(),
           ladder::cnn(),
           ladder::vit(),
           ladder::resnet(),
           ai_benchmark::mobilenet(),
           ai_benchmark::inception_v3(),
           ai_benchmark::inception_v4(),
           ai_benchmark::inception_resnet_v2(),
           ai_benchmark::resnet_v2(),
           ai_benchmark::vgg(),
           ai_benchmark::srcnn(),
           ai_benchmark::vdsr(),
           ai_benchmark::srgan(),
           ai_benchmark::dped(),
           ai_benchmark::unet(),
           ai_benchmark::spade(),
           ai_benchmark::icnet(),
           ai_benchmark::pspnet(),
           ai_benchmark::deeplab(),
           ai_benchmark::pixel_rnn(),
           ai_benchmark::lstm(),
           ai_benchmark::gnmt(),
           modern::resnet(),
           modern::convnext(),
           modern::vit(),
           modern::bert(),
           modern::gpt2(),
           modern::llama(),
           modern::moe(),
           modern::dit(),
           modern::dlrm(),
           modern::graphsage(),
       }) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace

std::string_view task_name(Task task) {
  switch (task) {
    case Task::classification:
      return "classification";
    case Task::image_to_image:
      return "image_to_image";
    case Task::segmentation:
      return "segmentation";
    case Task::language_model:
      return "language_model";
    case Task::masked_language_model:
      return "masked_language_model";
    case Task::translation:
      return "translation";
    case Task::node_classification:
      return "node_classification";
    case Task::recommendation:
      return "recommendation";
    case Task::diffusion:
      return "diffusion";
  }
  return "";
}

std::string_view profile_name(Profile profile) {
  switch (profile) {
    case Profile::standard:
      return "standard";
    case Profile::alpha:
      return "alpha";
    case Profile::tracker:
      return "tracker";
    case Profile::micro:
      return "micro";
  }
  return "";
}

std::string_view source_name(Source source) {
  switch (source) {
    case Source::fashion_mnist:
      return "fashion-mnist";
    case Source::digits:
      return "digits";
    case Source::files:
      return "files";
    case Source::synthetic:
      return "synthetic";
  }
  return "";
}

std::span<const Model> models() {
  static const std::vector<Model> all = all_rows();
  return all;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const auto& model : models()) names.emplace_back(model.name);
  return names;
}

Result<const Model*> find_model(std::string_view name) {
  for (const auto& model : models()) {
    if (model.name == name) return &model;
  }
  return fail(ErrorKind::usage,
              fmt::format("there is no workload '{}'{}", name, did_you_mean(name, model_names())),
              "`btrack list` shows the workloads");
}

Batches batches(const Model& model, const Variant& variant, Profile profile) {
  constexpr std::int64_t kTracker = 4;
  const auto of = [&](std::string_view test) {
    return results::ai_benchmark_batch(model.name, variant.name, test);
  };
  const Batches alpha{of(results::ai_test::train), of(results::ai_test::infer)};
  switch (profile) {
    case Profile::standard:
      break;
    case Profile::alpha:
      return alpha;
    case Profile::tracker:
      return {kTracker * alpha.train, kTracker * alpha.infer};
    case Profile::micro:
      return {0, of(results::ai_test::micro)};
  }
  const Defaults& own = model.defaults;
  return {alpha.train > 0 ? alpha.train : own.batch,
          alpha.infer > 0 ? alpha.infer : own.infer_batch};
}

}  // namespace btrack::models
