// Syntax errors in the words of the language: what was expected, after what, and what stands there
// instead. Never ANTLR's rule names or token sets.
#pragma once

#include "CapParser.h"
#include "compiler/parse/report.h"

namespace cap::parse {

/// What the parser knew when it could not go on.
struct SyntaxProblem {
  antlr4::misc::IntervalSet expected;  // empty: unknown
  const antlr4::Token* found = nullptr;
  const antlr4::Token* before = nullptr;  // the token in front of `found`; null at the beginning
  const antlr4::ParserRuleContext* where = nullptr;
  bool stray = false;  // `found` is one too many between members of a body
};

/// Words the problem and finds its place: at the token found, or, if that stands on a later line,
/// behind the token before it, which is where something is missing.
diag::Diagnostic WordProblem(const SyntaxProblem& problem, CapParser& parser,
                             const SyntaxReporter& reporter);

}  // namespace cap::parse
