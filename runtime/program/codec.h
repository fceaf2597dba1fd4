// What a bundle's payload is made of: numbers of variable length, counted bytes, counted items.
// Every Program has exactly one encoding. Internal to runtime/program.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/program/program.h"

namespace cap::codec {

// The last member of each enum: a number above it is malformed.
constexpr uint64_t LastOf(TypeKind) { return static_cast<uint64_t>(kLastTypeKind); }
constexpr uint64_t LastOf(MoneyForm) { return static_cast<uint64_t>(MoneyForm::kSibling); }
constexpr uint64_t LastOf(SlotSource) { return static_cast<uint64_t>(SlotSource::kLet); }
constexpr uint64_t LastOf(HoleSource) { return static_cast<uint64_t>(HoleSource::kElement); }
constexpr uint64_t LastOf(Risk) { return static_cast<uint64_t>(Risk::kCritical); }
constexpr uint64_t LastOf(ShapeKind) { return static_cast<uint64_t>(ShapeKind::kPredicate); }
constexpr uint64_t LastOf(ClauseKind) { return static_cast<uint64_t>(ClauseKind::kLimit); }
constexpr uint64_t LastOf(LimitKind) { return static_cast<uint64_t>(LimitKind::kNotAfter); }
constexpr uint64_t LastOf(OnStoreError) { return static_cast<uint64_t>(OnStoreError::kPermit); }
constexpr uint64_t LastOf(LimitOperand::Source) {
  return static_cast<uint64_t>(LimitOperand::Source::kInst);
}
constexpr uint64_t LastOf(ParameterOrder) {
  return static_cast<uint64_t>(ParameterOrder::kWithin);
}
constexpr uint64_t LastOf(TableKind) { return static_cast<uint64_t>(TableKind::kSchedule); }
constexpr uint64_t LastOf(TextPiece::Kind) {
  return static_cast<uint64_t>(TextPiece::Kind::kConst);
}
constexpr uint64_t LastOf(Op) { return kOpCount - 1; }

// A signed number with its sign in the lowest bit, so that small ones are short.
constexpr uint64_t ZigZag(int64_t number) {
  return static_cast<uint64_t>(number) << 1 ^ static_cast<uint64_t>(number >> 63);
}
constexpr int64_t UnZigZag(uint64_t number) {
  return static_cast<int64_t>(number >> 1 ^ (~(number & 1) + 1));
}

class Writer {
 public:
  template <typename T>
  using Ref = const T&;

  template <typename... Items>
  void operator()(const Items&... items) {
    (Put(items), ...);
  }
  void PutNumber(uint64_t number) {
    for (; number >= 0x80; number >>= 7) bytes_ += static_cast<char>(number | 0x80);
    bytes_ += static_cast<char>(number);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <std::unsigned_integral T>
  void Put(T number) {
    PutNumber(number);
  }
  void Put(int64_t number) { PutNumber(ZigZag(number)); }
  template <typename T>
    requires std::is_enum_v<T>
  void Put(T item) {
    PutNumber(static_cast<uint64_t>(item));
  }
  void Put(const std::string& text) {
    PutNumber(text.size());
    bytes_ += text;
  }
  template <typename T>
  void Put(const std::vector<T>& items) {
    PutNumber(items.size());
    for (const T& item : items) Put(item);
  }
  template <typename T, size_t N>
  void Put(const T (&items)[N]) {
    for (const T& item : items) Put(item);
  }
  void Put(const Value& value);
  template <typename T>
    requires std::is_class_v<T>
  void Put(const T& item) {
    Fields(*this, item);
  }

  std::string bytes_;
};

/// After a failure every read yields nothing and every count is zero, so that decoding soon ends.
class Reader {
 public:
  template <typename T>
  using Ref = T&;

  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename... Items>
  void operator()(Items&... items) {
    (Get(items), ...);
  }
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == bytes_.size(); }
  uint64_t GetNumber();
  std::string_view GetBytes();

 private:
  template <typename T>
  void GetUpTo(T& item, uint64_t most) {
    const uint64_t number = GetNumber();
    if (number > most) ok_ = false;
    item = static_cast<T>(ok_ ? number : 0);
  }
  template <std::unsigned_integral T>
  void Get(T& number) {
    GetUpTo(number, std::numeric_limits<T>::max());  // of bool: 1
  }
  void Get(int64_t& number) { number = UnZigZag(GetNumber()); }
  template <typename T>
    requires std::is_enum_v<T>
  void Get(T& item) {
    GetUpTo(item, LastOf(T{}));
  }
  void Get(std::string& text) { text = GetBytes(); }
  template <typename T>
  void Get(std::vector<T>& items) {
    // An item takes a byte at least. The memory grows with what has been decoded, not with what
    // the count promises.
    const uint64_t count = GetCount();
    items.clear();
    for (uint64_t i = 0; i < count && ok_; ++i) Get(items.emplace_back());
  }
  template <typename T, size_t N>
  void Get(T (&items)[N]) {
    for (T& item : items) Get(item);
  }
  void Get(Value& value);
  template <typename T>
    requires std::is_class_v<T>
  void Get(T& item) {
    Fields(*this, item);
  }
  uint64_t GetCount();
  uint8_t GetByte();

  std::string_view bytes_;
  size_t at_ = 0;
  uint32_t depth_ = 0;  // of values
  bool ok_ = true;
};

}  // namespace cap::codec
