// The one layout of a `.cap` file (`capc fmt`).
//
// The author's text decides three things, and nothing else: where comments stand, where a blank
// line stands between members, and of each body in braces whether it begins on the line of its `{`
// and whether it is on one line. All else follows from the tokens.
#pragma once

#include <optional>
#include <string>

#include "compiler/diag/diagnostic.h"
#include "compiler/source/source_map.h"

namespace cap::format {

inline constexpr size_t kWidth = 100;  // columns of a line; a text or comment may be longer

/// The file in its canonical layout: the same tokens, but for commas that say nothing, and the same
/// comments in the same places. The result formats to itself. Nothing if the file has an error of
/// text or syntax (CAP01xx), which then went to `sink`. Constructs that this version does not have
/// are laid out like the others. Never throws. Cost: linear in the text. Thread-safe on different
/// sinks.
std::optional<std::string> Format(const SourceMap& sources, FileId file, diag::Sink& sink);

}  // namespace cap::format
