// Checks on bytes that claim to be text.
#pragma once

#include <cstddef>
#include <string_view>

namespace cap {

/// Length in bytes of the UTF-8 sequence at the start of `text`, or 0 where there is none: an empty
/// text, a stray or missing continuation, an over-long form, a surrogate, a code point past
/// U+10FFFF. Constant cost.
size_t Utf8SequenceLength(std::string_view text);

/// Whether the whole text is well-formed UTF-8. Linear.
bool IsUtf8(std::string_view text);

}  // namespace cap
