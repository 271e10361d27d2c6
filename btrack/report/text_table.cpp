// SPDX-License-Identifier: Apache-2.0
// A table with aligned columns for a terminal.
#include <algorithm>
#include <cctype>

#include "btrack/report/report.hpp"
#include "btrack/report/width.hpp"

namespace btrack::report {
namespace {

using Rows = std::span<const std::vector<std::string>>;

bool starts_like_number(std::string_view cell) {
  const auto digit = cell.find_first_not_of("+-< ");
  return digit != std::string_view::npos && std::isdigit(static_cast<unsigned char>(cell[digit]));
}

/// Numbers only, at least one; "-" and empty cells do not count.
bool numeric(Rows rows, std::size_t column) {
  bool any = false;
  for (const auto& row : rows) {
    if (column >= row.size() || row[column].empty() || row[column] == "-") continue;
    if (!starts_like_number(row[column])) return false;
    any = true;
  }
  return any;
}

void append_line(std::string& out, const std::vector<std::string>& cells,
                 const std::vector<std::size_t>& widths, const std::vector<bool>& right) {
  std::string line;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string cell = i < cells.size() ? cells[i] : std::string{};
    const std::string fill(widths[i] - display_width(cell), ' ');
    if (i > 0) line += "  ";
    line += right[i] ? fill + cell : cell + fill;
  }
  out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

}  // namespace

std::string text_table(std::span<const std::string> header, Rows rows) {
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  for (std::size_t i = 0; i < header.size(); ++i) {
    std::size_t width = display_width(header[i]);
    for (const auto& row : rows) {
      if (i < row.size()) width = std::max(width, display_width(row[i]));
    }
    widths.push_back(width);
    right.push_back(numeric(rows, i));
  }
  std::string out;
  append_line(out, {header.begin(), header.end()}, widths, right);
  std::vector<std::string> rule;
  rule.reserve(widths.size());
  for (const std::size_t width : widths) rule.emplace_back(width, '-');
  append_line(out, rule, widths, right);
  for (const auto& row : rows) append_line(out, row, widths, right);
  return out;
}

}  // namespace btrack::report
