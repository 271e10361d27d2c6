// SPDX-License-Identifier: Apache-2.0
// The store: what goes in comes out, what is not ours stays untouched.
#include "btrack/results/store.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <fstream>

#include "btrack/core/file.hpp"
#include "btrack/results/columns.hpp"
#include "tests/results/sample_record.hpp"

namespace btrack::results {
namespace {

/// Runs SQL with a connection of its own, as a user's tool would; the first column of each row.
std::vector<std::string> sql(const std::filesystem::path& path, const std::string& text) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  std::vector<std::string> rows;
  const auto keep = [](void* out, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(out)->push_back(values[0] ? values[0] : "NULL");
    return 0;
  };
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(db, text.c_str(), keep, &rows, &error), SQLITE_OK) << (error ? error : "");
  sqlite3_free(error);
  sqlite3_close(db);
  return rows;
}

std::vector<std::string> ids(const std::vector<RunRecord>& records) {
  std::vector<std::string> all;
  for (const RunRecord& record : records) all.push_back(record.id);
  return all;
}

TEST(Store, KeepsRecordAndTrace) {
  const TemporaryFolder folder;
  RunRecord record = sample_record();
  record.trace.channels.resize(2);
  record.trace.channels[1].id = "second";
  record.trace.readings = {{0, 0, steady_from_ns(5), 7}, {1, 1, steady_from_ns(6), 8}};
  record.trace.lost = 3;
  {
    auto store = ResultStore::open(folder / "new folder/deeper/it's \"a\" store=1?.db");
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_FALSE(store->read_only());
    ASSERT_TRUE(store->add(record));
  }
  const auto store = ResultStore::open(folder / "new folder/deeper/it's \"a\" store=1?.db");
  ASSERT_TRUE(store) << store.error().message;
  const auto back = store->run(record.id);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(record));
  ASSERT_EQ(back->trace.readings.size(), 2U);
  EXPECT_EQ(back->trace.readings[1].count, 8U);
  EXPECT_EQ(back->trace.channels[1].id, "second");
  EXPECT_EQ(back->trace.lost, 3U);
  EXPECT_TRUE(store->runs()->at(0).trace.readings.empty());
}

TEST(Store, FiltersAndOrders) {
  const TemporaryFolder folder;
  auto store = ResultStore::open(folder / "r.db").value();
  ASSERT_TRUE(store.add(Campaign{"c1", "quick", "2026-01-01T00:00:00Z", {}, {}}));
  const auto put = [&](std::string id, std::string time, Status status, std::string campaign) {
    RunRecord r = sample_record(std::move(id));
    r.started_utc = std::move(time);
    r.status = status;
    r.campaign = std::move(campaign);
    ASSERT_TRUE(store.add(r));
  };
  put("newest", "2026-01-03T00:00:00Z", Status::complete, "");
  put("oldest", "2026-01-01T00:00:00Z", Status::failed, "c1");
  put("middle", "2026-01-02T00:00:00Z", Status::complete, "c1");
  using Ids = std::vector<std::string>;
  EXPECT_EQ(ids(*store.runs()), (Ids{"oldest", "middle", "newest"}));
  EXPECT_EQ(ids(*store.runs({.limit = 2})), (Ids{"middle", "newest"}));
  EXPECT_EQ(ids(*store.runs({.campaign = "c1"})), (Ids{"oldest", "middle"}));
  EXPECT_EQ(ids(*store.runs({.campaign = "c1", .status = Status::complete})), (Ids{"middle"}));
  EXPECT_EQ(ids(*store.runs({.workload = "x' OR 1=1 --"})), Ids{});
  EXPECT_EQ(ids(*store.runs({.suite = "quick"})).size(), 3U);
  EXPECT_EQ(store.run("latest")->id, "newest");
}

