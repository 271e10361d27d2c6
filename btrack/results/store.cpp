// SPDX-License-Identifier: Apache-2.0
// Adding campaigns and records, and finding them again.
#include "btrack/results/store.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "btrack/power/trace_json.hpp"
#include "btrack/results/json_reader.hpp"
#include "btrack/results/schema.hpp"
#include "btrack/results/sqlite.hpp"
#include "btrack/results/trace_codec.hpp"

namespace btrack::results {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string entries_to_json(const std::vector<Settings>& entries) {
  std::string json = "[";
  for (const Settings& entry : entries) {
    json += (json.size() > 1 ? "," : "") + settings_to_json(entry);
  }
  return json + "]";
}

/// Prepares, lets `bind` fill the parameters, runs.
template <class Bind>
Result<void> insert(const Database& database, std::string_view sql, Bind bind) {
  auto statement = database.prepare(sql);
  if (!statement) return fail(statement.error());
  bind(*statement);
  return statement->run();
}

Result<void> insert_run(const Database& database, const RunRecord& r) {
  return insert(database,
                "INSERT INTO run(id, campaign, suite, entry, workload, status, started_utc,"
                " document) VALUES(?,?,?,?,?,?,?,?)",
                [&](Statement& s) {
                  s.bind(std::string_view(r.id)).bind(unless_empty(r.campaign));
                  s.bind(std::string_view(r.suite)).bind(r.entry);
                  s.bind(std::string_view(r.settings.workload)).bind(status_name(r.status));
                  s.bind(std::string_view(r.started_utc)).bind(std::string_view(to_json(r)));
                });
}

Result<void> insert_trace(const Database& database, const RunRecord& r) {
  if (r.trace.channels.empty() && r.trace.readings.empty()) return {};
  return insert(database,
                "INSERT INTO trace(run, channels, readings, lost, clocks) VALUES(?,?,?,?,?)",
                [&](Statement& s) {
                  s.bind(std::string_view(r.id));
                  s.bind(std::string_view(power::channels_to_json(r.trace.channels)));
                  s.bind_blob(pack_readings(r.trace.readings));
                  s.bind(static_cast<std::int64_t>(r.trace.lost));
                  s.bind(std::string_view(power::clocks_to_json(r.trace.clocks)));
                });
}

Result<RunRecord> decode_row(const Statement& row) {
  auto record = record_from_json(row.text(1));
  if (record) return record;
  Error error = record.error();
  error.message = fmt::format("the stored run {} cannot be read: {}", row.text(0), error.message);
  return fail(std::move(error));
}

Result<void> load_trace(const Database& database, RunRecord& record) {
  auto query = database.prepare("SELECT channels, readings, lost, clocks FROM trace WHERE run = ?");
  if (!query) return fail(query.error());
  const auto row = query->bind(std::string_view(record.id)).step();
  if (!row) return fail(row.error());
  if (!*row) return {};
  auto channels = power::channels_from_json(query->text(0));
  if (!channels) return fail(channels.error());
  auto readings = unpack_readings(query->text(1));
  if (!readings) return fail(readings.error());
  for (const power::Reading& reading : *readings) {
    if (reading.channel >= channels->size()) {
      return fail(ErrorKind::malformed, fmt::format("the trace of run {} names channel {} of {}",
                                                    record.id, reading.channel, channels->size()));
    }
  }
  auto clocks = power::clocks_from_json(query->text(3));
  if (!clocks) return fail(clocks.error());
  record.trace = {std::move(*channels), std::move(*readings),
                  static_cast<std::uint64_t>(query->integer(2)), std::move(*clocks)};
  return {};
}

Result<std::string> no_such_run(std::string_view id) {
  return fail(ErrorKind::not_found, fmt::format("there is no run '{}' in the store", id),
              "list them with: btrack runs");
}

Result<std::string> newest_id(const Database& database) {
  auto query =
      database.prepare("SELECT id FROM run ORDER BY started_utc DESC, number DESC LIMIT 1");
  if (!query) return fail(query.error());
  const auto row = query->step();
  if (!row) return fail(row.error());
  if (*row) return query->text(0);
  return fail(ErrorKind::not_found, "the store holds no run yet",
              "measure one with: btrack run quick");
}

/// The whole id behind a prefix; an exact id wins over longer ones that begin with it.
Result<std::string> resolve_id(const Database& database, std::string_view prefix) {
  if (prefix == "latest") return newest_id(database);
  if (prefix.empty()) return no_such_run(prefix);
  auto query = database.prepare(
      "SELECT id FROM run WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id <> ?1, id LIMIT 4");
  if (!query) return fail(query.error());
  query->bind(prefix);
  std::vector<std::string> found;
  for (;;) {
    const auto row = query->step();
    if (!row) return fail(row.error());
    if (!*row) break;
    found.push_back(query->text(0));
  }
  if (found.empty()) return no_such_run(prefix);
  if (found.size() == 1 || found[0] == prefix) return found[0];
  return fail(ErrorKind::usage,
              fmt::format("'{}' begins the ids of several runs: {}, {}{}", prefix, found[0],
                          found[1], found.size() > 2 ? ", ..." : ""),
              "give more of the id");
}

}  // namespace

struct ResultStore::Impl {
  OpenStore open;
  fs::path path;

