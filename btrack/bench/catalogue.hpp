// SPDX-License-Identifier: Apache-2.0
// What the worker can run, asked of the worker itself (`btrack-worker --list`).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/results/record.hpp"

namespace btrack::bench {

struct CatalogueRow {
  std::string name;
  std::string family;
  std::string task;
  std::string input;
  std::string item_unit;
  std::int64_t parameters = 0;
  std::int64_t macs_per_item = 0;
  std::int64_t batch = 0;  ///< defaults, used where settings say 0
  std::int64_t infer_batch = 0;
  std::int64_t epochs = 0;
};

/// The worker program: `given`, else $BTRACK_WORKER, else `btrack-worker` beside this program.
Result<std::filesystem::path> find_worker(const std::string& given);
Result<std::vector<CatalogueRow>> catalogue(const std::filesystem::path& worker);
/// Puts each workload's own batch sizes and epochs where an entry says 0, so that a record states
/// what was run. An unknown workload is an error that names the nearest.
Result<void> complete_settings(std::vector<results::Settings>& entries,
                               const std::vector<CatalogueRow>& rows);

}  // namespace btrack::bench
