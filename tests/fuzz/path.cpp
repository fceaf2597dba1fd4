// Any text through the reader of paths: what it accepts has one canonical form, whose names hold
// nothing that separates, and lies under each of its parents and under nothing else that is near.
#include "runtime/value/path.h"

#include <cstdlib>
#include <string>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

/// What a reader that decodes would see in the name is as harmless as the name.
void CheckEscapes(std::string_view name, std::string_view input) {
  for (size_t at = 0; (at = name.find('%', at)) != name.npos; ++at) {
    const std::string digits(name.substr(at + 1, 2));
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) continue;
    if (digits.size() < 2) continue;
    const auto byte = static_cast<int>(std::strtol(digits.c_str(), nullptr, 16));
    const bool separates = byte == '/' || byte == '\\' || byte == '*' || byte == '{' || byte == '}';
    const bool hides = byte == '.' || byte == '%' || byte < 0x20 || byte >= 0x7F;
    Require(!separates && !hides, "an escape that hides something", input);
  }
}

}  // namespace

CAPC_FUZZ_TARGET(path) {
  const auto path = ParsePath(input);
  if (!path) return;
  Require(path->size() <= limits::kPathBytes && IsUtf8(*path), "a long path, or no text", input);
  Require(ParsePath(*path).value_or("") == *path, "a path has two canonical forms", input);
  Require(IsUnder(*path, *path), "a path is not under itself", input);
  if (*path == "/") return;
  Require(path->back() != '/', "a trailing slash", input);
  std::string_view rest = *path;
  if (rest.front() == '/') rest.remove_prefix(1);
  for (size_t slash = 0; slash != rest.npos; rest.remove_prefix(slash + 1)) {
    slash = rest.find('/');
    const std::string_view name = rest.substr(0, slash);
    const bool separates = name.find_first_of(std::string_view("\\*{}\0", 5)) != name.npos;
    Require(!separates && !name.empty() && name != "." && name != "..", "no name", input);
    for (const char c : name) {
      Require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "a control character", input);
    }
    CheckEscapes(name, input);
    if (slash == rest.npos) break;
    const size_t end = static_cast<size_t>(rest.data() - path->data()) + slash;
    const std::string parent = path->substr(0, end);
    Require(IsUnder(*path, parent), "not under its parent", input);
    Require(!IsUnder(*path, parent + "~"), "under another", input);
    Require(!IsUnder(parent + "x", parent), "a sibling is under it", input);
  }
}

}  // namespace cap::fuzz
