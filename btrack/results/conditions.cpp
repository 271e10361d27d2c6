// SPDX-License-Identifier: Apache-2.0
// The JSON of a campaign's conditions.
#include "btrack/results/conditions.hpp"

#include <nlohmann/json.hpp>

#include "btrack/results/json_reader.hpp"

namespace btrack::results {

std::string conditions_to_json(const Conditions& conditions) {
  nlohmann::ordered_json json{{"sample_hz", conditions.sample_hz}};
  if (conditions.baseline) json["baseline_s"] = conditions.baseline->count();
  if (conditions.pue) json["pue"] = *conditions.pue;
  if (conditions.pue_u95) json["pue_u95"] = *conditions.pue_u95;
  return json.dump();
}

Result<std::optional<Conditions>> conditions_from_json(std::string_view json) {
  std::optional<Conditions> conditions;
  const auto read =
      decode_object(json, "the campaign's conditions", [&](JsonReader& in, DecodeState&) {
        if (!in.has("sample_hz")) return;
        conditions.emplace();
        conditions->sample_hz = in.real("sample_hz");
        if (in.has("baseline_s")) conditions->baseline = Seconds(in.real("baseline_s"));
        if (in.has("pue")) conditions->pue = in.real("pue");
        if (in.has("pue_u95")) conditions->pue_u95 = in.real("pue_u95");
      });
  if (!read) return fail(read.error());
  return conditions;
}

}  // namespace btrack::results
