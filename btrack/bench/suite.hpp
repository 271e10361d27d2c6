// SPDX-License-Identifier: Apache-2.0
// A suite: a TOML file that lists workloads with their settings, and where suites are found.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/results/record.hpp"

namespace btrack::bench {

struct Suite {
  std::string name;
  std::string title;
  double min_accuracy = 0.0;  ///< the outcome a candidate must reach, in [0, 1]
  std::vector<results::Settings> entries;
  std::filesystem::path file;
};

/// A model file as an entry: its absolute path, its file name as the workload, inference.
results::Settings file_settings(const std::filesystem::path& file);
/// By its ending: .pt or .pt2.
bool is_model_file(const std::filesystem::path& file);
/// All model files in a folder, by name. An error (not_found) where there are none.
Result<Suite> folder_suite(const std::filesystem::path& folder);

/// Errors name the file, the line and what was expected there.
Result<Suite> load_suite(const std::filesystem::path& file);

/// Folders searched for `NAME.toml`: $BTRACK_SUITES, then beside the program (installed and build
/// tree).
std::vector<std::filesystem::path> suite_folders();
/// The file of that suite; a path ending in .toml is taken as it is, there or not.
std::optional<std::filesystem::path> suite_file(std::string_view name_or_file);
/// A path ending in .toml is taken as it is; a name is looked up, the error names the nearest.
Result<Suite> find_suite(std::string_view name_or_file);
/// All suites found, by name.
std::vector<Suite> all_suites();

}  // namespace btrack::bench
