// SPDX-License-Identifier: Apache-2.0
// `btrack report`: the comparison in any of its faces.
#include "btrack/report/report.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "btrack/cli/choice.hpp"
#include "btrack/cli/command.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/core/file.hpp"

namespace btrack::cli {
namespace {

struct ReportOptions {
  Question question;
  std::string format;
  std::string output;
};

std::string rendered(const report::Report& report, const std::string& format,
                     const Globals& globals, bool to_file) {
  if (format == "html") return report::to_html(report);
  if (format == "md") return report::to_markdown(report);
  if (format == "csv") return report::to_csv(report);
  if (format == "json") return report::to_json(report);
  return report::to_console(report,
                            {!to_file && wants_colour(globals.color, stdout), terminal_width()});
}

/// --format, else --json, else the output's extension, else HTML into a file and the console
/// without one.
std::string format_of(const ReportOptions& options, const Globals& globals) {
  if (!options.format.empty()) return options.format;
  if (globals.json) return "json";
  if (options.output.empty()) return "console";
  const auto extension = std::filesystem::path(options.output).extension();
  for (const auto* known : {"md", "csv", "json"}) {
    if (extension == std::string(".") + known) return known;
  }
  return extension == ".txt" ? "console" : "html";
}

int report_command(const ReportOptions& options, const Globals& globals) {
  const auto store = globals.open_store();
  if (!store) return report_error(store.error(), globals);
  const auto report = answer(*store, options.question, true);
  if (!report) return report_error(report.error(), globals);
  const auto text =
      rendered(*report, format_of(options, globals), globals, !options.output.empty());
  if (options.output.empty()) {
    print(text);
    return exit_code::ok;
  }
  if (const auto written = write_file(options.output, text); !written) {
    return report_error(written.error(), globals);
  }
  fmt::print(stderr, "Report: {}\n", std::filesystem::absolute(options.output).string());
  return exit_code::ok;
}

}  // namespace

Action add_report(CLI::App& sub, Globals& globals) {
  auto options = std::make_shared<ReportOptions>();
  add_question(sub, options->question);
  sub.add_option("--format", options->format, "html, md, csv, json or console")
      ->check(CLI::IsMember({"html", "md", "csv", "json", "console"}))
      ->type_name("FORMAT");
  sub.add_option("--lang", options->question.language, "en or ja")
      ->check(CLI::IsMember({"en", "ja"}))
      ->type_name("LANG");
  sub.add_option("-o,--output", options->output,
                 "Write here (the format follows from the extension)")
      ->type_name("FILE");
  return [options, &globals] { return report_command(*options, globals); };
}

}  // namespace btrack::cli
