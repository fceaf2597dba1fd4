// The syntax tree of an expression. Children stand before their parents; how deep it is has a limit
// (limits::kRegexDepth), so that it may be walked by recursion.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "compiler/regex/charset.h"
#include "compiler/regex/regex.h"

namespace cap::regex {

enum class Kind : uint8_t {
  kCharacters,  // one character of a set
  kSequence,    // its children, one after the other; without any: the empty text
  kChoice,      // one of its children
  kRepeat,      // its child, `least` to `most` times
};

inline constexpr uint32_t kUnbounded = 0xFFFF'FFFF;

struct Node {
  Kind kind = Kind::kSequence;
  std::vector<uint32_t> children;
  std::vector<ByteSequence> characters;
  uint32_t least = 0;
  uint32_t most = kUnbounded;
  size_t offset = 0;  // in the text
  size_t length = 0;
};

/// The root is the last node.
struct Syntax {
  std::vector<Node> nodes;
};

std::expected<Syntax, Problem> Parse(std::string_view text);

}  // namespace cap::regex
