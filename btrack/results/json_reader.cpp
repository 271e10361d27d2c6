// SPDX-License-Identifier: Apache-2.0
// Strict reading of JSON objects with problems that name the key.
#include "btrack/results/json_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace btrack::results {
namespace {

using nlohmann::json;

Result<json> parse(std::string_view text, std::string_view what) {
  json document = json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    return fail(ErrorKind::malformed, fmt::format("the {} is not valid JSON", what));
  }
  return document;
}

Result<void> outcome(const DecodeState& state) {
  if (state.problem) return fail(*state.problem);
  return {};
}

}  // namespace

void DecodeState::complain(ErrorKind kind, std::string message, std::string remedy) {
  if (!problem) problem = Error{kind, std::move(message), std::move(remedy)};
}

JsonReader::JsonReader(const json& object, std::string where, DecodeState& state)
    : object_(object), where_(std::move(where)), state_(state) {
  if (!object_.is_object()) {
    state_.complain(ErrorKind::malformed, fmt::format("{} must be an object", where_));
  }
}

std::string JsonReader::path(const char* key) const { return fmt::format("{}.{}", where_, key); }

void JsonReader::complain(const char* key, std::string_view expected) {
  state_.complain(ErrorKind::malformed, fmt::format("{} must be {}", path(key), expected));
}

const json* JsonReader::find(const char* key) {
  if (object_.is_object()) {
    const auto found = object_.find(key);
    if (found != object_.end()) return &*found;
  }
  state_.complain(ErrorKind::malformed, fmt::format("{} is missing", path(key)));
  return nullptr;
}

std::int64_t JsonReader::integer(const char* key) {
  const json* value = find(key);
  if (value == nullptr) return 0;
  // nlohmann wraps an unsigned number above 2^63 - 1 silently.
  const bool fits =
      value->is_number_integer() &&
      (!value->is_number_unsigned() ||
       value->get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  if (fits) return value->get<std::int64_t>();
  complain(key, "a whole number");
  return 0;
}

std::uint64_t JsonReader::natural(const char* key) {
  const json* value = find(key);
  if (value == nullptr) return 0;
  if (value->is_number_unsigned()) return value->get<std::uint64_t>();
  complain(key, "a whole number, 0 or more");
  return 0;
}

double JsonReader::real(const char* key) {
  const json* value = find(key);
  if (value == nullptr) return 0.0;
  if (value->is_number()) return value->get<double>();
  if (*value == "inf") return std::numeric_limits<double>::infinity();
  if (*value == "-inf") return -std::numeric_limits<double>::infinity();
  if (*value == "nan") return std::numeric_limits<double>::quiet_NaN();
  complain(key, "a number");
  return 0.0;
}

std::string JsonReader::text(const char* key) {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (value->is_string()) return value->get<std::string>();
  complain(key, "text");
  return {};
}

std::string JsonReader::text_or(const char* key, std::string_view absent) {
  return object_.is_object() && !object_.contains(key) ? std::string(absent) : text(key);
}

bool JsonReader::flag_or(const char* key, bool absent) {
  if (object_.is_object() && !object_.contains(key)) return absent;
  const json* value = find(key);
  if (value != nullptr && value->is_boolean()) return value->get<bool>();
  complain(key, "true or false");
  return absent;
}

std::vector<std::string> JsonReader::texts(const char* key) {
  const json* value = find(key);
  std::vector<std::string> all;
  if (value == nullptr) return all;
  if (!value->is_array()) complain(key, "an array of texts");
  for (const json& element : *value) {
    if (element.is_string()) {
      all.push_back(element.get<std::string>());
    } else {
      complain(key, "an array of texts");
    }
  }
  return all;
}

bool JsonReader::present(const char* key) {
  const json* value = find(key);
  return value != nullptr && !value->is_null();
}

bool JsonReader::has(const char* key) const {
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

void JsonReader::object(const char* key, const std::function<void(JsonReader&)>& read) {
  const json* value = find(key);
  if (value == nullptr) return;
  JsonReader inner(*value, path(key), state_);
  read(inner);
}

void JsonReader::objects(const char* key, const std::function<void(JsonReader&)>& read) {
  const json* value = find(key);
  if (value == nullptr) return;
  if (!value->is_array()) return complain(key, "an array");
  for (std::size_t i = 0; i < value->size(); ++i) {
    JsonReader inner((*value)[i], fmt::format("{}[{}]", path(key), i), state_);
    read(inner);
  }
}

void JsonReader::pairs(const char* key,
                       const std::function<bool(std::int64_t, std::int64_t)>& read) {
  const json* value = find(key);
  if (value == nullptr) return;
  const auto good = [&](const json& pair) {
    return pair.is_array() && pair.size() == 2 && pair[0].is_number_integer() &&
           pair[1].is_number_integer() &&
           read(pair[0].get<std::int64_t>(), pair[1].get<std::int64_t>());
  };
  if (!value->is_array() || !std::all_of(value->begin(), value->end(), good)) {
    complain(key, "a list of pairs of whole numbers");
  }
}

void JsonReader::text_map(const char* key,
                          const std::function<void(const std::string&, const std::string&)>& read) {
  const json* value = find(key);
  if (value == nullptr) return;
  if (!value->is_object()) return complain(key, "an object of texts");
  for (const auto& [name, element] : value->items()) {
    if (!element.is_string()) return complain(key, "an object of texts");
    read(name, element.get<std::string>());
  }
}

Result<void> decode_object(std::string_view text, std::string_view what,
                           const std::function<void(JsonReader&, DecodeState&)>& read) {
  const auto document = parse(text, what);
  if (!document) return fail(document.error());
  DecodeState state;
  JsonReader reader(*document, std::string(what), state);
  read(reader, state);
  return outcome(state);
}

Result<void> decode_objects(std::string_view text, std::string_view what,
                            const std::function<void(JsonReader&)>& read) {
  const auto document = parse(text, what);
  if (!document) return fail(document.error());
  DecodeState state;
  if (!document->is_array()) {
    state.complain(ErrorKind::malformed, fmt::format("the {} must be an array", what));
    return outcome(state);
  }
  for (std::size_t i = 0; i < document->size(); ++i) {
    JsonReader reader((*document)[i], fmt::format("{}[{}]", what, i), state);
    read(reader);
  }
  return outcome(state);
}

json json_real(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

std::string json_text(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace btrack::results
