// SPDX-License-Identifier: Apache-2.0
// The store's schema, step by step.
#include "btrack/results/migrations.hpp"

#include <array>

namespace btrack::results {
namespace {

// run_summary starts with its key only: its columns are made from the column table at each opening.
constexpr std::array<std::string_view, 3> kMigrations = {R"sql(
CREATE TABLE campaign(
  id TEXT PRIMARY KEY,
  suite TEXT NOT NULL,
  started_utc TEXT NOT NULL,
  entries TEXT NOT NULL CHECK (json_valid(entries)));

CREATE TABLE run(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  campaign TEXT REFERENCES campaign(id),
  suite TEXT NOT NULL,
  entry INTEGER NOT NULL,
  workload TEXT NOT NULL,
  status TEXT NOT NULL,
  started_utc TEXT NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document)));
CREATE INDEX run_by_time ON run(started_utc, number);
CREATE INDEX run_by_campaign ON run(campaign);

CREATE TABLE trace(
  run TEXT PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE,
  channels TEXT NOT NULL CHECK (json_valid(channels)),
  readings BLOB NOT NULL,
  lost INTEGER NOT NULL);

CREATE TABLE run_summary(run TEXT PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE);

CREATE VIEW run_window AS
SELECT run.id AS run,
       json_extract(w.value, '$.phase') AS phase,
       json_extract(w.value, '$.index') AS "index",
       json_extract(w.value, '$.begin_ns') AS begin_ns,
       json_extract(w.value, '$.end_ns') AS end_ns,
       json_extract(w.value, '$.items') AS items,
       json_extract(w.value, '$.energy.source') AS energy_source,
       json_extract(w.value, '$.energy.grade') AS energy_grade,
       json_extract(w.value, '$.energy.value_j') AS energy_j,
       json_extract(w.value, '$.energy.low_j') AS energy_low_j,
       json_extract(w.value, '$.energy.high_j') AS energy_high_j
FROM run, json_each(run.document, '$.windows') AS w;

CREATE VIEW run_quality AS
SELECT run.id AS run,
       json_extract(q.value, '$.metric') AS metric,
       json_extract(q.value, '$.value') AS value,
       json_extract(q.value, '$.index') AS "index"
FROM run, json_each(run.document, '$.qualities') AS q;
)sql",
                                                         R"sql(
ALTER TABLE trace ADD COLUMN clocks TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(clocks));
)sql",
                                                         R"sql(
ALTER TABLE campaign ADD COLUMN conditions TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(conditions));
)sql"};

}  // namespace

std::span<const std::string_view> migrations() { return kMigrations; }

}  // namespace btrack::results
