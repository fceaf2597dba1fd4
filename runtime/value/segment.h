// What a value may look like where it becomes part of a resource.
#pragma once

#include <string_view>

namespace cap {

/// Whether `text` can stand for one literal segment of a resource. Not: an empty text, "." and
/// "..", `/`, `\`, `*`, `{`, `}`, a control character, or a percent escape of any of these, in
/// either case, since somebody downstream may decode it. Linear.
bool IsLegalSegment(std::string_view text);

}  // namespace cap
