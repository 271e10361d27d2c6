// SPDX-License-Identifier: Apache-2.0
// The page: web/dist/report.html with this report's data, texts and plain tables put in.
#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "btrack/report/embedded.hpp"
#include "btrack/report/tables.hpp"

namespace btrack::report {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// JSON that cannot end its script element ("</script>") nor open a comment ("<!--"): in JSON a
/// "<" stands in strings only, where its escape means the same.
std::string script_safe(std::string_view json) {
  std::string out;
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string element(std::string_view name, std::string_view text) {
  return fmt::format("<{0}>{1}</{0}>", name, escaped(text));
}

std::string table_of(const Table& table) {
  std::string out = "<table><thead><tr>";
  for (const auto& cell : table.header) out += element("th", cell);
  out += "</tr></thead><tbody>";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (const auto& cell : row) out += element("td", cell);
    out += "</tr>";
  }
  return out + "</tbody></table>";
}

/// What a reader without scripts gets (mail, a CI server's sandbox): the verdict and the tables.
std::string plain(const Report& report) {
  const View view = make_view(report);
  const Language language = report.language;
  std::string out = element("h1", report.title);
  out += element("p", text("error.script", language));
  for (const auto& notice : view.notices) out += element("p", text(notice, language));
  out += element("h2", text("verdict.title", language) + ": " +
                           text("verdict." + view.verdict.word, language));
  out += element("p", text(view.verdict.headline, language));
  for (const auto& reason : view.verdict.reasons) out += element("p", text(reason, language));
  if (!view.score.empty()) out += element("h2", text("score.title", language));
  for (const auto& part : view.score) out += element("p", text(part, language));
  out += table_of(comparison_table(view, report));
  const Sentence legend{"table.legend", {{"grades", grades_legend(view, language)}}};
  out += element("p", text(legend, language));
  if (const Table generation = generation_table(view, report); !generation.rows.empty()) {
    out += element("h2", text("generation.title", language)) + table_of(generation);
    out += element("p", text("generation.lead", language));
  }
  if (const Table latency = latency_table(view, report); !latency.rows.empty()) {
    out += element("h2", text("latency.title", language)) + table_of(latency);
    out += element("p", text("latency.lead", language));
  }
  if (!view.scaling.empty()) {
    out += element("h2", text("scaling.title", language));
    out += table_of(scaling_table(view, language));
  }
  if (!view.targets.empty()) {
    out += element("h2", text("target.title", language));
    out += table_of(target_table(view, language));
    for (const auto& note : target_notes(view)) out += element("p", text(note, language));
  }
  out += element("h2", text("unknown.title", language)) + "<ul>";
  for (const auto& unknown : view.unknowns) out += element("li", text(unknown, language));
  return out + "</ul>";
}

}  // namespace

std::string to_html(const Report& report) {
  struct Filling {
    std::string_view mark;
    std::string text;
  };
  // In the order in which the template holds them.
  const std::array<Filling, 5> fillings{
      {{"@BTRACK_LANGUAGE@", report.language == Language::ja ? "ja" : "en"},
       {"@BTRACK_TITLE@", escaped(report.title)},
       {"@BTRACK_PLAIN@", plain(report)},
       {"@BTRACK_MESSAGES@", script_safe(embedded::messages_json())},
       {"@BTRACK_DATA@", script_safe(to_json(report))}}};
  std::string_view rest = embedded::report_page();
  std::string out;
  for (const auto& [mark, text] : fillings) {
    const auto at = rest.find(mark);
    if (at == std::string_view::npos) {
      throw std::logic_error(fmt::format("web/dist/report.html lacks {}", mark));
    }
    out.append(rest.substr(0, at)).append(text);
    rest.remove_prefix(at + mark.size());
  }
  return out.append(rest);
}

}  // namespace btrack::report
