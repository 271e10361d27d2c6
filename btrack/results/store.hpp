// SPDX-License-Identifier: Apache-2.0
// Where results are kept: one SQLite file, WAL, numbered forward migrations, safe under two
// writers.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/results/conditions.hpp"
#include "btrack/results/record.hpp"

namespace btrack::results {

/// A started suite: what is to be run and how, so that it can be resumed.
struct Campaign {
  std::string id;
  std::string suite;
  std::string started_utc;
  std::vector<Settings> entries;
  std::optional<Conditions> conditions;  ///< absent in campaigns of before they were kept
};

struct RunFilter {
  std::optional<std::string> campaign;
  std::optional<std::string> suite;
  std::optional<std::string> workload;
  std::optional<Status> status;
  std::int64_t limit = 0;  ///< newest first; 0 = all
};

/// Tables and views for SQL users: docs/adr/0004-store.md. One object, one thread at a time; any
/// number of processes.
class ResultStore {
 public:
  /// Opens or creates the file and its folder. A store that may only be read is opened for reading.
  /// Errors: not a store of ours or damaged (malformed), newer than this program (unsupported), not
  /// to be created or read (denied); the file is left untouched then.
  static Result<ResultStore> open(const std::filesystem::path& path);
  ~ResultStore();
  ResultStore(ResultStore&&) noexcept;
  ResultStore& operator=(ResultStore&&) noexcept;

  /// False where add() works; else it is refused (denied).
  [[nodiscard]] bool read_only() const;

  Result<void> add(const Campaign& campaign);
  /// Adds a finished record with its trace and its summary in one transaction. Its campaign, if it
  /// names one, must have been added before (usage, as for an id that is there already).
  Result<void> add(const RunRecord& record);

  /// Newest last; traces are not loaded.
  [[nodiscard]] Result<std::vector<RunRecord>> runs(const RunFilter& filter = {}) const;
  /// One record by id or by a unique prefix of it ("latest" = the newest); the trace is loaded.
  [[nodiscard]] Result<RunRecord> run(std::string_view id) const;
  /// By id; "" = the newest campaign.
  [[nodiscard]] Result<Campaign> campaign(std::string_view id) const;
  [[nodiscard]] const std::filesystem::path& path() const;

 private:
  struct Impl;
  explicit ResultStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// $BTRACK_STORE, else $XDG_DATA_HOME/btrack/results.db, else ~/.local/share/btrack/results.db.
std::filesystem::path default_store_path();

}  // namespace btrack::results
