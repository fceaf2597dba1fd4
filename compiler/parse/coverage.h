// Which alternatives of the grammar a parse took, read off the tree itself.
#pragma once

#include "CapParser.h"

namespace cap::parse {

/// Notes the alternatives of the tree, if RecordAlternatives() was called. Thread-safe.
void NoteAlternatives(const CapParser::FileContext& file);

}  // namespace cap::parse