TEST(Store, FindsRunsByUniquePrefix) {
  const TemporaryFolder folder;
  auto store = ResultStore::open(folder / "r.db").value();
  EXPECT_EQ(store.run("latest").error().kind, ErrorKind::not_found);
  for (const char* id : {"ab", "abc1", "abd2"}) ASSERT_TRUE(store.add(sample_record(id)));
  EXPECT_EQ(store.run("abc")->id, "abc1");
  EXPECT_EQ(store.run("ab")->id, "ab");  // exact wins
  EXPECT_EQ(store.run("a").error().kind, ErrorKind::usage);
  EXPECT_EQ(store.run("a").error().message, "'a' begins the ids of several runs: ab, abc1, ...");
  EXPECT_EQ(store.run("%").error().kind, ErrorKind::not_found);
  EXPECT_EQ(store.run("").error().kind, ErrorKind::not_found);
}

TEST(Store, KeepsCampaigns) {
  const TemporaryFolder folder;
  auto store = ResultStore::open(folder / "r.db").value();
  EXPECT_EQ(store.campaign("").error().kind, ErrorKind::not_found);
  const Campaign first{"c1", "quick", "2026-01-01T00:00:00Z", {sample_record().settings}, {}};
  Campaign second{"c2", "ladder", "2026-01-02T00:00:00Z", {}, {}};
  second.conditions = Conditions{2.5, Seconds(0), 1.4, 0.1};
  ASSERT_TRUE(store.add(first));
  ASSERT_TRUE(store.add(second));
  EXPECT_EQ(store.campaign("c1")->conditions, std::nullopt);
  EXPECT_EQ(store.campaign("c2")->conditions, second.conditions);
  EXPECT_EQ(store.campaign("")->id, "c2");
  EXPECT_EQ(store.campaign("c1")->entries, first.entries);
  EXPECT_EQ(store.campaign("c3").error().kind, ErrorKind::not_found);
}

TEST(Store, AFailedAddLeavesNothingBehind) {
  const TemporaryFolder folder;
  auto store = ResultStore::open(folder / "r.db").value();
  ASSERT_TRUE(store.add(sample_record("a")));
  EXPECT_EQ(store.add(sample_record("a")).error().kind, ErrorKind::usage);
  RunRecord orphan = sample_record("b");
  orphan.campaign = "no such campaign";
  EXPECT_EQ(store.add(orphan).error().kind, ErrorKind::usage);
  EXPECT_EQ(store.runs()->size(), 1U);
  ASSERT_TRUE(store.add(sample_record("c")));  // the failed transactions are closed
}

TEST(Store, SqlUsersSeeSummariesAndViews) {
  const TemporaryFolder folder;
  const auto path = folder / "r.db";
  ASSERT_TRUE(ResultStore::open(path)->add(sample_record("a")));
  EXPECT_EQ(sql(path, "SELECT train_energy_j FROM run_summary WHERE run = 'a'"),
            std::vector<std::string>{"30.0"});
  EXPECT_EQ(sql(path, "SELECT elapsed_s FROM run_summary"), std::vector<std::string>{"NULL"});
  EXPECT_EQ(sql(path, "SELECT sum(energy_j) FROM run_window WHERE phase = 'train'"),
            std::vector<std::string>{"30.0"});
  EXPECT_EQ(sql(path, "SELECT begin_ns FROM run_window LIMIT 1"),
            std::vector<std::string>{"9007199254740993"});
  EXPECT_EQ(sql(path, "SELECT value FROM run_quality WHERE metric = 'accuracy' AND \"index\" = 1"),
            std::vector<std::string>{"0.8912"});
  EXPECT_EQ(sql(path, "PRAGMA journal_mode"), std::vector<std::string>{"wal"});
  EXPECT_EQ(sql(path, "PRAGMA application_id"), std::vector<std::string>{"1112822347"});
}

TEST(Store, NewColumnsAreAddedAndFilledFromTheRecords) {
  const TemporaryFolder folder;
  const auto path = folder / "r.db";
  ASSERT_TRUE(ResultStore::open(path)->add(sample_record("a")));
  sql(path, "ALTER TABLE run_summary DROP COLUMN train_energy_j");
  ASSERT_TRUE(ResultStore::open(path));
  EXPECT_EQ(sql(path, "SELECT train_energy_j FROM run_summary"), std::vector<std::string>{"30.0"});
  EXPECT_EQ(sql(path, "SELECT count(*) FROM pragma_table_info('run_summary')"),
            std::vector<std::string>{std::to_string(columns().size())});
}

