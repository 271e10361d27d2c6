// SPDX-License-Identifier: Apache-2.0
// The catalogue as JSON.
#include "btrack/models/listing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "btrack/models/catalogue.hpp"

namespace btrack::models {
namespace {

using Json = nlohmann::ordered_json;

/// "image 1x28x28", inputs separated by commas; integers say so.
std::string input_text(const Model& model) {
  std::string text;
  for (const auto& input : model.inputs) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}{}", input.name, fmt::join(input.shape(), "x"),
                        input.type == DataType::i64 ? " int64" : "");
  }
  return text;
}

Json row_of(const Model& model) {
  const Defaults& defaults = model.defaults;
  return {{"name", model.name},
          {"family", model.family},
          {"task", task_name(model.task)},
          {"input", input_text(model)},
          {"classes", model.classes},
          {"item_unit", model.item_unit},
          {"parameters", model.parameters},
          {"macs_per_item", model.macs_per_item},
          {"source", source_name(model.source)},
          {"defaults",
           {{"batch", defaults.batch},
            {"infer_batch", defaults.infer_batch},
            {"epochs", defaults.epochs},
            {"learning_rate", defaults.learning_rate},
            {"weight_decay", defaults.weight_decay}}}};
}

}  // namespace

std::string catalogue_json() {
  Json rows = Json::array();
  for (const auto& model : models()) rows.push_back(row_of(model));
  return rows.dump(2);
}

}  // namespace btrack::models
