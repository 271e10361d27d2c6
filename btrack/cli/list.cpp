// SPDX-License-Identifier: Apache-2.0
// `btrack list`: workloads and suites.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "btrack/bench/catalogue.hpp"
#include "btrack/bench/suite.hpp"
#include "btrack/cli/command.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/report/report.hpp"

namespace btrack::cli {
namespace {

using Json = nlohmann::ordered_json;

int print_json(const std::vector<bench::CatalogueRow>& rows,
               const std::vector<bench::Suite>& suites) {
  Json workloads = Json::array();
  for (const auto& row : rows) {
    Json variants = Json::array();
    for (const auto& variant : row.variants) {
      variants.push_back({{"name", variant.name},
                          {"input", variant.input},
                          {"macs_per_item", variant.macs_per_item}});
    }
    workloads.push_back({{"name", row.name},
                         {"family", row.family},
                         {"task", row.task},
                         {"input", row.input},
                         {"item_unit", row.item_unit},
                         {"parameters", row.parameters},
                         {"macs_per_item", row.macs_per_item},
                         {"variants", variants}});
  }
  Json list = Json::array();
  for (const auto& suite : suites) {
    Json names = Json::array();
    for (const auto& entry : suite.entries) names.push_back(entry.workload);
    list.push_back({{"name", suite.name}, {"title", suite.title}, {"workloads", names}});
  }
  print(Json{{"format", "btrack-list"}, {"version", 1}, {"workloads", workloads}, {"suites", list}}
            .dump(2));
  return exit_code::ok;
}

int print_text(const std::vector<bench::CatalogueRow>& rows,
               const std::vector<bench::Suite>& suites) {
  std::vector<std::vector<std::string>> table;
  table.reserve(rows.size());
  for (const auto& row : rows) {
    table.push_back({row.name, row.family, row.task, row.input, fmt::format("{}", row.parameters),
                     fmt::format("{:.3f}", static_cast<double>(row.macs_per_item) * 1e-6)});
  }
  print(report::text_table(
      std::vector<std::string>{"workload", "family", "task", "input", "parameters", "MMAC/item"},
      table));
  fmt::print("\n");
  table.clear();
  for (const auto& suite : suites) {
    table.push_back({suite.name, fmt::format("{}", suite.entries.size()), suite.title});
  }
  print(report::text_table(std::vector<std::string>{"suite", "runs", "what it answers"}, table));
  return exit_code::ok;
}

}  // namespace

Action add_list(CLI::App& sub, Globals& globals) {
  auto worker = std::make_shared<std::string>();
  sub.add_option("--worker", *worker, "Worker program (default: btrack-worker beside btrack)")
      ->type_name("FILE");
  return [worker, &globals] {
    const auto program = bench::find_worker(*worker);
    if (!program) return report_error(program.error(), globals);
    const auto rows = bench::catalogue(*program);
    if (!rows) return report_error(rows.error(), globals);
    const auto suites = bench::all_suites();
    return globals.json ? print_json(*rows, suites) : print_text(*rows, suites);
  };
}

}  // namespace btrack::cli
