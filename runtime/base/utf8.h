// Whether bytes are well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates,
// nothing over U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cap {

/// Length of the well-formed sequence at `at`, or 0. Thread-safe; constant cost.
inline size_t Utf8Length(std::string_view bytes, size_t at) {
  const auto byte = [&](size_t i) -> uint8_t {
    return at + i < bytes.size() ? static_cast<uint8_t>(bytes[at + i]) : 0;
  };
  const uint8_t first = byte(0);
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if (first < 0x80) return at < bytes.size() ? 1 : 0;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const uint8_t low = first == 0xE0 ? 0xA0 : 0x80;
    const uint8_t high = first == 0xED ? 0x9F : 0xBF;
    return byte(1) >= low && byte(1) <= high && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const uint8_t low = first == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xF4 ? 0x8F : 0xBF;
    return byte(1) >= low && byte(1) <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// Thread-safe; linear.
inline bool IsUtf8(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = Utf8Length(bytes, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace cap