TEST(Store, LeavesOtherFilesAsTheyAre) {
  const TemporaryFolder folder;
  const auto text = folder / "notes.txt";
  std::ofstream(text) << "these are my notes, and they are longer than a header of SQLite " << 1e9
                      << std::string(100, '.');
  const std::string before = read_file(text).value();
  const auto refused = ResultStore::open(text);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::malformed);
  EXPECT_NE(refused.error().message.find("no SQLite database"), std::string::npos);
  EXPECT_EQ(read_file(text).value(), before);

  const auto other = folder / "other.db";
  sql(other, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  const std::string bytes = read_file(other).value();
  EXPECT_EQ(ResultStore::open(other).error().kind, ErrorKind::malformed);
  EXPECT_NE(ResultStore::open(other).error().message.find("another program"), std::string::npos);
  EXPECT_EQ(read_file(other).value(), bytes);
  EXPECT_FALSE(std::filesystem::exists(folder / "other.db-wal"));

  EXPECT_EQ(ResultStore::open(folder.path()).error().kind, ErrorKind::usage);
}

TEST(Store, RefusesANewerSchema) {
  const TemporaryFolder folder;
  const auto path = folder / "r.db";
  ASSERT_TRUE(ResultStore::open(path)->add(sample_record("a")));
  sql(path, "PRAGMA user_version = 99");
  const auto store = ResultStore::open(path);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::unsupported);
  EXPECT_NE(store.error().message.find("version 99"), std::string::npos);
  EXPECT_NE(store.error().remedy.find("update btrack"), std::string::npos);
  EXPECT_EQ(sql(path, "PRAGMA user_version"), std::vector<std::string>{"99"});
}

TEST(Store, TruncatedAndOverwrittenFilesAreMalformed) {
  const TemporaryFolder folder;
  const auto path = folder / "r.db";
  {
    auto store = ResultStore::open(path).value();
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(store.add(sample_record(std::to_string(i))));
  }
  const std::string whole = read_file(path).value();
  const auto read_all = [&](const std::string& bytes) -> Result<std::size_t> {
    std::ofstream(path, std::ios::binary) << bytes;
    const auto store = ResultStore::open(path);
    if (!store) return fail(store.error());
    const auto runs = store->runs();
    if (!runs) return fail(runs.error());
    return runs->size();
  };
  ASSERT_EQ(read_all(whole).value(), 50U);
  const auto cut = read_all(whole.substr(0, whole.size() / 2));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, ErrorKind::malformed) << cut.error().message;
  std::string scribbled = whole;
  std::fill(scribbled.begin() + 4096, scribbled.end(), '\xA5');
  const auto garbage = read_all(scribbled);
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().kind, ErrorKind::malformed) << garbage.error().message;
  const auto short_file = read_all("SQLite format 3");
  ASSERT_FALSE(short_file);
  EXPECT_EQ(short_file.error().kind, ErrorKind::malformed);
}

TEST(Store, ADamagedTraceIsNamed) {
  const TemporaryFolder folder;
  const auto path = folder / "r.db";
  RunRecord record = sample_record("a");
  record.trace.channels.resize(1);
  record.trace.readings = {{0, 0, steady_from_ns(5), 7}};
  ASSERT_TRUE(ResultStore::open(path)->add(record));
  sql(path, "UPDATE trace SET readings = x'0011'");
  EXPECT_EQ(ResultStore::open(path)->run("a").error().kind, ErrorKind::malformed);
  EXPECT_EQ(ResultStore::open(path)->runs()->size(), 1U);
}

TEST(Store, DefaultPathFollowsTheEnvironment) {
  ::setenv("BTRACK_STORE", "/a/b.db", 1);
  EXPECT_EQ(default_store_path(), "/a/b.db");
  ::unsetenv("BTRACK_STORE");
  ::setenv("XDG_DATA_HOME", "/x", 1);
  EXPECT_EQ(default_store_path(), "/x/btrack/results.db");
  ::setenv("XDG_DATA_HOME", "relative", 1);
  ::setenv("HOME", "/h", 1);
  EXPECT_EQ(default_store_path(), "/h/.local/share/btrack/results.db");
}

}  // namespace
}  // namespace btrack::results
