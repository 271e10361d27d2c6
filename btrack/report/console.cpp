// SPDX-License-Identifier: Apache-2.0
// The report on a terminal: verdict, comparison, price of a point, and what is not known.
#include <fmt/format.h>

#include <algorithm>

#include "btrack/report/tables.hpp"
#include "btrack/report/width.hpp"

namespace btrack::report {
namespace {

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kGreen = "\x1b[1;32m";
constexpr std::string_view kYellow = "\x1b[1;33m";
constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kReset = "\x1b[0m";

class Page {
 public:
  explicit Page(const ConsoleStyle& style) : style_(style) {}

  void heading(const std::string& line) { out_ += "\n" + paint(line, kBold) + "\n"; }
  void line(const std::string& text) { out_ += text + "\n"; }

  /// A paragraph, or with a bullet an item, broken to the width.
  void paragraph(const std::string& text, std::string_view bullet = "") {
    const std::size_t indent = bullet.size();
    const auto width = static_cast<std::size_t>(std::max(style_.width, 20));
    bool first = true;
    for (const std::string& part : wrap(text, width - indent)) {
      out_ += (first ? std::string(bullet) : std::string(indent, ' ')) + part + "\n";
      first = false;
    }
  }

  [[nodiscard]] std::string paint(const std::string& text, std::string_view code) const {
    return style_.colour ? fmt::format("{}{}{}", code, text, kReset) : text;
  }

  /// The table, its `marked` line in bold.
  void table(const Table& table, std::optional<std::size_t> marked = {}) {
    std::size_t at = 0;
    const std::string whole = text_table(table.header, table.rows);
    for (std::size_t begin = 0; begin < whole.size(); ++at) {
      const auto end = whole.find('\n', begin);
      const std::string row = whole.substr(begin, end - begin);
      line(marked && at == *marked + 2 ? paint(row, kBold) : row);
      begin = end + 1;
    }
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  ConsoleStyle style_;
  std::string out_;
};

std::string_view word_colour(std::string_view word) {
  if (word == "adopt") return kGreen;
  return word == "decline" ? kRed : kYellow;
}

std::size_t table_width(const Table& table) {
  const std::string whole = text_table(table.header, table.rows);
  std::size_t widest = 0;
  for (std::size_t begin = 0; begin < whole.size();) {
    const auto end = whole.find('\n', begin);
    widest = std::max(widest, display_width(whole.substr(begin, end - begin)));
    begin = end + 1;
  }
  return widest;
}

/// Gives up columns until the table fits; returns the headings it gave up.
std::vector<std::string> fit(Table& table, std::size_t width,
                             const std::vector<std::size_t>& dispensable) {
  std::vector<std::size_t> given_up;
  const auto without = [&](const std::vector<std::string>& cells) {
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (std::find(given_up.begin(), given_up.end(), i) == given_up.end()) {
        kept.push_back(cells[i]);
      }
    }
    return kept;
  };
  Table fitted = table;
  for (const std::size_t column : dispensable) {
    if (table_width(fitted) <= width) break;
    given_up.push_back(column);
    fitted.header = without(table.header);
    std::transform(table.rows.begin(), table.rows.end(), fitted.rows.begin(), without);
  }
  std::sort(given_up.begin(), given_up.end());
  std::vector<std::string> names;
  names.reserve(given_up.size());
  for (const std::size_t column : given_up) names.push_back(table.header[column]);
  table = std::move(fitted);
  return names;
}

void add_hidden(Page& page, const std::vector<std::string>& hidden, Language language) {
  if (hidden.empty()) return;
  page.paragraph(
      text(Sentence{"table.hidden", {{"columns", fmt::format("{}", fmt::join(hidden, ", "))}}},
           language));
}

void add_comparison(Page& page, const View& view, const Report& report, int width) {
  const Language language = report.language;
  Table table = comparison_table(view, report);
  const auto hidden =
      fit(table, static_cast<std::size_t>(std::max(width, 20)), dispensable_columns());
  page.table(table, view.best);
  page.line("");
  const bool marked = std::ranges::find(hidden, text("col.front", language)) == hidden.end();
  page.paragraph(text(Sentence{marked ? "table.legend" : "table.legend_unmarked",
                               {{"grades", grades_legend(view, language)}}},
                      language));
  add_hidden(page, hidden, language);
}

/// A table with a heading and an explanation, where it has lines; `part` names their texts.
struct Extra {
  Table table;
  std::string part;
  std::vector<std::size_t> dispensable;
};

void add_extra(Page& page, Extra extra, Language language, int width) {
  if (extra.table.rows.empty()) return;
  page.heading(text(extra.part + ".title", language));
  const auto hidden =
      fit(extra.table, static_cast<std::size_t>(std::max(width, 20)), extra.dispensable);
  page.table(extra.table);
  page.line("");
  page.paragraph(text(extra.part + ".lead", language));
  add_hidden(page, hidden, language);
}

}  // namespace

std::string to_console(const Report& report, const ConsoleStyle& style) {
  const View view = make_view(report);
  const Language language = report.language;
  Page page(style);
  page.line(page.paint(report.title, kBold));
  for (const auto& notice : view.notices) page.paragraph(text(notice, language), "! ");
  const std::string word = text("verdict." + view.verdict.word, language);
  page.heading(fmt::format("{}: {}", text("verdict.title", language),
                           page.paint(word, word_colour(view.verdict.word))));
  page.paragraph(text(view.verdict.headline, language));
  for (const auto& reason : view.verdict.reasons) page.paragraph(text(reason, language), "- ");
  if (!view.score.empty()) {
    page.heading(text("score.title", language));
    for (const auto& part : view.score) page.paragraph(text(part, language));
  }
  if (!view.rows.empty()) {
    page.heading(text("table.title", language));
    add_comparison(page, view, report, style.width);
  }
  add_extra(page, {generation_table(view, report), "generation", dispensable_generation_columns()},
            language, style.width);
  add_extra(page, {latency_table(view, report), "latency", dispensable_latency_columns()}, language,
            style.width);
  if (!view.steps.empty()) {
    page.heading(text("steps.title", language));
    Table steps = steps_table(view, language);
    // What the comparison above already tells can be worked out: it may go.
    fit(steps, static_cast<std::size_t>(std::max(style.width, 20)), {3, 2, 5});
    page.table(steps);
    page.line("");
    page.paragraph(steps_note(view, language));
  }
  if (!view.scaling.empty()) {
    page.heading(text("scaling.title", language));
    page.table(scaling_table(view, language));
    page.line("");
    page.paragraph(text("scaling.lead", language));
  }
  if (!view.targets.empty()) {
    page.heading(text("target.title", language));
    Table targets = target_table(view, language);
    fit(targets, static_cast<std::size_t>(std::max(style.width, 20)), {3, 6});
    page.table(targets);
    page.line("");
    for (const auto& note : target_notes(view)) page.paragraph(text(note, language));
  }
  if (!view.left_out.empty()) {
    page.heading(text("left_out.title", language));
    for (const auto& left : view.left_out) {
      page.paragraph(left.run + ": " + text(left.reason, language), "- ");
    }
  }
  page.heading(text("unknown.title", language));
  for (const auto& unknown : view.unknowns) page.paragraph(text(unknown, language), "- ");
  return page.take();
}

}  // namespace btrack::report
