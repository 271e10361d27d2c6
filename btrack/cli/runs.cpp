// SPDX-License-Identifier: Apache-2.0
// `btrack runs`: what is in the store, any columns, as table, CSV or JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "btrack/cli/command.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/report/report.hpp"
#include "btrack/results/columns.hpp"

namespace btrack::cli {
namespace {

struct RunsOptions {
  std::string columns =
      "run,workload,status,accuracy_percent,train_time_s,train_energy_j,infer_energy_per_1000_j,"
      "energy_grade";
  std::string workload, suite, campaign, status;
  std::int64_t limit = 0;
  bool csv = false;
  bool list_columns = false;
};

int list_columns() {
  std::vector<std::vector<std::string>> rows;
  for (const auto& column : results::columns()) {
    rows.push_back({std::string(column.id), std::string(column.unit), std::string(column.en),
                    std::string(column.ja)});
  }
  print(report::text_table(std::vector<std::string>{"column", "unit", "English", "日本語"}, rows));
  return exit_code::ok;
}

void print_table(const std::vector<results::RunRecord>& records,
                 const std::vector<const results::Column*>& chosen) {
  std::vector<std::string> header;
  header.reserve(chosen.size());
  for (const auto* column : chosen) header.emplace_back(column->id);
  std::vector<std::vector<std::string>> rows;
  rows.reserve(records.size());
  for (const auto& record : records) {
    std::vector<std::string> row;
    row.reserve(chosen.size());
    for (const auto* column : chosen) row.push_back(results::cell_text(column->value(record)));
    rows.push_back(std::move(row));
  }
  print(report::text_table(header, rows));
}

int runs(const RunsOptions& options, const Globals& globals) {
  if (options.list_columns) return list_columns();
  const auto chosen = results::parse_columns(options.columns);
  if (!chosen) return report_error(chosen.error(), globals);
  const auto store = globals.open_store();
  if (!store) return report_error(store.error(), globals);
  results::RunFilter filter;
  const auto set = [](auto& target, const std::string& text) {
    if (!text.empty()) target = text;
  };
  set(filter.workload, options.workload);
  set(filter.suite, options.suite);
  set(filter.campaign, options.campaign);
  if (!options.status.empty()) filter.status = results::status_from(options.status);
  filter.limit = options.limit;
  const auto records = store->runs(filter);
  if (!records) return report_error(records.error(), globals);
  if (globals.json) {
    print(results::rows_to_json(*records, *chosen));
  } else if (options.csv) {
    print(results::rows_to_csv(*records, *chosen));
  } else if (records->empty()) {
    fmt::print("No results in {} yet; `btrack run quick` makes some.\n", store->path().string());
  } else {
    print_table(*records, *chosen);
  }
  return exit_code::ok;
}

}  // namespace

Action add_runs(CLI::App& sub, Globals& globals) {
  auto options = std::make_shared<RunsOptions>();
  sub.add_option("--columns", options->columns, "Columns, comma separated")->type_name("LIST");
  sub.add_option("--workload", options->workload, "Only this workload")->type_name("NAME");
  sub.add_option("--suite", options->suite, "Only this suite")->type_name("NAME");
  sub.add_option("--campaign", options->campaign, "Only this campaign")->type_name("ID");
  sub.add_option("--status", options->status, "complete, failed or interrupted")
      ->check(CLI::IsMember({"complete", "failed", "interrupted"}))
      ->type_name("STATUS");
  sub.add_option("--limit", options->limit, "The newest N")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  sub.add_flag("--list-columns", options->list_columns, "Every column with its unit and meaning");
  sub.add_flag("--csv", options->csv, "Print CSV");
  return [options, &globals] { return runs(*options, globals); };
}

}  // namespace btrack::cli
