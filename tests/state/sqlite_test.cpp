// The conformance suite for the store in a file, and what only a file can do: be somebody else's,
// be damaged, be replaced, be busy.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <chrono>
#include <fstream>

#include "runtime/sqlite/queue_lock.h"
#include "tests/state/check_none.h"
#include "tests/state/conformance.h"
#include "tests/state/leased_world.h"
#include "tests/state/sqlite_world.h"

namespace cap::state::test {
namespace {

Charge Budget(uint64_t id, int64_t amount) {
  Charge charge;
  charge.id = {1, id};
  charge.kind = CounterKind::kTotal;
  charge.amount = amount;
  charge.limit = 100;
  return charge;
}

ReserveStatus Take(Store& store, uint64_t operation, const Charge& charge) {
  return store
      .Reserve({.now_us = 5,
                .operation = {2, operation},
                .charges = {&charge, 1},
                .free = {},
                .stamps = {},
                .names = {}},
               {})
      .status;
}

/// Runs SQL beside the store, as somebody with an editor would.
void Edit(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  char* message = nullptr;
  sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message);
  CHECK_MESSAGE(message == nullptr, sql, ": ", message == nullptr ? "" : message);
  sqlite3_free(message);
  sqlite3_close(handle);
}

std::string CodeOf(const std::string& path) {
  const auto store = OpenSqliteStore(path, {.timeout_us = 300'000, .sizes = {}, .vfs = {}});
  return store ? "" : store.error().code;
}

}  // namespace

TEST_CASE("sqlite: traces") { CheckNone(RunTraces(SqliteMaker())); }
TEST_CASE("sqlite with leases: traces, and random calls near a limit") {
  CheckNone(RunTraces(WithLeases(SqliteMaker())));
  CheckNone(RunBesideMemory(WithLeases(SqliteMaker()), 1, 300));
}
TEST_CASE("sqlite: traces over a restart") { CheckNone(RunTraces(SqliteMaker(), "durable")); }
TEST_CASE("sqlite: beside memory") {
  for (uint64_t seed = 1; seed <= 2; ++seed) CheckNone(RunBesideMemory(SqliteMaker(), seed, 200));
}

TEST_CASE("the key stays, and is not the same twice") {
  const TemporaryFolder folder;
  const auto one = *OpenSqliteStore(folder.file("a")), again = *OpenSqliteStore(folder.file("a"));
  const auto other = *OpenSqliteStore(folder.file("b"));
  CHECK(one->hash_key() == again->hash_key());
  CHECK(one->hash_key() != other->hash_key());
  const auto rights = std::filesystem::status(folder.file("a")).permissions();
  CHECK((rights & std::filesystem::perms::others_all) == std::filesystem::perms::none);
  CHECK((rights & std::filesystem::perms::group_all) == std::filesystem::perms::none);
}

TEST_CASE("names are kept") {
  const TemporaryFolder folder;
  const auto store = *OpenSqliteStore(folder.file("a"));
  const Charge charge = Budget(1, 7);
  const CounterName name{"desk", "refund", "maxPerDay", "order A-1"};
  store->Reserve({.now_us = 5,
                  .operation = {2, 1},
                  .charges = {&charge, 1},
                  .free = {},
                  .stamps = {},
                  .names = {&name, 1}},
                 {});
  const auto views = *store->Counters();
  REQUIRE(views.size() == 1);
  CHECK(views[0].policy == "desk");
  CHECK(views[0].limit == "refund");
  CHECK(views[0].constraint == "maxPerDay");
  CHECK(views[0].key == "order A-1");
  CHECK(views[0].used == 7);
}

TEST_CASE("a file of somebody else is refused, and stays as it is") {
  const TemporaryFolder folder;
  Edit(folder.file("other"), "CREATE TABLE mine (x); INSERT INTO mine VALUES (1)");
  CHECK(CodeOf(folder.file("other")) == "store-format");
  Edit(folder.file("other"), "UPDATE mine SET x = 2");
  std::ofstream(folder.file("text")) << std::string(5000, 'x');
  CHECK(CodeOf(folder.file("text")) == "store-format");
  CHECK(CodeOf(folder.file("none/store")) == "store-unavailable");
  {
    const auto store = *OpenSqliteStore(folder.file("later"));
  }
  Edit(folder.file("later"), "PRAGMA user_version = 2");
  CHECK(CodeOf(folder.file("later")) == "store-format");
  {
    const auto store = *OpenSqliteStore(folder.file("more"));
  }
  Edit(folder.file("more"),
       "CREATE TRIGGER t AFTER UPDATE ON counter BEGIN UPDATE counter SET value = 0; END");
  CHECK(CodeOf(folder.file("more")) == "store-format");
  {
    const auto store = *OpenSqliteStore(folder.file("key"));
  }
  Edit(folder.file("key"), "UPDATE store SET hash_key = x'00'");
  CHECK(CodeOf(folder.file("key")) == "store-format");
}

TEST_CASE("a row that was not written by a store is no row, and denies") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a");
  const auto store = *OpenSqliteStore(path);
  const auto try_with = [&](const std::string& change) {
    Edit(path,
         "DELETE FROM counter; DELETE FROM operation; "
         "UPDATE store SET counters = 0, operations = 0");
    REQUIRE(Take(*store, 1, Budget(1, 60)) == ReserveStatus::kReserved);
    REQUIRE(Take(*store, 2, Budget(1, 60)) == ReserveStatus::kSpent);
    Edit(path, change);
    return Take(*store, 2, Budget(1, 60));
  };
  CHECK(try_with("UPDATE counter SET value = 0") == ReserveStatus::kReserved);  // it can be edited
  for (const char* change :
       {"value = -1", "class = 0", "class = 99", "class = 1", "class = 5", "unit = -1",
        "unit = 65536", "last_us = -1", "last_us = 9223372036854775807", "begin_us = 6",
        "end_us = 5", "end_us = 0",
        "end_us = -1", "bound = -1", "entries = x'00'", "entries = zeroblob(16)",
        "entries = zeroblob(1000000)"}) {
    const std::string sql = std::string("UPDATE counter SET ") + change;
    CHECK_MESSAGE(try_with(sql) == ReserveStatus::kUnavailable, sql);
  }
  const auto again_with = [&](const std::string& change) {
    try_with("UPDATE operation SET " + change);
    return store->Release({2, 1}, 6);
  };
  for (const char* change : {"state = 0", "state = 4", "time_us = -1", "taken = zeroblob(33)",
                             "notes = x'00'", "notes = zeroblob(36)", "actual = 5",
                             "actual_unit = 1, actual = 1", "notes = zeroblob(100000)"}) {
    CHECK_MESSAGE(again_with(change) == SettleStatus::kUnavailable, change);
  }
}

TEST_CASE("a file that is damaged denies") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a");
  {
    const auto store = *OpenSqliteStore(path);
    for (uint64_t i = 1; i <= 200; ++i) Take(*store, i, Budget(i, 60));
  }
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path));
  // Every page but the first, whose damage no file would survive.
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  for (int64_t at = 4096; at < size; at += 4096) {
    file.seekp(at);
    file << std::string(2000, '\xFF');
  }
  file.close();
  auto store = OpenSqliteStore(path);
  if (!store) return;  // noticed at once
  for (uint64_t i = 1; i <= 200; ++i) {
    CHECK(Take(**store, 1000 + i, Budget(i, 60)) != ReserveStatus::kReserved);
  }
}

