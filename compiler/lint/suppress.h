// `// lint: allow CAP1026 reason`: findings that the author knows of.
#pragma once

#include <vector>

#include "compiler/diag/diagnostic.h"

namespace cap::lint {

/// The findings without those that a comment allows on their line, or on the lines before the one
/// where they begin. A comment without a known code or a reason, and one that allows nothing, is a
/// finding itself (CAP1033). `file` must be without errors.
std::vector<diag::Diagnostic> WithoutAllowed(const SourceMap& sources, FileId file,
                                             std::vector<diag::Diagnostic> findings);

}  // namespace cap::lint
