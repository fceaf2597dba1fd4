// Text to syntax tree. ANTLR lives behind this header and nowhere else.
//
// The parser accepts the whole language (grammar/), so that a construct this version does not have
// is named (CAP09xx) and left out of the tree instead of being a syntax error or being ignored.
#pragma once

#include <string>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/diag/diagnostic.h"
#include "compiler/source/source_map.h"

namespace cap::parse {

/// Parses one file of `sources`. Errors go to `sink`, at most one syntax error a source line; the
/// tree then holds what could be read, with ErrorExpr and nameless types where something was
/// reported. Never throws, never prints, never recurses deeper than limits::kSyntaxDepth allows.
/// Cost: linear in the text; text over a limit is refused in linear time.
/// Thread safety: calls may run at once on different sinks.
ast::Module Parse(const SourceMap& sources, FileId file, diag::Sink& sink);

/// The alternatives of the grammar: every label, and every rule that has one alternative only.
std::vector<std::string> AllAlternatives();

/// From now on, notes which alternatives are taken by parses without syntax errors, of the whole
/// process. For tests of the corpus; costs a walk over each tree. Thread-safe.
void RecordAlternatives();

/// The alternatives noted so far, sorted. Thread-safe.
std::vector<std::string> AlternativesTaken();

}  // namespace cap::parse
