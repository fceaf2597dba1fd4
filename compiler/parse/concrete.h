// The syntax of a file as it is written: tokens, and the alternatives of the grammar that they
// take. Plain data, for tools that keep the author's text (compiler/format). Everything else wants
// the syntax tree (parse.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/diag/diagnostic.h"
#include "compiler/source/source_map.h"

namespace cap::parse {

/// A label of the grammar, or a rule that has one alternative only. Written by the build.
enum class Alternative : uint16_t {
#define ALTERNATIVE(name) k##name,
#include "compiler/parse/alternatives.def"
#undef ALTERNATIVE
};

/// Byte offsets. White space and comments are what stands between tokens.
struct ConcreteToken {
  uint32_t begin = 0;
  uint32_t end = 0;
};

struct ConcreteNode {
  Alternative alternative{};
  uint32_t first = 0;  // its tokens: [first, last)
  uint32_t last = 0;
  std::vector<uint32_t> children;  // nodes, in order of the text
};

struct Concrete {
  uint32_t begin = 0;                 // where the text begins, behind a byte order mark
  std::vector<ConcreteToken> tokens;  // without the end of the file
  std::vector<ConcreteNode> nodes;    // in order of the text; 0 is the file
};

/// The concrete syntax of one file, of the whole language. Nothing if the file has an error of text
/// or syntax, which then went to `sink`; constructs that this version does not have are none. Cost
/// and thread safety: as Parse(). Nodes nest as deeply as Parse() allows, and not deeper.
std::optional<Concrete> ParseConcrete(const SourceMap& sources, FileId file, diag::Sink& sink);

}  // namespace cap::parse
