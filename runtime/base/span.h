// Where something stands in the source. Kept in the Program too, so that a decision can name the
// clause that decided it without the source being at hand.
#pragma once

#include <cstdint>

namespace cap {

struct Span {
  uint32_t file = 0;    // index into Program::files or the compiler's SourceMap
  uint32_t line = 0;    // from 1; 0 = nowhere (made by the compiler)
  uint32_t column = 0;  // from 1, in bytes
  uint32_t length = 0;  // in bytes, up to the end of the first line

  bool operator==(const Span&) const = default;
};

}  // namespace cap
