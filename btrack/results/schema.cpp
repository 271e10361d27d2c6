// SPDX-License-Identifier: Apache-2.0
// Opening the store: whose file it is, migrations, summary columns.
#include "btrack/results/schema.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <set>

#include "btrack/core/file.hpp"
#include "btrack/results/columns.hpp"
#include "btrack/results/migrations.hpp"

namespace btrack::results {
namespace {

namespace fs = std::filesystem;

const auto kNewest = static_cast<std::int64_t>(migrations().size());

Result<void> newer(const fs::path& path, std::int64_t version) {
  return fail(ErrorKind::unsupported,
              fmt::format("the result store {} has schema version {}, this btrack knows up to {}",
                          path.string(), version, kNewest),
              "update btrack, or name another store");
}

/// The first bytes of the file; fewer where it is shorter.
Result<std::string> read_header(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(system_error(errno, "read the result store", path));
  std::array<char, 100> bytes{};
  const ssize_t n = ::pread(fd, bytes.data(), bytes.size(), 0);
  const int error = errno;
  ::close(fd);
  if (n < 0) return fail(system_error(error, "read the result store", path));
  return std::string(bytes.data(), static_cast<std::size_t>(n));
}

std::int64_t big_endian_32(std::string_view header, std::size_t offset) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value * 256 + static_cast<unsigned char>(header[offset + i]);
  }
  return value;
}

/// Reads the header with plain I/O: letting SQLite look could already change a file of others (hot
/// journals, WAL). Offsets: https://www.sqlite.org/fileformat2.html section 1.3. True: it is a new,
/// empty file.
Result<bool> is_new(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return true;
  if (fs::is_directory(status)) {
    return fail(ErrorKind::usage, fmt::format("{} is a folder, not a result store", path.string()),
                "name a file in it, such as results.db");
  }
  const auto header = read_header(path);
  if (!header) return fail(header.error());
  if (header->empty()) return true;
  if (header->size() < 100 || !header->starts_with(std::string_view("SQLite format 3\0", 16))) {
    return fail(ErrorKind::malformed,
                fmt::format("{} is not a result store: it is no SQLite database", path.string()),
                "name another file; this one was left as it is");
  }
  if (big_endian_32(*header, 68) != kApplicationId) {
    return fail(
        ErrorKind::malformed,
        fmt::format("{} is an SQLite database of another program, not a result store of btrack",
                    path.string()),
        "name another file; this one was left as it is");
  }
  const std::int64_t version = big_endian_32(*header, 60);
  if (version > kNewest) return tl::make_unexpected(newer(path, version).error());
  return false;
}

Result<void> make_parent(const fs::path& path) {
  const fs::path parent = path.parent_path();
  std::error_code error;
  if (parent.empty() || fs::is_directory(parent, error)) return {};
  fs::create_directories(parent, error);
  if (error) return fail(system_error(error.value(), "create the folder", parent));
  return {};
}

/// Marks a new file as ours before it becomes a WAL file, so that the mark is in the main file.
Result<void> mark_as_ours(const Database& database) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return fail(transaction.error());
  auto marked = database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
  if (!marked) return marked;
  return transaction->commit();
}

/// The switch to WAL is the one statement that SQLite refuses as busy without waiting.
Result<void> use_wal(const Database& database) {
  constexpr int kTries = 500;
  Result<void> done;
  for (int i = 0; i < kTries; ++i) {
    done = database.execute("PRAGMA journal_mode = WAL");
    if (done || done.error().kind != ErrorKind::timeout) return done;
    ::usleep(10'000);
  }
  return done;
}

Result<void> migrate(const Database& database, const fs::path& path) {
  for (;;) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return fail(transaction.error());
    const auto version = database.integer("PRAGMA user_version");
    if (!version) return fail(version.error());
    if (*version > kNewest) return newer(path, *version);
    if (*version == kNewest) return {};
    const std::string sql(migrations()[static_cast<std::size_t>(*version)]);
    if (auto done = database.execute(sql); !done) return done;
    auto stamped = database.execute(fmt::format("PRAGMA user_version = {}", *version + 1));
    if (!stamped) return stamped;
    if (auto done = transaction->commit(); !done) return done;
  }
}

std::string_view sql_type(ColumnType type) {
  switch (type) {
    case ColumnType::integer:
      return "INTEGER";
    case ColumnType::real:
      return "REAL";
    case ColumnType::text:
      return "TEXT";
  }
  return "TEXT";
}

