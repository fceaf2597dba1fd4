// SQLite in a few words: an open file with our schema, and statements that are prepared once. What
// fails says false; the caller rolls back.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/sqlite/sqlite_store.h"

namespace cap::state {

class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, const char* sql);
  Statement(Statement&&) = default;
  Statement& operator=(Statement&&) = default;

  bool prepared() const { return statement_ != nullptr; }

  // From 1 on. Texts and blobs are copied.
  void Bind(int at, int64_t value);
  void Bind(int at, std::span<const uint8_t> blob);
  void Bind(int at, std::string_view text);
  void BindNull(int at);

  enum class Outcome : uint8_t { kRow, kDone, kFailed };
  Outcome Step();
  /// Of a statement without rows: runs it and makes it ready again.
  bool Run();
  void Reset();

  // From 0 on, of the row; nothing where the column has another type.
  std::optional<int64_t> Integer(int at) const;
  std::optional<std::span<const uint8_t>> Blob(int at) const;
  std::optional<std::string_view> Text(int at) const;
  bool IsNull(int at) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  /// Opens the file and makes the schema where the file is new. INVARIANT: nobody else opens it for
  /// the first time (the queue lock is held).
  static Result<Database> Open(const std::string& path, const SqliteOptions& options);

  bool Run(const char* sql);
  Statement Prepare(const char* sql) { return {handle_.get(), sql}; }
  int64_t changes() const { return sqlite3_changes64(handle_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  void Distrust();
  Result<void> MakeOrCheckSchema();
  Result<void> UseLog();
  /// The integer that a statement gives; -1: none.
  int64_t Ask(const char* sql);
  bool HasOurSchema();

  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace cap::state
