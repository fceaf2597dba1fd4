// Texts in JSON, as every machine-readable output of the compiler writes them.
#pragma once

#include <string>
#include <string_view>

namespace cap::diag {

/// The text in quotes. What no terminal should get (diag/printable.h) is escaped, broken UTF-8
/// becomes U+FFFD, so that the result is valid JSON whatever the text holds.
std::string JsonQuote(std::string_view text);

}  // namespace cap::diag
