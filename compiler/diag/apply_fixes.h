// Fixes put into the text of a file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "compiler/diag/diagnostic.h"

namespace cap::diag {

struct Applied {
  Code code{};
  std::string message;  // of the diagnostic that it mends
  Fix fix;
  std::string before;   // the text that it replaced
};
struct FixedText {
  std::string text;
  std::vector<Applied> applied;  // in order of place
};

/// The file's text with the fixes of those diagnostics that have exactly one. Of fixes that touch
/// each other none is applied, unless they are the same: then it is applied once.
FixedText ApplyFixes(std::span<const Diagnostic> diagnostics, const SourceMap& sources,
                     FileId file);

}  // namespace cap::diag
