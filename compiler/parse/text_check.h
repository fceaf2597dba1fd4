// What is asked of a text before it is cut into tokens: its size, that it is UTF-8, and that it
// holds nothing which an editor would not show.
#pragma once

#include "compiler/parse/report.h"

namespace cap::parse {

/// Reports the first violation and returns false; the text is then not worth lexing.
bool CheckText(const SourceFile& file, SyntaxReporter& reporter);

/// Where the text begins, after a byte order mark if there is one.
size_t BeginOf(std::string_view text);

}  // namespace cap::parse
