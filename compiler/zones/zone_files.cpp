#include "compiler/zones/zone_files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "compiler/zones/tzif.h"
#include "runtime/base/limits.h"

namespace cap::zones {
namespace {

namespace fs = std::filesystem;

/// Names of zones are paths below the folder: "Europe/Berlin", "Etc/GMT+1". Everything else that
/// lies there (the machine's own zone, other editions, indices) begins with a small letter, but for
/// the placeholder of machines that were never told where they are.
bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > limits::kNameBytes || name == "Factory") return false;
  char before = '/';
  for (const char c : name) {
    const bool large = c >= 'A' && c <= 'Z';
    const bool fine = large || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                      c == '-' || c == '+' || c == '/';
    if (!fine || (before == '/' && !large)) return false;
    before = c;
  }
  return before != '/';
}

/// At most so many bytes: no zone has as many.
std::string ReadFile(const fs::path& path) {
  constexpr size_t kMost = 1u << 20;
  std::ifstream file(path, std::ios::binary);
  std::string bytes(kMost, '\0');
  file.read(bytes.data(), kMost);
  bytes.resize(static_cast<size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return bytes;
}

}  // namespace

std::string DatabaseFolder() {
  const char* const folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

Result<std::vector<uint32_t>> LoadZone(std::string_view name) {
  std::error_code error;
  const fs::path folder = DatabaseFolder();
  if (!fs::is_directory(folder, error)) {
    return Fail("zone-missing", "this machine has no time zones in `" + folder.string() + "`");
  }
  const fs::path path = folder / std::string(name);
  if (!IsZoneName(name) || !fs::is_regular_file(path, error)) {
    return Fail("zone-unknown", "no time zone has this name");
  }
  return ReadZone(ReadFile(path));
}

std::vector<std::string> ZoneNames() {
  std::vector<std::string> names;
  std::error_code error;
  const fs::path folder = DatabaseFolder();
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const std::string name = at->path().lexically_relative(folder).generic_string();
    std::error_code ignored;
    if (IsZoneName(name) && at->is_regular_file(ignored)) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::string DatabaseVersion() {
  constexpr std::string_view kBefore = "# version ";
  std::ifstream file(fs::path(DatabaseFolder()) / "tzdata.zi");
  std::string line;
  std::getline(file, line);
  if (!line.starts_with(kBefore) || line.size() > limits::kNameBytes) return {};
  return line.substr(kBefore.size());
}

}  // namespace cap::zones
