// From ANTLR's tree to the plain one. Internal to the parser.
#pragma once

#include "CapParser.h"
#include "compiler/parse/concrete.h"

namespace cap::parse {

/// The tree must be of a text without syntax errors. `begin` is left 0.
Concrete ConcreteOf(const CapParser::FileContext& file, antlr4::BufferedTokenStream& tokens);

}  // namespace cap::parse
