#include "compiler/diag/json_text.h"

#include <fmt/core.h>

#include "compiler/diag/printable.h"

namespace cap::diag {

std::string JsonQuote(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const Character c = ReadCharacter(text, i);
    if (c.code_point == '"' || c.code_point == '\\') {
      out += '\\';
      out += text[i];
    } else if (c.code_point == '\n') {
      out += "\\n";
    } else if (c.code_point == 0xFFFD || !IsPrintable(c.code_point)) {
      out += fmt::format("\\u{:04x}", static_cast<uint32_t>(c.code_point));
    } else {
      out += text.substr(i, c.bytes);
    }
    i += c.bytes;
  }
  return out + '"';
}

}  // namespace cap::diag
