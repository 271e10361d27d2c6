// SPDX-License-Identifier: Apache-2.0
// The report as Markdown (GitHub tables), for pull requests and wikis; and as CSV.
#include <fmt/format.h>

#include "btrack/report/tables.hpp"

namespace btrack::report {
namespace {

/// Text that cannot end a cell, start a tag or join a construct of its neighbours.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += ' ';
      continue;
    }
    if (std::string_view("|\\<>*_`[]").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string line_of(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const auto& cell : cells) line += " " + escaped(cell) + " |";
  return line + "\n";
}

std::string table_of(const Table& table) {
  std::string out = line_of(table.header) + "|";
  for (std::size_t i = 0; i < table.header.size(); ++i) out += " --- |";
  out += "\n";
  for (const auto& row : table.rows) out += line_of(row);
  return out;
}

}  // namespace

std::string to_markdown(const Report& report) {
  const View view = make_view(report);
  const Language language = report.language;
  const auto heading = [&](std::string_view key) { return "\n## " + text(key, language) + "\n\n"; };
  std::string out = "# " + escaped(report.title) + "\n";
  for (const auto& notice : view.notices) {
    out += fmt::format("\n**{}**\n", escaped(text(notice, language)));
  }
  out += fmt::format("\n**{}: {}.** {}\n", text("verdict.title", language),
                     text("verdict." + view.verdict.word, language),
                     escaped(text(view.verdict.headline, language)));
  if (!view.verdict.reasons.empty()) out += "\n";
  for (const auto& reason : view.verdict.reasons) {
    out += "- " + escaped(text(reason, language)) + "\n";
  }
  if (!view.score.empty()) {
    out += heading("score.title");
    for (const auto& part : view.score) out += "- " + escaped(text(part, language)) + "\n";
  }
  if (!view.rows.empty()) {
    const Sentence legend{"table.legend", {{"grades", grades_legend(view, language)}}};
    out += heading("table.title") + table_of(comparison_table(view, report));
    out += "\n" + escaped(text(legend, language)) + "\n";
  }
  if (const Table generation = generation_table(view, report); !generation.rows.empty()) {
    out += heading("generation.title") + table_of(generation);
    out += "\n" + escaped(text("generation.lead", language)) + "\n";
  }
  if (const Table latency = latency_table(view, report); !latency.rows.empty()) {
    out += heading("latency.title") + table_of(latency);
    out += "\n" + escaped(text("latency.lead", language)) + "\n";
  }
  if (!view.steps.empty()) {
    out += heading("steps.title") + table_of(steps_table(view, language));
    out += "\n" + escaped(steps_note(view, language)) + "\n";
  }
  if (!view.scaling.empty()) {
    out += heading("scaling.title") + table_of(scaling_table(view, language));
    out += "\n" + escaped(text("scaling.lead", language)) + "\n";
  }
  if (!view.targets.empty()) {
    out += heading("target.title") + table_of(target_table(view, language));
    for (const auto& note : target_notes(view)) out += "\n" + escaped(text(note, language)) + "\n";
  }
  if (!view.left_out.empty()) {
    out += heading("left_out.title");
    for (const auto& left : view.left_out) {
      out += fmt::format("- {}: {}\n", escaped(left.run), escaped(text(left.reason, language)));
    }
  }
  out += heading("unknown.title");
  for (const auto& unknown : view.unknowns) out += "- " + escaped(text(unknown, language)) + "\n";
  out += fmt::format("\nBenchmark-Tracker {}, {}\n", report.version, report.generated_utc);
  return out;
}

std::string to_csv(const Report& report) {
  std::vector<const results::Column*> all;
  for (const auto& column : results::columns()) all.push_back(&column);
  return results::rows_to_csv(report.records, all);
}

}  // namespace btrack::report