  [[nodiscard]] const Database& database() const { return open.database; }

  [[nodiscard]] Result<Transaction> begin() const {
    if (!open.read_only) return Transaction::begin(database());
    return fail(ErrorKind::denied,
                fmt::format("the result store {} may be read but not written", path.string()),
                "check the permissions of the file and of its folder, or name another store");
  }
};

ResultStore::ResultStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ResultStore::~ResultStore() = default;
ResultStore::ResultStore(ResultStore&&) noexcept = default;
ResultStore& ResultStore::operator=(ResultStore&&) noexcept = default;

Result<ResultStore> ResultStore::open(const fs::path& path) {
  auto opened = open_store(path);
  if (!opened) return fail(opened.error());
  return ResultStore(std::make_unique<Impl>(Impl{std::move(*opened), path}));
}

const fs::path& ResultStore::path() const { return impl_->path; }
bool ResultStore::read_only() const { return impl_->open.read_only; }

Result<void> ResultStore::add(const Campaign& campaign) {
  auto transaction = impl_->begin();
  if (!transaction) return fail(transaction.error());
  auto added =
      insert(impl_->database(),
             "INSERT INTO campaign(id, suite, started_utc, entries, conditions) VALUES(?,?,?,?,?)",
             [&](Statement& s) {
               s.bind(std::string_view(campaign.id)).bind(std::string_view(campaign.suite));
               s.bind(std::string_view(campaign.started_utc));
               s.bind(std::string_view(entries_to_json(campaign.entries)));
               s.bind(std::optional(campaign.conditions ? conditions_to_json(*campaign.conditions)
                                                        : "{}"));
             });
  if (!added) return added;
  return transaction->commit();
}

Result<void> ResultStore::add(const RunRecord& record) {
  auto transaction = impl_->begin();
  if (!transaction) return fail(transaction.error());
  auto added = insert_run(impl_->database(), record)
                   .and_then([&] { return insert_trace(impl_->database(), record); })
                   .and_then([&] { return write_summary(impl_->database(), record); });
  if (!added) return added;
  return transaction->commit();
}

Result<std::vector<RunRecord>> ResultStore::runs(const RunFilter& filter) const {
  auto query = impl_->database().prepare(
      "SELECT id, document FROM (SELECT * FROM run"
      " WHERE (?1 IS NULL OR campaign = ?1) AND (?2 IS NULL OR suite = ?2)"
      " AND (?3 IS NULL OR workload = ?3) AND (?4 IS NULL OR status = ?4)"
      " ORDER BY started_utc DESC, number DESC LIMIT ?5) ORDER BY started_utc, number");
  if (!query) return fail(query.error());
  query->bind(filter.campaign).bind(filter.suite).bind(filter.workload);
  filter.status ? query->bind(status_name(*filter.status)) : query->bind_null();
  query->bind(filter.limit > 0 ? filter.limit : std::int64_t{-1});
  std::vector<RunRecord> records;
  for (;;) {
    const auto row = query->step();
    if (!row) return fail(row.error());
    if (!*row) return records;
    auto record = decode_row(*query);
    if (!record) return fail(record.error());
    records.push_back(std::move(*record));
  }
}

Result<RunRecord> ResultStore::run(std::string_view id) const {
  const auto whole = resolve_id(impl_->database(), id);
  if (!whole) return fail(whole.error());
  auto query = impl_->database().prepare("SELECT id, document FROM run WHERE id = ?");
  if (!query) return fail(query.error());
  const auto row = query->bind(std::string_view(*whole)).step();
  if (!row) return fail(row.error());
  if (!*row) return tl::make_unexpected(no_such_run(id).error());
  auto record = decode_row(*query);
  if (!record) return record;
  if (const auto loaded = load_trace(impl_->database(), *record); !loaded) {
    return fail(loaded.error());
  }
  return record;
}

Result<Campaign> ResultStore::campaign(std::string_view id) const {
  auto query = impl_->database().prepare(
      "SELECT id, suite, started_utc, entries, conditions FROM campaign WHERE ?1 = '' OR id = ?1"
      " ORDER BY started_utc DESC, rowid DESC LIMIT 1");
  if (!query) return fail(query.error());
  const auto row = query->bind(id).step();
  if (!row) return fail(row.error());
  if (!*row) {
    return fail(ErrorKind::not_found,
                id.empty() ? "the store holds no campaign yet"
                           : fmt::format("there is no campaign '{}' in the store", id),
                "start one with: btrack run SUITE");
  }
  Campaign campaign{query->text(0), query->text(1), query->text(2), {}, {}};
  auto entries = settings_list_from_json(query->text(3));
  if (!entries) return fail(entries.error());
  campaign.entries = std::move(*entries);
  auto conditions = conditions_from_json(query->text(4));
  if (!conditions) return fail(conditions.error());
  campaign.conditions = *conditions;
  return campaign;
}

fs::path default_store_path() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const std::string store = variable("BTRACK_STORE"); !store.empty()) return store;
  // The XDG specification: a relative $XDG_DATA_HOME is to be ignored.
  const fs::path data = variable("XDG_DATA_HOME");
  if (data.is_absolute()) return data / "btrack" / "results.db";
  return fs::path(variable("HOME")) / ".local" / "share" / "btrack" / "results.db";
}

}  // namespace btrack::results
