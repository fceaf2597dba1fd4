#include "runtime/sqlite/database.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>

namespace cap::state {
namespace {

constexpr int kApplication = 0x63617063;  // "capc"
constexpr int kVersion = 1;

// The whole schema: a file with anything else in it is not ours.
constexpr std::array<std::string_view, 3> kSchema = {
    "CREATE TABLE counter (id BLOB PRIMARY KEY NOT NULL, class INTEGER NOT NULL, "
    "unit INTEGER NOT NULL, last_us INTEGER NOT NULL, value INTEGER NOT NULL, "
    "begin_us INTEGER NOT NULL, end_us INTEGER NOT NULL, bound INTEGER NOT NULL, "
    "entries BLOB NOT NULL, policy TEXT NOT NULL, \"limit\" TEXT NOT NULL, "
    "\"constraint\" TEXT NOT NULL, \"key\" TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE operation (id BLOB PRIMARY KEY NOT NULL, state INTEGER NOT NULL, "
    "fingerprint INTEGER NOT NULL, time_us INTEGER NOT NULL, taken BLOB NOT NULL, "
    "notes BLOB NOT NULL, actual_unit INTEGER, actual INTEGER) STRICT, WITHOUT ROWID",
    "CREATE TABLE store (id INTEGER PRIMARY KEY NOT NULL, hash_key BLOB NOT NULL, "
    "sequence INTEGER NOT NULL, "
    "floor_us INTEGER NOT NULL, counters INTEGER NOT NULL, operations INTEGER NOT NULL) STRICT",
};

std::unexpected<Error> Unavailable(sqlite3* handle) {
  const char* why = handle == nullptr ? "out of memory" : sqlite3_errmsg(handle);
  return Fail("store-unavailable", std::string("The store cannot be opened: ") + why + ".");
}

std::unexpected<Error> NoStore(std::string_view why) {
  return Fail("store-format", "The file is no store of counters: " + std::string(why) + ".");
}

}  // namespace

Statement::Statement(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
}

void Statement::Bind(int at, int64_t value) { sqlite3_bind_int64(statement_.get(), at, value); }

void Statement::Bind(int at, std::span<const uint8_t> blob) {
  // A null pointer would bind NULL.
  const void* bytes = blob.empty() ? static_cast<const void*>("") : blob.data();
  sqlite3_bind_blob64(statement_.get(), at, bytes, blob.size(), SQLITE_TRANSIENT);
}

void Statement::Bind(int at, std::string_view text) {
  const char* bytes = text.empty() ? "" : text.data();
  sqlite3_bind_text64(statement_.get(), at, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::BindNull(int at) { sqlite3_bind_null(statement_.get(), at); }

Statement::Outcome Statement::Step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return Outcome::kRow;
    case SQLITE_DONE:
      return Outcome::kDone;
    default:
      return Outcome::kFailed;
  }
}

bool Statement::Run() {
  const Outcome outcome = Step();
  Reset();
  return outcome == Outcome::kDone;
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::optional<int64_t> Statement::Integer(int at) const {
  if (sqlite3_column_type(statement_.get(), at) != SQLITE_INTEGER) return std::nullopt;
  return sqlite3_column_int64(statement_.get(), at);
}

std::optional<std::span<const uint8_t>> Statement::Blob(int at) const {
  if (sqlite3_column_type(statement_.get(), at) != SQLITE_BLOB) return std::nullopt;
  const auto* bytes = static_cast<const uint8_t*>(sqlite3_column_blob(statement_.get(), at));
  const int size = sqlite3_column_bytes(statement_.get(), at);
  return std::span(bytes, bytes == nullptr ? 0 : static_cast<size_t>(size));
}

std::optional<std::string_view> Statement::Text(int at) const {
  if (sqlite3_column_type(statement_.get(), at) != SQLITE_TEXT) return std::nullopt;
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), at));
  const int size = sqlite3_column_bytes(statement_.get(), at);
  return std::string_view(text, text == nullptr ? 0 : static_cast<size_t>(size));
}

bool Statement::IsNull(int at) const {
  return sqlite3_column_type(statement_.get(), at) == SQLITE_NULL;
}

bool Database::Run(const char* sql) {
  return sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

int64_t Database::Ask(const char* sql) {
  Statement statement = Prepare(sql);
  if (!statement.prepared() || statement.Step() != Statement::Outcome::kRow) return -1;
  return statement.Integer(0).value_or(-1);
}

Result<Database> Database::Open(const std::string& path, const SqliteOptions& options) {
  // Made here, so that nobody but its owner can read the key in it.
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return Fail("store-unavailable", "The file cannot be written: " + path + ".");
  close(file);
  Database database;
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags,
                                     options.vfs.empty() ? nullptr : options.vfs.c_str());
  database.handle_.reset(handle);
  if (result != SQLITE_OK) return Unavailable(handle);
  sqlite3_busy_timeout(handle, static_cast<int>(std::min<int64_t>(
                                   options.timeout_us / 1000, std::numeric_limits<int>::max())));
  database.Distrust();
  // Looked at before anything is written, so that a file of somebody else stays as it is.
  if (auto done = database.MakeOrCheckSchema(); !done) return std::unexpected(done.error());
  if (auto done = database.UseLog(); !done) return std::unexpected(done.error());
  return database;
}

/// A file of somebody else may hold anything: nothing of it runs, and no length in it is trusted.
void Database::Distrust() {
  sqlite3* handle = handle_.get();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 1 << 20);
  Run("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;");
}

Result<void> Database::UseLog() {
  Statement mode = Prepare("PRAGMA journal_mode = WAL");
  if (!mode.prepared() || mode.Step() != Statement::Outcome::kRow || mode.Text(0) != "wal") {
    return Fail("store-unavailable", "The store needs a local file system, for its log.");
  }
  mode.Reset();
  if (!Run("PRAGMA synchronous = FULL")) return Unavailable(handle_.get());
  return {};
}

Result<void> Database::MakeOrCheckSchema() {
  const int64_t found = Ask("PRAGMA user_version");
  if (found < 0) {
    const int code = sqlite3_errcode(handle_.get());
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) return NoStore("it is no database");
    return Unavailable(handle_.get());
  }
  if (found == 0) {
    if (Ask("SELECT count(*) FROM sqlite_schema") != 0) {
      return NoStore("there is something else in it");
    }
    std::string sql = "BEGIN IMMEDIATE;";
    for (const std::string_view table : kSchema) sql += std::string(table) + ";";
    sql += "INSERT INTO store VALUES (1, randomblob(16), 0, 0, 0, 0);";
    sql += "PRAGMA application_id = " + std::to_string(kApplication) + ";";
    sql += "PRAGMA user_version = " + std::to_string(kVersion) + "; COMMIT;";
    if (!Run(sql.c_str())) return Unavailable(handle_.get());
  } else if (found != kVersion) {
    return NoStore("it is of version " + std::to_string(found) + ", this program knows " +
                   std::to_string(kVersion));
  }
  if (!HasOurSchema()) return NoStore("it has other tables");
  return {};
}

bool Database::HasOurSchema() {
  if (Ask("PRAGMA application_id") != kApplication) return false;
  Statement tables = Prepare("SELECT sql FROM sqlite_schema ORDER BY name");
  if (!tables.prepared()) return false;
  for (const std::string_view table : kSchema) {
    if (tables.Step() != Statement::Outcome::kRow || tables.Text(0) != table) return false;
  }
  return tables.Step() == Statement::Outcome::kDone;
}

}  // namespace cap::state
