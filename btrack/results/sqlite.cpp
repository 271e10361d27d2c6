// SPDX-License-Identifier: Apache-2.0
// SQLite's C API with owners and errors as values.
#include "btrack/results/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

#include "btrack/core/file.hpp"

namespace btrack::results {
namespace {

// Long enough for another process's largest trace on a slow disk.
constexpr int kBusyMilliseconds = 30'000;

struct Sentence {
  ErrorKind kind;
  const char* what;
  const char* remedy;
};

Sentence explain(int code) {
  switch (code & 0xFF) {  // the upper bits say where in SQLite it happened
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorKind::malformed, "is damaged or no SQLite database",
              "restore a copy, or save what is left with: sqlite3 FILE .recover"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return {ErrorKind::denied, "cannot be opened or written",
              "check the permissions of the file and of its folder"};
    case SQLITE_FULL:
      return {ErrorKind::io, "cannot grow: the disk is full", "free some space on that disk"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::timeout, "is held by another process",
              "wait for the other btrack to finish, then try again"};
    case SQLITE_NOMEM:
      return {ErrorKind::out_of_memory, "needs more memory than there is", ""};
    case SQLITE_CONSTRAINT:
      return {ErrorKind::usage, "does not take this entry", ""};
    default:
      return {ErrorKind::io, "cannot be read or written", "check the disk"};
  }
}

/// The index of the write-ahead log takes 32 KiB; SQLite calls its lack an I/O error.
bool disk_is_full(const std::filesystem::path& store) {
  constexpr std::uintmax_t kLeast = 64 << 10;
  std::error_code error;
  const auto space = std::filesystem::space(std::filesystem::absolute(store).parent_path(), error);
  return !error && space.available < kLeast;
}

tl::unexpected<Error> failure(const std::filesystem::path& path, int code, sqlite3* handle) {
  const bool full = (code & 0xFF) == SQLITE_IOERR && disk_is_full(path);
  const Sentence sentence = explain(full ? SQLITE_FULL : code);
  const char* detail = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  return fail(sentence.kind,
              fmt::format("the result store {} {} ({})", path.string(), sentence.what, detail),
              sentence.remedy);
}

/// "file:" URI of an absolute path; every byte but the plainest is percent-encoded.
std::string immutable_uri(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '_' || c == '-';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

}  // namespace

Statement::Statement(sqlite3_stmt* statement, const std::filesystem::path& path)
    : statement_(statement), path_(path) {}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::took(int code) {
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  ++next_;
  return *this;
}

Statement& Statement::bind(std::int64_t value) {
  return took(sqlite3_bind_int64(statement_.get(), next_, value));
}
Statement& Statement::bind(double value) {
  return took(sqlite3_bind_double(statement_.get(), next_, value));
}
Statement& Statement::bind(std::string_view value) {
  // A null pointer would bind NULL, and an empty view may hold one.
  const char* data = value.empty() ? "" : value.data();
  return took(sqlite3_bind_text64(statement_.get(), next_, data, value.size(), SQLITE_TRANSIENT,
                                  SQLITE_UTF8));
}
Statement& Statement::bind(const std::optional<std::string>& value) {
  return value ? bind(std::string_view(*value)) : bind_null();
}
Statement& Statement::bind_blob(std::string_view bytes) {
  const char* data = bytes.empty() ? "" : bytes.data();
  return took(sqlite3_bind_blob64(statement_.get(), next_, data, bytes.size(), SQLITE_TRANSIENT));
}
Statement& Statement::bind_null() { return took(sqlite3_bind_null(statement_.get(), next_)); }

Result<bool> Statement::step() {
  sqlite3* handle = sqlite3_db_handle(statement_.get());
  if (bind_code_ != SQLITE_OK) return failure(path_, bind_code_, handle);
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(path_, code, handle);
}

Result<void> Statement::run() {
  for (;;) {
    const auto row = step();
    if (!row) return fail(row.error());
    if (!*row) return {};
  }
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  next_ = 1;
  bind_code_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Database::Database(sqlite3* handle, std::filesystem::path path)
    : handle_(handle), path_(std::move(path)) {}

// close_v2: a statement that outlives its database must not leave it open for ever.
void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::open(const std::filesystem::path& path, Access access) {
  const int flags = access == Access::read_write  ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                    : access == Access::read_only ? SQLITE_OPEN_READONLY
                                                  : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  // An absolute path: SQLite gives names such as ":memory:" and "file:x" a meaning of their own.
  const std::string name =
      access == Access::immutable ? immutable_uri(path) : std::filesystem::absolute(path).string();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  Database database(handle, path);
  if (code != SQLITE_OK) return failure(path, code, handle);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  if (code != SQLITE_OK) return failure(path_, code, handle_.get());
  return Statement(statement, path_);
}

Result<void> Database::execute(const std::string& sql) const {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(path_, code, handle_.get());
  return {};
}

Result<std::int64_t> Database::integer(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement) return fail(statement.error());
  const auto row = statement->step();
  if (!row) return fail(row.error());
  return *row ? statement->integer(0) : 0;
}

Result<Transaction> Transaction::begin(const Database& database) {
  if (const auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return fail(begun.error());
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  auto done = database_->execute("COMMIT");
  if (done) database_ = nullptr;
  return done;
}

}  // namespace btrack::results
