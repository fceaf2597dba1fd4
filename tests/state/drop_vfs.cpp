#include "tests/state/drop_vfs.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <random>
#include <vector>

namespace cap::state::test {
namespace {

/// A write, or a truncation (no bytes: `offset` is the size).
struct Change {
  sqlite3_int64 offset = 0;
  std::vector<char> bytes;
  bool truncates = false;
};

/// What the processes of a machine see of a file, and what of it the disk does not have yet.
struct Content {
  std::vector<char> image;
  std::vector<Change> pending;
  uint64_t syncs = 0;
};

struct File {
  sqlite3_file base;
  Content* content;
  sqlite3_file* real;  // of the default file system, behind this struct
};

struct Disk {
  std::mutex mutex;
  DropOptions options;
  std::mt19937_64 random;
  uint64_t events = 0;
  sqlite3_vfs* real = nullptr;
  std::map<std::string, Content> contents;
  std::map<std::string, sqlite3_file*> files;
};
Disk& TheDisk() {
  static Disk disk;
  return disk;
}

File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

void Apply(sqlite3_file* real, const Change& change, size_t bytes) {
  if (change.truncates) {
    real->pMethods->xTruncate(real, change.offset);
  } else {
    real->pMethods->xWrite(real, change.bytes.data(), static_cast<int>(bytes), change.offset);
  }
}

/// The power fails: of every file some of the pending changes are on the disk, the last perhaps in
/// part. Sectors of 512 bytes are whole.
[[noreturn]] void LosePower(Disk& disk) {
  for (auto& [name, content] : disk.contents) {
    sqlite3_file* real = disk.files[name];
    std::vector<Change> chosen;
    for (Change& change : content.pending) {
      if (disk.random() % 2 == 0) chosen.push_back(std::move(change));
    }
    std::shuffle(chosen.begin(), chosen.end(), disk.random);
    for (const Change& change : chosen) {
      const size_t sectors = change.bytes.size() / 512 + 1;
      const size_t kept = disk.random() % 4 == 0 ? disk.random() % sectors * 512 : SIZE_MAX;
      Apply(real, change, std::min(change.bytes.size(), kept));
    }
  }
  _exit(137);
}

void CountEvent(Disk& disk) {
  if (disk.options.end_at != 0 && ++disk.events >= disk.options.end_at) LosePower(disk);
}

int Close(sqlite3_file* file) {
  const std::lock_guard guard(TheDisk().mutex);
  std::erase_if(TheDisk().files, [&](const auto& entry) { return entry.second == Of(file)->real; });
  std::erase_if(TheDisk().contents,
                [&](const auto& entry) { return &entry.second == Of(file)->content; });
  return Of(file)->real->pMethods->xClose(Of(file)->real);
}

int Read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
  const std::lock_guard guard(TheDisk().mutex);
  const std::vector<char>& image = Of(file)->content->image;
  const auto size = static_cast<sqlite3_int64>(image.size());
  const auto have = static_cast<size_t>(std::clamp<sqlite3_int64>(size - offset, 0, bytes));
  if (have > 0) std::memcpy(to, image.data() + offset, have);
  std::memset(static_cast<char*>(to) + have, 0, static_cast<size_t>(bytes) - have);
  return have == static_cast<size_t>(bytes) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
  const std::lock_guard guard(TheDisk().mutex);
  Content& content = *Of(file)->content;
  const auto* begin = static_cast<const char*>(from);
  const auto end = static_cast<size_t>(offset + bytes);
  if (content.image.size() < end) content.image.resize(end);
  std::memcpy(content.image.data() + offset, begin, static_cast<size_t>(bytes));
  content.pending.push_back({offset, std::vector<char>(begin, begin + bytes), false});
  CountEvent(TheDisk());
  return SQLITE_OK;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const std::lock_guard guard(TheDisk().mutex);
  Of(file)->content->image.resize(static_cast<size_t>(size));
  Of(file)->content->pending.push_back({size, {}, true});
  CountEvent(TheDisk());
  return SQLITE_OK;
}

int Sync(sqlite3_file* file, int) {
  Disk& disk = TheDisk();
  const std::lock_guard guard(disk.mutex);
  CountEvent(disk);
  Content& content = *Of(file)->content;
  ++content.syncs;
  if (disk.options.lie) return SQLITE_OK;
  for (const Change& change : content.pending) {
    Apply(Of(file)->real, change, change.bytes.size());
  }
  content.pending.clear();
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  const std::lock_guard guard(TheDisk().mutex);
  *size = static_cast<sqlite3_int64>(Of(file)->content->image.size());
  return SQLITE_OK;
}

int Lock(sqlite3_file* file, int level) {
  return Of(file)->real->pMethods->xLock(Of(file)->real, level);
}
int Unlock(sqlite3_file* file, int level) {
  return Of(file)->real->pMethods->xUnlock(Of(file)->real, level);
}
int CheckReservedLock(sqlite3_file* file, int* result) {
  return Of(file)->real->pMethods->xCheckReservedLock(Of(file)->real, result);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  // A hint of the size would grow the real file behind our back.
  if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
  return Of(file)->real->pMethods->xFileControl(Of(file)->real, operation, argument);
}
int SectorSize(sqlite3_file*) { return 512; }
/// As the default file system says: bytes that are not written are not harmed. Nothing else.
int Characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** map) {
  return Of(file)->real->pMethods->xShmMap(Of(file)->real, page, size, extend, map);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Of(file)->real->pMethods->xShmLock(Of(file)->real, offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) { Of(file)->real->pMethods->xShmBarrier(Of(file)->real); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Of(file)->real->pMethods->xShmUnmap(Of(file)->real, remove);
}

const sqlite3_io_methods kMethods = {
    2,
    Close,
    Read,
    Write,
    Truncate,
    Sync,
    FileSize,
    Lock,
    Unlock,
    CheckReservedLock,
    FileControl,
    SectorSize,
    Characteristics,
    ShmMap,
    ShmLock,
    ShmBarrier,
    ShmUnmap,
    nullptr,
    nullptr,
};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  Disk& disk = TheDisk();
  const std::lock_guard guard(disk.mutex);
  auto* real = reinterpret_cast<sqlite3_file*>(Of(file) + 1);
  file->pMethods = nullptr;
  const int result = disk.real->xOpen(disk.real, name, real, flags, out_flags);
  if (result != SQLITE_OK) return result;
  Content& content = disk.contents[name == nullptr ? "" : name];
  sqlite3_int64 size = 0;
  real->pMethods->xFileSize(real, &size);
  content.image.resize(static_cast<size_t>(size));
  if (size > 0) real->pMethods->xRead(real, content.image.data(), static_cast<int>(size), 0);
  disk.files[name == nullptr ? "" : name] = real;
  Of(file)->content = &content;
  Of(file)->real = real;
  file->pMethods = &kMethods;
  return SQLITE_OK;
}