TEST_CASE("a file that was cut is no new one") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a");
  const auto fill = [&] {
    const auto store = OpenSqliteStore(path);
    REQUIRE(store.has_value());
    for (uint64_t i = 1; i <= 100; ++i) Take(**store, i, Budget(i, 60));
  };
  fill();
  for (const int64_t size : {12'288, 5'000, 4'096, 1'024, 512, 511, 100, 1, 0}) {
    std::filesystem::resize_file(path, static_cast<uintmax_t>(size));
    CHECK_MESSAGE(CodeOf(path) == "store-format", size);
  }
  CHECK(std::filesystem::file_size(path) == 0);
  // Whoever deletes the file says that it shall begin anew.
  std::filesystem::remove(path);
  fill();
  // The lock's file may have gone with a cleaning of the folder; the log says it too.
  std::filesystem::resize_file(path, 0);
  std::filesystem::remove(path + "-queue");
  std::ofstream(path + "-wal") << "frames";
  CHECK(CodeOf(path) == "store-format");
  // An empty file that nothing was ever held in is a new one.
  std::ofstream(folder.file("new")).close();
  CHECK(CodeOf(folder.file("new")) == "");
}

TEST_CASE("a file that was replaced or set back is noticed") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a");
  auto store = *OpenSqliteStore(path);
  REQUIRE(Take(*store, 1, Budget(1, 60)) == ReserveStatus::kReserved);
  Edit(path, "UPDATE store SET sequence = 0");
  CHECK(Take(*store, 2, Budget(2, 1)) == ReserveStatus::kRewound);
  CHECK(store->Release({2, 1}, 6) == SettleStatus::kUnavailable);
  std::filesystem::rename(path, folder.file("b"));
  {
    const auto other = OpenSqliteStore(path);
  }
  CHECK(Take(*store, 3, Budget(3, 1)) == ReserveStatus::kUnavailable);
}

TEST_CASE("a file with two names would be counted by two journals, and is no store") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a");
  {
    const auto store = *OpenSqliteStore(path);
    REQUIRE(Take(*store, 1, Budget(1, 60)) == ReserveStatus::kReserved);
  }
  std::filesystem::create_hard_link(path, folder.file("b"));
  CHECK(CodeOf(folder.file("b")) == "store-format");
  CHECK(CodeOf(path) == "store-format");
}

TEST_CASE("a store that is busy too long is unavailable, and whoever gave up is not charged") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a");
  const auto store = *OpenSqliteStore(path, {.timeout_us = 200'000, .sizes = {}, .vfs = {}});
  QueueLock lock;
  REQUIRE(lock.Open(path + "-queue"));
  REQUIRE(lock.Lock());
  const auto begin = std::chrono::steady_clock::now();
  CHECK(Take(*store, 1, Budget(1, 60)) == ReserveStatus::kUnavailable);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(3));
  CHECK(CodeOf(path) == "store-unavailable");
  lock.Unlock();
  CHECK(Take(*store, 2, Budget(1, 100)) == ReserveStatus::kReserved);
}

}  // namespace cap::state::test
