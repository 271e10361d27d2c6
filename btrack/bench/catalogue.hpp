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

struct CatalogueBatches {
  std::string profile;
  std::int64_t batch = 0;  ///< 0: this profile has no such test
  std::int64_t infer_batch = 0;
};

/// One input size of a workload.
struct CatalogueVariant {
  std::string name;
  std::string input;
  std::int64_t macs_per_item = 0;
  std::vector<CatalogueBatches> profiles;
};

/// Tokens of prompt and answer; 0: the workload does not generate.
struct CatalogueAnswer {
  std::int64_t prompt = 0;
  std::int64_t generate = 0;
};

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
  std::int64_t epoch_batches = 0;  ///< steps of a synthetic epoch; 0: a data set's items
  std::int64_t tiny_batch = 0;     ///< 0: the worker has no scale tiny
  bool inference_only = false;     ///< what is called its batch is that of its calls
  CatalogueAnswer answer, tiny_answer;
  std::vector<CatalogueVariant> variants;  ///< the first is meant where none is named; may be none
  std::string file{};  ///< of a model file; empty: a row of the worker's own table
};

/// The worker program: `given`, else $BTRACK_WORKER, else `btrack-worker` beside this program.
Result<std::filesystem::path> find_worker(const std::string& given);
Result<std::vector<CatalogueRow>> catalogue(const std::filesystem::path& worker);
/// Adds a row for each model file that the entries name (`btrack-worker --describe FILE ...`). One
/// that cannot be described gets none: its run will say why. An error where no entry is left.
Result<void> add_files(const std::filesystem::path& worker,
                       const std::vector<results::Settings>& entries,
                       std::vector<CatalogueRow>& rows);
/// Puts each workload's own batch sizes, epochs and lengths where an entry says 0, so that a record
/// states what was run. An unknown workload, variant or profile is an error that names the nearest.
Result<void> complete_settings(std::vector<results::Settings>& entries,
                               const std::vector<CatalogueRow>& rows);

}  // namespace btrack::bench
