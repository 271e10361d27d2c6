// SPDX-License-Identifier: Apache-2.0
// Opening the store: whose file it is, its schema brought up to date, its summaries complete.
// Private to this room.
#pragma once

#include <filesystem>

#include "btrack/core/error.hpp"
#include "btrack/results/record.hpp"
#include "btrack/results/sqlite.hpp"

namespace btrack::results {

struct OpenStore {
  Database database;
  bool read_only = false;
};

/// See ResultStore::open for the errors.
Result<OpenStore> open_store(const std::filesystem::path& path);

/// Writes the record's row of run_summary; the caller holds the transaction.
Result<void> write_summary(const Database& database, const RunRecord& record);

}  // namespace btrack::results
