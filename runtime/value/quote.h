// Showing text that a stranger wrote.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cap {

inline constexpr size_t kQuoteBytes = 64;  // shown of a stranger's text

/// `text` in double quotes: at most `limit` bytes of it, cut between code points and then marked by
/// "…"; quotes, backslashes, control characters, bytes that are no UTF-8 and the invisible or
/// direction-changing characters of Unicode are escaped. The result is one line, and safe to show.
std::string QuoteCut(std::string_view text, size_t limit = kQuoteBytes);

/// The same without the quotes around it: for a name that a stranger may have made up.
std::string SafeName(std::string_view name);

/// All of `text`, its quotes and backslashes as they are: one line, safe to show. For text that has
/// quoted parts already, and for what a policy's author wrote.
std::string OneLine(std::string_view text);

}  // namespace cap
