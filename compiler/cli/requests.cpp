#include "compiler/cli/requests.h"

#include <algorithm>

#include "compiler/source/source_map.h"

namespace cap::cli {

namespace {

constexpr uint64_t kRequestsBytes = 64u << 20;  // of one file of many requests

/// Whether the braces and brackets of `line` close again, strings apart.
bool IsWhole(std::string_view line) {
  int64_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  }
  return depth == 0 && !in_string;
}

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

std::vector<RequestText> SplitRequests(const std::string& path, std::string_view text) {
  std::vector<RequestText> requests;
  uint32_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (IsBlank(line)) continue;
    if (requests.empty() && !IsWhole(line)) return {{path, std::string(text)}};
    requests.push_back({path + ":" + std::to_string(number), std::string(line)});
  }
  if (requests.size() == 1) requests.front().origin = path;
  if (requests.empty()) requests.push_back({path, {}});
  return requests;
}

Result<std::vector<RequestText>> ReadRequests(const std::string& path) {
  const Result<std::string> text = ReadSource(path, kRequestsBytes);
  if (!text.has_value()) return std::unexpected(text.error());
  return SplitRequests(path == "-" ? "<stdin>" : path, *text);
}

}  // namespace cap::cli
