// Counters in a file, shared by the processes of one machine. What was answered is on the disk: a
// transaction is synced before the replies of the calls in it.
//
//   auto store = state::OpenSqliteStore("/var/lib/agent/limits.db");
//
// A file system of this machine, not of a network: the locks of SQLite need it. docs/state.md has
// the promises and the form of the file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/result.h"
#include "runtime/state/store.h"

namespace cap::state {

struct SqliteOptions {
  /// How long a call waits, for its turn and for the disk, before it is answered kUnavailable.
  int64_t timeout_us = 5'000'000;
  StoreSizes sizes;
  /// Of SQLite's file systems; empty: the default one. For tests.
  std::string vfs;
};

/// Opens the store, or makes it, readable for its owner alone. Errors: "store-unavailable";
/// "store-format": the file is something else, of another version, or damaged, or the path is that
/// of no regular file, or a name that SQLite does not take for a file's (nothing is made then).
Result<std::unique_ptr<Store>> OpenSqliteStore(const std::string& path,
                                               const SqliteOptions& options = {});

}  // namespace cap::state