bool EndsSo(const std::string& name, const std::string& suffix) { return name.ends_with(suffix); }

}  // namespace

void InstallDropVfs(const DropOptions& options) {
  Disk& disk = TheDisk();
  disk.options = options;
  disk.random.seed(options.seed);
  disk.real = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs vfs = *disk.real;
  vfs.zName = "drop";
  vfs.szOsFile = static_cast<int>(sizeof(File)) + disk.real->szOsFile;
  vfs.xOpen = Open;
  vfs.pNext = nullptr;
  sqlite3_vfs_register(&vfs, 0);
}

uint64_t UnsyncedBytes(const std::string& suffix) {
  Disk& disk = TheDisk();
  const std::lock_guard guard(disk.mutex);
  uint64_t bytes = 0;
  for (const auto& [name, content] : disk.contents) {
    if (!EndsSo(name, suffix)) continue;
    for (const Change& change : content.pending) bytes += change.bytes.size();
  }
  return bytes;
}

uint64_t Syncs(const std::string& suffix) {
  Disk& disk = TheDisk();
  const std::lock_guard guard(disk.mutex);
  uint64_t syncs = 0;
  for (const auto& [name, content] : disk.contents) {
    if (EndsSo(name, suffix)) syncs += content.syncs;
  }
  return syncs;
}

}  // namespace cap::state::test
