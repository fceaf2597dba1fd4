// A diagnostic for a program: one JSON object on one line.
#pragma once

#include <string>

#include "compiler/diag/diagnostic.h"

namespace cap::diag {

/// Renders one diagnostic as one line of JSON, ending in a line feed:
/// `code`, `severity` ("error", "warning"), `message`, `file`, `line`, `column` (from 1, in bytes),
/// `length` (bytes, up to the end of the first line), `end_line`, `end_column` (one past the last
/// byte), `begin`, `end` (byte offsets), `label`, `notes` (each `message` and a place), `help`,
/// `fixes` (each `text` and the place that it replaces; an empty place: insert it there).
/// Texts are valid UTF-8 whatever the source holds. A span outside of `sources` has no place.
std::string RenderJson(const Diagnostic& diagnostic, const SourceMap& sources);

}  // namespace cap::diag
