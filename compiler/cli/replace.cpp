#include "compiler/cli/replace.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"

namespace cap::cli {

namespace {

namespace fs = std::filesystem;

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

/// A reader of `path` sees the old text or the new one, whenever the machine stops.
Result<void> Replace(const std::string& path, std::string_view text) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);  // the file, not the link to it
  struct stat old{};
  if (error || stat(real.c_str(), &old) != 0) {
    return Fail("not-writable", fmt::format("cannot write `{}`", path));
  }
  std::string temporary = real.string() + ".XXXXXX";
  const int file = mkstemp(temporary.data());
  if (file < 0) return Fail("not-writable", fmt::format("cannot write beside `{}`", path));
  bool good = WriteAll(file, text) && fchmod(file, old.st_mode & 07777) == 0 && fsync(file) == 0;
  good = close(file) == 0 && good;
  good = good && std::rename(temporary.c_str(), real.c_str()) == 0;
  if (good) return {};
  unlink(temporary.c_str());
  return Fail("not-writable", fmt::format("cannot write `{}`", path));
}

}  // namespace

Result<void> ReplaceFile(const std::string& path, std::string_view before, std::string_view text) {
  const Result<std::string> now = ReadSource(path, limits::kSourceBytes);
  if (!now.has_value() || *now != before) {
    return Fail("file-changed", fmt::format("`{}` was changed meanwhile; it is as it was", path));
  }
  return Replace(path, text);
}

}  // namespace cap::cli
