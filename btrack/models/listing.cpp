// SPDX-License-Identifier: Apache-2.0
// The catalogue, and model files, as JSON.
#include "btrack/models/listing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "btrack/models/catalogue.hpp"
#include "btrack/models/model_file.hpp"
#include "btrack/models/picture_row.hpp"

namespace btrack::models {
namespace {

using Json = nlohmann::ordered_json;

/// "image 1x28x28", inputs separated by commas; integers say so.
std::string input_text(const Variant& variant) {
  std::string text;
  for (const auto& input : variant.inputs) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}{}", input.name, fmt::join(input.shape(), "x"),
                        input.type == DataType::i64 ? " int64" : "");
  }
  return text;
}

Json batches_of(const Model& model, const Variant& variant) {
  Json all;
  for (const Profile profile : kProfiles) {
    const Batches own = batches(model, variant, profile);
    all[profile_name(profile)] = {{"batch", own.train}, {"infer_batch", own.infer}};
  }
  return all;
}

Json variants_of(const Model& model) {
  Json all = Json::array();
  for (const auto& variant : model.variants) {
    all.push_back(
        {{"name", variant.name},
         {"input", input_text(variant)},
         {"macs_per_item", variant.macs / variant.items_per_sample},
         {"profiles", batches_of(model, variant)},
         {"parameters", variant.parameters > 0 ? variant.parameters : model.size.parameters},
         {"source", source_name(variant.source.value_or(model.source))}});
  }
  return all;
}

Json answer_of(const Answer& answer) {
  return {{"prompt", answer.prompt}, {"generate", answer.tokens}};
}

Json row_of(const Model& model) {
  const Variant& first = model.variants.front();
  const Defaults& defaults = model.defaults;
  return {{"name", model.name},
          {"family", model.family},
          {"task", task_name(model.task)},
          {"input", input_text(first)},
          {"classes", model.classes},
          {"item_unit", model.item_unit},
          {"parameters", model.size.parameters},
          {"macs_per_item", first.macs / first.items_per_sample},
          {"source", source_name(model.source)},
          {"variants", variants_of(model)},
          {"epoch_batches", model.source == Source::synthetic ? kSyntheticBatches : 0},
          {"inference_only", model.inference_only},
          {"tiny_batch", model.tiny.batch},
          {"answer", answer_of(model.answer)},
          {"tiny_answer", answer_of(model.tiny.answer)},
          {"defaults",
           {{"batch", defaults.batch},
            {"infer_batch", defaults.infer_batch},
            {"epochs", defaults.epochs},
            {"learning_rate", defaults.learning_rate},
            {"weight_decay", defaults.weight_decay}}}};
}

Json row_of(const std::string& path) {
  const auto file = open_model_file(path);
  if (!file) {
    return {{"file", path},
            {"error",
             {{"kind", error_kind_name(file.error().kind)},
              {"message", file.error().message},
              {"remedy", file.error().remedy}}}};
  }
  const auto& description = file->description;
  return {{"name", description.name},
          {"file", path},
          {"family", "file"},
          {"task", "inference"},
          {"format", format_name(file->format)},
          {"stored_bytes", file->stored_bytes},
          {"input", description.input_text()},
          {"item_unit", description.item_unit},
          {"parameters", description.parameters},
          {"macs_per_item", description.macs_per_item},
          {"inference_only", true},
          {"defaults",
           {{"batch", description.batch}, {"infer_batch", description.batch}, {"epochs", 1}}}};
}

}  // namespace

std::string description_json(std::span<const std::string> files) {
  Json rows = Json::array();
  for (const auto& file : files) rows.push_back(row_of(file));
  return rows.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string catalogue_json() {
  Json rows = Json::array();
  for (const auto& model : models()) rows.push_back(row_of(model));
  rows.push_back(
      {{"name", kPictureInput.name},
       {"family", kPictureInput.family},
       {"task", "input_pipeline"},
       {"input", "JPEG or PNG files"},
       {"inference_only", true},
       {"item_unit", kPictureInput.item_unit},
       {"defaults",
        {{"batch", kPictureInput.batch}, {"infer_batch", kPictureInput.batch}, {"epochs", 1}}}});
  return rows.dump(2);
}

}  // namespace btrack::models
