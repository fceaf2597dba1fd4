#include "runtime/frame/cbor.h"

#include <algorithm>

namespace cap::cbor {

void AppendHead(Major major, uint64_t argument, std::string& out) {
  const auto top = static_cast<uint8_t>(static_cast<uint8_t>(major) << 5);
  if (argument < 24) {
    out += static_cast<char>(top | argument);
    return;
  }
  // 24, 25, 26, 27: the argument follows in 1, 2, 4 or 8 bytes, the highest first.
  const int size_log = (argument > 0xFF) + (argument > 0xFFFF) + (argument > 0xFFFF'FFFF);
  out += static_cast<char>(top | (24 + size_log));
  for (int shift = (8 << size_log) - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(argument >> shift & 0xFF);
  }
}

void AppendInt(int64_t value, std::string& out) {
  // -1 - n is the bitwise complement of n, which is never negative here.
  if (value < 0) return AppendHead(Major::kNegative, static_cast<uint64_t>(~value), out);
  AppendHead(Major::kUnsigned, static_cast<uint64_t>(value), out);
}

void AppendText(std::string_view text, std::string& out) {
  AppendHead(Major::kText, text.size(), out);
  out += text;
}

void AppendBytes(std::string_view bytes, std::string& out) {
  AppendHead(Major::kBytes, bytes.size(), out);
  out += bytes;
}

void AppendBool(bool value, std::string& out) { AppendHead(Major::kSimple, value ? 21 : 20, out); }

void AppendNull(std::string& out) { AppendHead(Major::kSimple, 22, out); }

void AppendMap(std::vector<std::pair<std::string, std::string>> entries, std::string& out) {
  std::ranges::sort(entries);
  AppendHead(Major::kMap, entries.size(), out);
  for (const auto& [key, value] : entries) {
    out += key;
    out += value;
  }
}

}  // namespace cap::cbor
