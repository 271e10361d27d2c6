// SPDX-License-Identifier: Apache-2.0
// Rows of chosen columns as CSV (RFC 4180) and JSON.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "btrack/results/columns.hpp"
#include "btrack/results/json_reader.hpp"

namespace btrack::results {
namespace {

using Json = nlohmann::ordered_json;

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

/// Nothing is an empty field; numbers keep every digit that they have.
std::string csv_cell(const Cell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *integer);
  if (const auto* value = std::get_if<double>(&cell)) {
    return std::isfinite(*value) ? fmt::format("{}", *value) : "";
  }
  if (const auto* words = std::get_if<std::string>(&cell)) return csv_field(*words);
  return {};
}

Json json_cell(const Cell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return *integer;
  if (const auto* value = std::get_if<double>(&cell)) {
    return std::isfinite(*value) ? Json(*value) : Json();
  }
  if (const auto* words = std::get_if<std::string>(&cell)) return *words;
  return nullptr;
}

}  // namespace

std::string rows_to_csv(std::span<const RunRecord> records, std::span<const Column* const> chosen) {
  constexpr std::string_view kLineEnd = "\r\n";
  std::string csv;
  const auto separate = [&](std::size_t i) { csv += i + 1 < chosen.size() ? "," : kLineEnd; };
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    csv += chosen[i]->id;
    separate(i);
  }
  for (const RunRecord& record : records) {
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      csv += csv_cell(chosen[i]->value(record));
      separate(i);
    }
  }
  return csv;
}

std::string rows_to_json(std::span<const RunRecord> records,
                         std::span<const Column* const> chosen) {
  Json rows = Json::array();
  for (const RunRecord& record : records) {
    Json row = Json::object();
    for (const Column* column : chosen) {
      row[std::string(column->id)] = json_cell(column->value(record));
    }
    rows.push_back(std::move(row));
  }
  return json_text(rows);
}

}  // namespace btrack::results
