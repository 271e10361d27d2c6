// SPDX-License-Identifier: Apache-2.0
// The one column table: every metric's id, unit, type and labels; SQL, JSON, CSV, console, HTML and
// the documentation are made from it. Adding a metric touches one line of columns.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/results/record.hpp"

namespace btrack::results {

/// Nothing (not measured, not applicable), or a value of the column's type.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;
enum class ColumnType { integer, real, text };

struct Column {
  std::string_view id;    ///< "train_energy_j": also the key in JSON, CSV and SQL
  std::string_view unit;  ///< "J", "s", "%", "" for none
  ColumnType type;
  std::string_view en;
  std::string_view ja;
  Cell (*value)(const RunRecord&);
};

std::span<const Column> columns();
/// The column of that id; the error names the nearest one.
Result<const Column*> find_column(std::string_view id);
/// Columns by comma-separated ids.
Result<std::vector<const Column*>> parse_columns(std::string_view ids);

/// A cell for people: three significant digits, "-" for nothing.
std::string cell_text(const Cell& cell);

std::string rows_to_csv(std::span<const RunRecord> records, std::span<const Column* const> chosen);
std::string rows_to_json(std::span<const RunRecord> records, std::span<const Column* const> chosen);

}  // namespace btrack::results
