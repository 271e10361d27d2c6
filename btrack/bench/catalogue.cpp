// SPDX-License-Identifier: Apache-2.0
// Asking the worker for its table.
#include "btrack/bench/catalogue.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "btrack/core/child_process.hpp"
#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::bench {
namespace {

constexpr Seconds kListTimeout{60.0};  // a cold disk needs many seconds for LibTorch's 500 MB

Result<std::string> output_of(const std::vector<std::string>& argv) {
  ChildOptions options;
  options.argv = argv;
  auto ended = run_program(std::move(options), kListTimeout);
  if (!ended) return fail(ended.error());
  if (ended->status.code != 0) {
    return fail(ErrorKind::crashed, fmt::format("'{}' ended with code {} ({})", argv[0],
                                                ended->status.code, trim(ended->errors)));
  }
  return std::move(ended->output);
}

CatalogueRow row_from(const nlohmann::json& json) {
  CatalogueRow row;
  row.name = json.at("name").get<std::string>();
  row.family = json.value("family", "");
  row.task = json.value("task", "");
  row.input = json.value("input", "");
  row.item_unit = json.value("item_unit", "items");
  row.parameters = json.value("parameters", std::int64_t{0});
  row.macs_per_item = json.value("macs_per_item", std::int64_t{0});
  const auto defaults = json.value("defaults", nlohmann::json::object());
  row.batch = defaults.value("batch", std::int64_t{1});
  row.infer_batch = defaults.value("infer_batch", std::int64_t{1});
  row.epochs = defaults.value("epochs", std::int64_t{1});
  return row;
}

}  // namespace

Result<std::filesystem::path> find_worker(const std::string& given) {
  std::filesystem::path path = given;
  if (path.empty()) {
    const char* own = std::getenv("BTRACK_WORKER");
    path = own != nullptr ? std::filesystem::path(own) : program_folder() / "btrack-worker";
  }
  if (::access(path.c_str(), X_OK) == 0) return path;
  return fail(
      ErrorKind::not_found, fmt::format("there is no worker program at {}", path.string()),
      "build it (cmake --preset release && cmake --build build/release) or name one with --worker");
}

Result<std::vector<CatalogueRow>> catalogue(const std::filesystem::path& worker) {
  const auto text = output_of({worker.string(), "--list"});
  if (!text) return fail(text.error());
  try {
    std::vector<CatalogueRow> rows;
    for (const auto& row : nlohmann::json::parse(*text)) rows.push_back(row_from(row));
    return rows;
  } catch (const std::exception& error) {
    return fail(ErrorKind::malformed,
                fmt::format("'{} --list' did not print its workloads as JSON ({})", worker.string(),
                            error.what()));
  }
}

Result<void> complete_settings(std::vector<results::Settings>& entries,
                               const std::vector<CatalogueRow>& rows) {
  const auto set = [](std::int64_t& value, std::int64_t own) {
    if (value == 0) value = own;
  };
  for (auto& entry : entries) {
    const auto row = std::ranges::find(rows, entry.workload, &CatalogueRow::name);
    if (row == rows.end()) {
      std::vector<std::string> known;
      known.reserve(rows.size());
      for (const auto& other : rows) known.push_back(other.name);
      return fail(ErrorKind::usage,
                  fmt::format("there is no workload '{}'{}", entry.workload,
                              did_you_mean(entry.workload, known)),
                  "`btrack list` shows the workloads");
    }
    set(entry.batch, row->batch);
    set(entry.infer_batch, row->infer_batch);
    set(entry.epochs, row->epochs);
  }
  return {};
}

}  // namespace btrack::bench
