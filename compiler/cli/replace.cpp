#include "compiler/cli/replace.h"

#include <fmt/format.h>

#include "compiler/cli/io.h"
#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"

namespace cap::cli {

Result<void> ReplaceFile(const std::string& path, std::string_view before, std::string_view text) {
  const Result<std::string> now = ReadSource(path, limits::kSourceBytes);
  if (!now.has_value() || *now != before) {
    return Fail("file-changed", fmt::format("`{}` was changed meanwhile; it is as it was", path));
  }
  return ReplaceFile(path, text);
}

}  // namespace cap::cli
