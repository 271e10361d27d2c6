// SPDX-License-Identifier: Apache-2.0
// One report, many faces: console table, Markdown, CSV, JSON and a self-contained HTML page.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/analysis/ai_benchmark.hpp"
#include "btrack/analysis/trade_off.hpp"
#include "btrack/core/error.hpp"
#include "btrack/results/columns.hpp"
#include "btrack/results/record.hpp"

namespace btrack::report {

enum class Language { en, ja };
Result<Language> parse_language(std::string_view text);

/// Everything a report shows, in finished form; the faces below only lay it out.
struct Report {
  Language language = Language::en;
  std::string title;
  std::string generated_utc;
  std::string version;
  std::vector<results::RunRecord> records;  ///< with traces where power is to be plotted
  analysis::Comparable comparable;
  std::vector<bool> front;
  analysis::Selection selection;
  std::vector<analysis::Step> steps;
  std::optional<analysis::AiBenchmark> ai_benchmark;
};

/// Compares the records; `min_accuracy` in [0, 1]. The newest record of a workload and its settings
/// counts.
Result<Report> build_report(std::vector<results::RunRecord> records, double min_accuracy,
                            analysis::Objective objective, Language language,
                            std::string generated_utc);

struct ConsoleStyle {
  bool colour = false;
  int width = 100;
};
std::string to_console(const Report& report, const ConsoleStyle& style);
std::string to_markdown(const Report& report);
std::string to_csv(const Report& report);
std::string to_json(const Report& report);
/// One file that needs nothing else: data, styles, charts and both languages inside.
std::string to_html(const Report& report);

/// The text of `key` in that language from data/messages.json, with {name}s for the caller to fill.
std::string_view message(std::string_view key, Language language);

/// A table with aligned columns (East Asian wide characters count two), right-aligned numbers.
std::string text_table(std::span<const std::string> header,
                       std::span<const std::vector<std::string>> rows);

}  // namespace btrack::report
