// Writing a text over a file that it was made from.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace cap::cli {

/// Puts `text` in the place of `before`, which the file at `path` held when it was read: in one
/// step or not at all; its mode stays, and a link stays a link. Errors: "not-writable",
/// "file-changed" (somebody else wrote the file meanwhile).
Result<void> ReplaceFile(const std::string& path, std::string_view before, std::string_view text);

}  // namespace cap::cli
