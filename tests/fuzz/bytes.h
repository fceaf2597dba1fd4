// Reads an input as a sequence of choices. After its end every choice is the first one, so that a
// short input is a simple case.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cap::fuzz {

class Bytes {
 public:
  explicit Bytes(std::string_view data) : data_(data) {}

  bool empty() const { return data_.empty(); }
  uint8_t Byte() {
    if (data_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(data_.front());
    data_.remove_prefix(1);
    return byte;
  }
  /// 0 … bound - 1; bound at most 65536.
  uint32_t Below(uint32_t bound) {
    if (bound <= 1) return 0;
    const uint32_t number = bound <= 256 ? Byte() : Byte() | uint32_t{Byte()} << 8;
    return number % bound;
  }
  /// True for about `of_256` of 256 bytes, and never at the end.
  bool Chance(uint8_t of_256) { return !empty() && 255 - Byte() < of_256; }
  uint64_t Word() {
    uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word << 8 | Byte();
    return word;
  }
  std::string Text(size_t most) {
    const size_t length = std::min<size_t>({Byte(), most, data_.size()});
    std::string text(data_.substr(0, length));
    data_.remove_prefix(length);
    return text;
  }
  std::string_view Rest() { return std::exchange(data_, {}); }

 private:
  std::string_view data_;
};

}  // namespace cap::fuzz
