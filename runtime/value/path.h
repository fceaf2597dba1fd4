// Slash paths in one canonical form, and which contains which.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace cap {

/// The canonical form of an absolute or relative path: as written, without one trailing slash.
/// Every segment is a legal segment of a resource (segment.h): no empty one, no "." or "..", no
/// backslash, wildcard, brace, control character or percent escape of these; no letter that
/// normalisation turns into a dot, slash or backslash. UTF-8, at most limits::kPathBytes. "/" is
/// the root. Case is kept and means something. Error: path-malformed.
Result<std::string> ParsePath(std::string_view text);

/// Of canonical paths: whether `path` is `root` or lies below it, at the border of a segment.
bool IsUnder(std::string_view path, std::string_view root);

}  // namespace cap
