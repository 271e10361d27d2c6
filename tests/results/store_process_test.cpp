// SPDX-License-Identifier: Apache-2.0
// The store among processes: two writers, one killed in mid-write, one that may not write.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <set>

#include "btrack/results/store.hpp"
#include "tests/results/sample_record.hpp"

namespace btrack::results {
namespace {

pid_t in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  return child;
}

int exit_code(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

RunRecord with_trace(const std::string& id) {
  RunRecord record = sample_record(id);
  record.trace.channels.resize(1);
  for (int i = 0; i < 2000; ++i) {
    record.trace.readings.push_back(
        {0, 0, steady_from_ns(i * 1000), static_cast<std::uint64_t>(i) * i * 7919U % 1000003U});
  }
  return record;
}

int add_fifty(const std::filesystem::path& path, const std::string& name) {
  auto store = ResultStore::open(path);
  if (!store) return 1;
  for (int i = 0; i < 50; ++i) {
    if (!store->add(with_trace(name + std::to_string(i)))) return 2;
  }
  return 0;
}

TEST(StoreProcesses, TwoWritersThatAlsoCreateTheFileLoseNothing) {
  const TemporaryFolder folder;
  const auto path = folder / "r.db";
  const pid_t a = in_child([&] { return add_fifty(path, "a"); });
  const pid_t b = in_child([&] { return add_fifty(path, "b"); });
  EXPECT_EQ(exit_code(a), 0);
  EXPECT_EQ(exit_code(b), 0);
  const auto runs = ResultStore::open(path)->runs();
  ASSERT_TRUE(runs) << runs.error().message;
  std::set<std::string> ids;
  for (const RunRecord& run : *runs) ids.insert(run.id);
  EXPECT_EQ(ids.size(), 100U);
}

TEST(StoreProcesses, AWriterKilledInMidWriteLeavesOnlyWholeRecords) {
  const TemporaryFolder folder;
  const auto path = folder / "r.db";
  for (int round = 0; round < 8; ++round) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = in_child([&] {
      auto store = ResultStore::open(path);
      for (int i = 0; store; ++i) {
        const auto id = std::to_string(round) + "-" + std::to_string(i);
        if (!store->add(with_trace(id))) return 1;
        if (::write(ready[1], "x", 1) != 1) return 2;
      }
      return 3;
    });
    char byte = 0;
    for (int i = 0; i < 3; ++i) ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::usleep(137U * static_cast<unsigned>(round));  // somewhere in the fourth or a later write
    ::kill(child, SIGKILL);
    EXPECT_EQ(exit_code(child), -SIGKILL);
    ::close(ready[0]);
    ::close(ready[1]);
    const auto store = ResultStore::open(path);
    ASSERT_TRUE(store) << store.error().message;
    const auto runs = store->runs();
    ASSERT_TRUE(runs) << runs.error().message;
    EXPECT_GE(runs->size(), 3U * (round + 1));
    for (const RunRecord& run : *runs) {
      const auto whole = store->run(run.id);
      ASSERT_TRUE(whole) << whole.error().message;
      EXPECT_EQ(whole->trace.readings.size(), 2000U);
    }
  }
}

/// Runs `body` as somebody who is not root, if we are; 0 is success.
int as_nobody(const std::function<int()>& body) {
  return exit_code(in_child([&] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return 99;
    return body();
  }));
}

int expect_readable_only(const std::filesystem::path& path) {
  auto store = ResultStore::open(path);
  if (!store) return 1;
  if (!store->read_only()) return 2;
  if (store->runs()->size() != 1) return 3;
  const auto added = store->add(sample_record("b"));
  if (added || added.error().kind != ErrorKind::denied) return 4;
  return 0;
}

TEST(StoreProcesses, AStoreThatMayOnlyBeReadIsRead) {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  const auto path = folder / "r.db";
  ASSERT_TRUE(ResultStore::open(path)->add(sample_record("a")));
  ASSERT_FALSE(fs::exists(folder / "r.db-wal"));  // the last writer took it away
  fs::permissions(path, fs::perms(0444));
  fs::permissions(folder.path(), fs::perms(0555));
  EXPECT_EQ(as_nobody([&] { return expect_readable_only(path); }), 0);
  EXPECT_EQ(as_nobody([&] {
              const auto store = ResultStore::open(folder / "other.db");
              return !store && store.error().kind == ErrorKind::denied ? 0 : 1;
            }),
            0);
  EXPECT_EQ(as_nobody([&] {
              const auto store = ResultStore::open(folder / "deeper/other.db");
              return !store && store.error().kind == ErrorKind::denied ? 0 : 1;
            }),
            0);
  fs::permissions(path, fs::perms(0));
  EXPECT_EQ(as_nobody([&] {
              const auto store = ResultStore::open(path);
              return !store && store.error().kind == ErrorKind::denied ? 0 : 1;
            }),
            0);
  fs::permissions(folder.path(), fs::perms(0755));
}

TEST(StoreProcesses, AFullDiskIsAnIoErrorAndLosesNothing) {
  const TemporaryFolder folder;
  const auto path = folder / "r.db";
  ASSERT_TRUE(ResultStore::open(path)->add(sample_record("a")));
  const int code = exit_code(in_child([&] {
    auto store = ResultStore::open(path);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1U << 17, 1U << 17};  // files may not grow past 128 KiB
    ::setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 1000; ++i) {
      const auto added = store->add(with_trace(std::to_string(i)));
      if (!added) return added.error().kind == ErrorKind::io ? 0 : 1;
    }
    return 2;
  }));
  EXPECT_EQ(code, 0);
  const auto runs = ResultStore::open(path)->runs();
  ASSERT_TRUE(runs) << runs.error().message;
  EXPECT_GE(runs->size(), 1U);
}

}  // namespace
}  // namespace btrack::results
