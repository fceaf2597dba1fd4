// A store in a file of a directory that is gone afterwards, with two handles on it.
#pragma once

#include <stdlib.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "runtime/sqlite/sqlite_store.h"
#include "tests/state/trace.h"

namespace cap::state::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "capc-state-XXXXXX").string();
    path_ = mkdtemp(name.data()) == nullptr ? "" : name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class SqliteWorld final : public World {
 public:
  explicit SqliteWorld(StoreSizes sizes) : options_{.sizes = sizes, .vfs = {}} { Open(); }
  Store& At(int handle) override { return *handles_[handle == 2 ? 1 : 0]; }
  bool Reopen() override {
    for (auto& handle : handles_) handle.reset();
    return Open();
  }

 private:
  bool Open() {
    for (auto& handle : handles_) {
      auto opened = OpenSqliteStore(folder_.file("store"), options_);
      if (!opened) return false;
      handle = std::move(*opened);
    }
    return true;
  }

  TemporaryFolder folder_;
  SqliteOptions options_;
  std::array<std::unique_ptr<Store>, 2> handles_;
};

inline Maker SqliteMaker() {
  return {"sqlite", [](StoreSizes sizes) { return std::make_unique<SqliteWorld>(sizes); }};
}

}  // namespace cap::state::test
