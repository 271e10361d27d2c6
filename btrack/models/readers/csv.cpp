// SPDX-License-Identifier: Apache-2.0
// libcsv splits the fields; this file says what they mean.
#include "btrack/models/readers/csv.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "btrack/core/text.hpp"
#include "btrack/models/readers/gzip_file.hpp"

namespace btrack::models {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;

using Row = std::vector<std::string>;

/// Takes rows from libcsv's call-backs, one at a time.
class Rows {
 public:
  static void field(void* text, std::size_t size, void* self) {
    static_cast<Rows*>(self)->row_.emplace_back(static_cast<const char*>(text), size);
  }
  static void end(int, void* self) {
    auto& rows = *static_cast<Rows*>(self);
    const bool blank = rows.row_.size() == 1 && trim(rows.row_[0]).empty();
    if (!rows.row_.empty() && !blank) rows.all_.push_back(std::move(rows.row_));
    rows.row_.clear();
  }
  [[nodiscard]] std::vector<Row>& all() { return all_; }

 private:
  Row row_;
  std::vector<Row> all_;
};

Result<std::vector<Row>> read_rows(GzipFile& file) {
  csv_parser parser{};
  csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
  Rows rows;
  std::array<std::byte, kChunk> buffer{};
  bool sound = true;
  for (;;) {
    const auto got = file.read_up_to(buffer.data(), buffer.size());
    if (!got) {
      csv_free(&parser);
      return fail(got.error());
    }
    if (*got == 0) break;
    sound = csv_parse(&parser, buffer.data(), *got, Rows::field, Rows::end, &rows) == *got;
    if (!sound) break;
  }
  sound = sound && csv_fini(&parser, Rows::field, Rows::end, &rows) == 0;
  const std::string why = csv_strerror(csv_error(&parser));
  csv_free(&parser);
  if (!sound) {
    return file.malformed(
        fmt::format("the quotes of row {} are wrong ({})", rows.all().size() + 1, why));
  }
  return std::move(rows.all());
}

std::optional<float> value_of(const std::string& field) {
  const auto value = parse_number<float>(trim(field));
  return value && std::isfinite(*value) ? value : std::nullopt;
}

bool is_header(const Row& row) {
  return std::any_of(row.begin(), row.end(), [](const auto& field) { return !value_of(field); });
}

/// The position of the label column.
Result<std::size_t> label_column(const GzipFile& file, const Row& first, bool header,
                                 const std::string& label) {
  if (label.empty()) return first.size() - 1;
  const auto named = std::find(first.begin(), first.end(), label);
  if (header && named != first.end()) return static_cast<std::size_t>(named - first.begin());
  const auto position = parse_number<std::size_t>(label);
  if (position && *position < first.size()) return *position;
  auto wrong = file.malformed(fmt::format("no column is '{}'{}", label,
                                          header ? did_you_mean(label, first) : std::string()));
  wrong.value().remedy = header ? fmt::format("columns: {}", join(first, ", "))
                                : fmt::format("name a position from 0 to {}", first.size() - 1);
  return wrong;
}

/// Whole numbers stay; where a label is none, all are words.
void number_labels(const std::vector<std::string>& labels, Table& table) {
  for (const auto& label : labels) {
    const auto value = value_of(label);
    if (!value || *value < 0.0F || *value != std::floor(*value)) break;
    table.labels.push_back(static_cast<std::int64_t>(*value));
  }
  if (table.labels.size() == labels.size()) return;
  table.classes = labels;
  std::sort(table.classes.begin(), table.classes.end());
  table.classes.erase(std::unique(table.classes.begin(), table.classes.end()), table.classes.end());
  table.labels.clear();
  for (const auto& label : labels) {
    const auto at = std::lower_bound(table.classes.begin(), table.classes.end(), label);
    table.labels.push_back(at - table.classes.begin());
  }
}

/// With one column alone, a word in every row but no number: the first row is data if the label is
/// a word in the second one, too.
bool first_row_names(const std::vector<Row>& rows, std::size_t label) {
  const Row& first = rows.front();
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (i != label && !value_of(first[i])) return true;
  }
  return rows.size() > 1 && !value_of(first[label]) && value_of(rows[1][label]).has_value();
}

}  // namespace

Result<Table> read_csv(const std::filesystem::path& path, const std::string& label) {
  auto file = GzipFile::open(path);
  if (!file) return fail(file.error());
  const auto rows = read_rows(*file);
  if (!rows) return fail(rows.error());
  if (rows->empty() || rows->front().size() < 2) {
    return file->malformed("no rows of at least two fields separated by commas");
  }
  const Row& first = rows->front();
  for (std::size_t i = 0; i < rows->size(); ++i) {
    if ((*rows)[i].size() == first.size()) continue;
    return file->malformed(fmt::format("row {} has {} fields where the first has {}", i + 1,
                                       (*rows)[i].size(), first.size()));
  }
  const auto column = label_column(*file, first, is_header(first), label);
  if (!column) return fail(column.error());

  Table table;
  table.width = static_cast<std::int64_t>(first.size()) - 1;
  const std::size_t begin = first_row_names(*rows, *column) ? 1 : 0;
  std::vector<std::string> labels;
  for (std::size_t i = begin; i < rows->size(); ++i) {
    for (std::size_t c = 0; c < first.size(); ++c) {
      const std::string& field = (*rows)[i][c];
      if (c == *column) {
        labels.emplace_back(trim(field));
        continue;
      }
      const auto value = value_of(field);
      if (!value) {
        return file->malformed(
            fmt::format("row {}, field {}: '{}' is not a finite number", i + 1, c + 1, field));
      }
      table.values.push_back(*value);
    }
  }
  if (labels.empty()) return file->malformed("a header without rows");
  for (std::size_t c = 0; begin == 1 && c < first.size(); ++c) {
    if (c != *column) table.columns.push_back(first[c]);
  }
  number_labels(labels, table);
  return table;
}

}  // namespace btrack::models
