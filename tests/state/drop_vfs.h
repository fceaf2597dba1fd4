// A file system for SQLite that forgets, as a machine does that loses its power: what was not
// synced is in this process only, and gone with it. `kill -9` alone loses nothing, because the
// system writes on.
#pragma once

#include <cstdint>
#include <string>

namespace cap::state::test {

struct DropOptions {
  /// At the n-th write, truncation or sync a random part of what is not synced reaches the disk, in
  /// any order and perhaps torn, and the process ends. 0: never.
  uint64_t end_at = 0;
  uint64_t seed = 0;
  bool lie = false;  // a disk that says it has synced, and has not
};

/// Registers the file system "drop". Once a process.
void InstallDropVfs(const DropOptions& options);

/// Of files whose names end so: bytes written and not synced; how often they were synced.
uint64_t UnsyncedBytes(const std::string& suffix);
uint64_t Syncs(const std::string& suffix);

}  // namespace cap::state::test
