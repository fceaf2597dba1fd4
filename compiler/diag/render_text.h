// A diagnostic for a person: the message, the line with carets under the span, notes and help.
#pragma once

#include <string>

#include "compiler/diag/diagnostic.h"

namespace cap::diag {

/// Renders one diagnostic, ending in a line feed. `colour` adds ANSI colours. Columns count
/// characters as a terminal shows them, tabs are four columns, long lines are cut around the span,
/// and nothing of the source can reach the terminal as a control sequence. A diagnostic whose file
/// is not in `sources` is rendered without a place. A fix that the help does not show is told too.
/// Cost: linear in the lines shown.
std::string RenderText(const Diagnostic& diagnostic, const SourceMap& sources, bool colour);

}  // namespace cap::diag
