#include "runtime/value/segment.h"

#include <cstdint>

namespace cap {
namespace {

bool IsLegalByte(uint8_t byte) {
  switch (byte) {
    case '/': case '\\': case '*': case '{': case '}': case 0x7F:
      return false;
    default:
      return byte >= 0x20;
  }
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that the percent escape at the start of `text` stands for, or -1.
int EscapedByte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = HexValue(text[1]);
  const int low = HexValue(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// The C1 controls, U+0080 to U+009F, are C2 80 to C2 9F in UTF-8.
bool IsC1(std::string_view text) {
  return text.size() >= 2 && static_cast<uint8_t>(text[0]) == 0xC2 &&
         static_cast<uint8_t>(text[1]) >= 0x80 && static_cast<uint8_t>(text[1]) < 0xA0;
}

}  // namespace

bool IsLegalSegment(std::string_view text) {
  if (text.empty() || text == "." || text == "..") return false;
  for (; !text.empty(); text.remove_prefix(1)) {
    if (!IsLegalByte(static_cast<uint8_t>(text.front())) || IsC1(text)) return false;
    const int escaped = EscapedByte(text);
    // %25 is refused too: "%252f" becomes "%2f" and then "/" when it is decoded twice. A dot is
    // refused wherever it is escaped, since nobody escapes a dot but to hide it; so are bytes above
    // ASCII, which may be an overlong "/" or ".".
    if (escaped >= 0 && (!IsLegalByte(static_cast<uint8_t>(escaped)) || escaped == '.' ||
                         escaped == '%' || escaped >= 0x80)) {
      return false;
    }
  }
  return true;
}

}  // namespace cap
