#include "tests/fuzz/target.h"

#include <cstdio>
#include <cstdlib>

#include "runtime/base/limits.h"
#include "runtime/frame/json_tree.h"

namespace cap::fuzz {

std::vector<Target>& Targets() {
  static std::vector<Target> targets;
  return targets;
}

void Fail(std::string_view what, std::string_view detail) {
  const auto length = [](std::string_view text) {
    return static_cast<int>(text.size() < 2000 ? text.size() : 2000);
  };
  std::fprintf(stderr, "fuzz: %.*s\n%.*s\n", length(what), what.data(), length(detail),
               detail.data());
  std::abort();
}

void RequireJson(std::string_view text, std::string_view what) {
  const auto tree = JsonTree::Parse(text);
  if (tree || tree.error().code == "oversize") return;
  Fail(what, text);
}

}  // namespace cap::fuzz
