// SPDX-License-Identifier: Apache-2.0
// SQLite's C API with owners and errors as values; private to this room (docs/adr/0004-store.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "btrack/core/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace btrack::results {

/// A prepared statement: bind, then step until false. Bind errors show at the next step.
class Statement {
 public:
  Statement(sqlite3_stmt* statement, const std::filesystem::path& path);

  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view value);
  Statement& bind(const std::optional<std::string>& value);
  Statement& bind_blob(std::string_view bytes);
  Statement& bind_null();

  /// True: a row is there; false: done.
  Result<bool> step();
  /// Steps to the end, throwing rows away.
  Result<void> run();
  /// Ready for other values.
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;  ///< also the bytes of a blob

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement& took(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::filesystem::path path_;
  int next_ = 1;
  int bind_code_ = 0;
};

enum class Access {
  read_write,  ///< created where it is not there
  read_only,
  immutable,  ///< read-only, in a folder where SQLite may not put its lock and index files
};

class Database {
 public:
  static Result<Database> open(const std::filesystem::path& path, Access access);

  Result<Statement> prepare(std::string_view sql) const;
  /// Runs one or several statements without parameters; for SQL text of this program only.
  Result<void> execute(const std::string& sql) const;
  /// The first column of the first row; 0 where there is none.
  Result<std::int64_t> integer(std::string_view sql) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Database(sqlite3* handle, std::filesystem::path path);
  std::unique_ptr<sqlite3, Close> handle_;
  std::filesystem::path path_;
};

/// BEGIN IMMEDIATE, so that a second writer waits at the start and not in the middle; rolled back
/// unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(const Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(const Database& database) : database_(&database) {}
  const Database* database_;
};

}  // namespace btrack::results
