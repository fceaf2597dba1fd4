// The syntax tree as text, for `capc compile --emit ast` and for golden tests.
#pragma once

#include <string>

#include "compiler/ast/ast.h"

namespace cap::ast {

/// One declaration, member or statement a line, indented by nesting; expressions fully bracketed,
/// so that precedence shows. Ends in a line feed. Stable: equal trees give equal texts, and spans
/// are left out. Cost: linear in the tree.
std::string Dump(const Module& module);

/// One expression, as in Dump: "(a and (b <= 5))".
std::string Dump(const Module& module, ExprId expr);

}  // namespace cap::ast