/// The columns of the table that the file does not have yet. Ids are this program's own words.
Result<std::string> missing_columns_sql(const Database& database) {
  auto known = database.prepare("SELECT name FROM pragma_table_info('run_summary')");
  if (!known) return fail(known.error());
  std::set<std::string> names;
  for (;;) {
    const auto row = known->step();
    if (!row) return fail(row.error());
    if (!*row) break;
    names.insert(known->text(0));
  }
  std::string sql;
  for (const Column& column : columns()) {
    if (names.contains(std::string(column.id))) continue;
    sql += fmt::format("ALTER TABLE run_summary ADD COLUMN \"{}\" {};", column.id,
                       sql_type(column.type));
  }
  return sql;
}

Result<void> recompute_summaries(const Database& database) {
  auto documents = database.prepare("SELECT document FROM run");
  if (!documents) return fail(documents.error());
  for (;;) {
    const auto row = documents->step();
    if (!row) return fail(row.error());
    if (!*row) return {};
    const auto record = record_from_json(documents->text(0));
    if (!record) continue;  // a record that cannot be read has no summary; the rest still have
    if (auto written = write_summary(database, *record); !written) return written;
  }
}

Result<void> complete_summaries(const Database& database) {
  const auto look = missing_columns_sql(database);
  if (!look) return fail(look.error());
  if (look->empty()) return {};
  auto transaction = Transaction::begin(database);
  if (!transaction) return fail(transaction.error());
  const auto sql = missing_columns_sql(database);  // again: another process may have been faster
  if (!sql) return fail(sql.error());
  if (auto added = database.execute(*sql); !added) return added;
  if (auto filled = recompute_summaries(database); !filled) return filled;
  return transaction->commit();
}

Result<OpenStore> open_to_write(const fs::path& path, bool fresh) {
  auto database = Database::open(path, Access::read_write);
  if (!database) return fail(database.error());
  if (fresh) {
    if (auto marked = mark_as_ours(*database); !marked) return fail(marked.error());
  }
  const auto set = use_wal(*database).and_then([&] {
    // A run takes minutes to measure; one fsync each is cheap against losing it to a power cut.
    return database->execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  });
  if (!set) return fail(set.error());
  if (const auto done = migrate(*database, path); !done) return fail(done.error());
  if (const auto done = complete_summaries(*database); !done) return fail(done.error());
  return OpenStore{std::move(*database), false};
}

Result<OpenStore> open_to_read(const fs::path& path, Access access) {
  auto database = Database::open(path, access);
  if (!database) return fail(database.error());
  const auto version = database->integer("PRAGMA user_version");
  if (!version) return fail(version.error());
  if (*version > kNewest) return tl::make_unexpected(newer(path, *version).error());
  if (*version < kNewest) {
    return fail(ErrorKind::denied,
                fmt::format("the result store {} has the older schema {} and may not be written",
                            path.string(), *version),
                "open it once with write permission, or copy it");
  }
  return OpenStore{std::move(*database), true};
}

/// By the effective user, which is the one that SQLite's own calls act for.
bool may(const fs::path& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

bool writable(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  return may(path, W_OK) && may(folder, W_OK | X_OK);
}

}  // namespace

Result<OpenStore> open_store(const fs::path& path) {
  const auto fresh = is_new(path);
  if (!fresh) return fail(fresh.error());
  if (*fresh) {
    if (const auto made = make_parent(path); !made) return fail(made.error());
  }
  if (*fresh || writable(path)) return open_to_write(path, *fresh);
  auto reading = open_to_read(path, Access::read_only);
  // A WAL file alone in a read-only folder: nobody can be writing, unless a log was left behind.
  std::error_code error;
  const auto log = fs::file_size(fs::path(path.string() + "-wal"), error);
  if (reading || reading.error().kind != ErrorKind::denied || (!error && log > 0)) return reading;
  return open_to_read(path, Access::immutable);
}

Result<void> write_summary(const Database& database, const RunRecord& record) {
  std::string names;
  std::string marks;
  for (const Column& column : columns()) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ",", column.id);
    marks += marks.empty() ? "?" : ",?";
  }
  auto insert = database.prepare(
      fmt::format("INSERT OR REPLACE INTO run_summary({}) VALUES({})", names, marks));
  if (!insert) return fail(insert.error());
  for (const Column& column : columns()) {
    const Cell cell = column.value(record);
    if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
      insert->bind(*integer);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      insert->bind(*real);
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
      insert->bind(std::string_view(*text));
    } else {
      insert->bind_null();
    }
  }
  return insert->run();
}

}  // namespace btrack::results
