#include "runtime/redis/codec.h"

#include <algorithm>
#include <charconv>

#include "runtime/base/limits.h"

namespace cap::redis {
namespace {

// reserve.lua counts the holds of a gauge by itself, and knows the classes by their numbers.
static_assert(limits::kHolds == 4'096);
static_assert(static_cast<int>(state::CounterClass::kRate) == 1 &&
              static_cast<int>(state::CounterClass::kBreaker) == 7);
// Sums of two times are whole numbers in a double.
static_assert(limits::kTimeUs <= int64_t{1} << 52);
// A quantity's billions are packed in four bytes where they are an amount or a limit.
static_assert(limits::kQuantity / 1'000'000'000 <= UINT32_MAX);

constexpr int64_t kBillion = 1'000'000'000;
constexpr char kDigits[] = "0123456789abcdef";

void AppendNumber(std::string& to, uint64_t number) {
  char digits[24];
  to.append(digits, std::to_chars(digits, std::end(digits), number).ptr);
}

/// The text up to `end`, which is taken off `rest`.
std::optional<std::string_view> Cut(std::string_view& rest, char end) {
  const size_t at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return part;
}

}  // namespace

void Words::BeginCommand(size_t words) {
  bytes += '*';
  AppendNumber(bytes, words);
  bytes += "\r\n";
}

void Words::Begin(size_t size) {
  bytes += '$';
  AppendNumber(bytes, size);
  bytes += "\r\n";
  ++count;
}

void Words::Add(std::string_view word) {
  Begin(word.size());
  bytes += word;
  End();
}

Packed& Packed::Number(uint64_t number, size_t size) {
  char bytes[8];
  for (char& byte : bytes) {
    byte = static_cast<char>(number & 0xFF);
    number >>= 8;
  }
  bytes_.append(bytes, size);
  return *this;
}

Packed& Packed::Quantity(int64_t number) {
  Number(static_cast<uint64_t>(number / kBillion), 4);
  return Number(static_cast<uint64_t>(number % kBillion), 4);
}

Packed& Packed::Id(uint64_t high, uint64_t low) {
  Number(high, 8);
  return Number(low, 8);
}

Packed& Packed::Bytes(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

std::string_view Unpacked::Bytes(size_t size) {
  if (size > rest_.size()) {
    failed_ = true;
    rest_ = {};
    return {};
  }
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

uint64_t Unpacked::Number(size_t size) {
  const std::string_view bytes = Bytes(size);
  uint64_t number = 0;
  for (size_t i = bytes.size(); i-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

int64_t Unpacked::Long() {
  return static_cast<int64_t>(std::min<uint64_t>(Number(8), uint64_t{INT64_MAX}));
}

std::string Hex(const std::array<uint8_t, 16>& key) {
  std::string text;
  for (const uint8_t byte : key) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<std::array<uint8_t, 16>> ParseKey(std::string_view hex) {
  std::array<uint8_t, 16> key;
  if (hex.size() != 2 * key.size()) return std::nullopt;
  for (size_t i = 0; i < key.size(); ++i) {
    const char* begin = hex.data() + 2 * i;
    const auto [stopped, error] = std::from_chars(begin, begin + 2, key[i], 16);
    if (error != std::errc() || stopped != begin + 2) return std::nullopt;
  }
  return key;
}

std::optional<int64_t> ParseInt(std::string_view text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

Field::Field(char letter, uint64_t high, uint64_t low) {
  bytes_[0] = letter;
  for (size_t i = 0; i < 8; ++i) {
    bytes_[1 + i] = static_cast<char>(high >> 8 * i & 0xFF);
    bytes_[9 + i] = static_cast<char>(low >> 8 * i & 0xFF);
  }
}

std::optional<state::CounterId> ParseCounterField(std::string_view field) {
  if (field.size() != kFieldSize || field[0] != kCounterField) return std::nullopt;
  Unpacked bytes(field.substr(1));
  state::CounterId id;
  for (uint64_t* half : {&id.high, &id.low}) {
    const uint64_t below = bytes.Word();
    *half = bytes.Word() << 32 | below;
  }
  return id;
}

std::optional<state::Counter> ParseCounter(std::string_view text) {
  Unpacked from(text);
  from.Long();  // when it may be deleted
  const int64_t last = from.Long(), value = from.Long();
  const auto rest = static_cast<int64_t>(from.Word());
  const int64_t end = from.Long();
  const uint64_t unit = from.Short(), of = from.Byte();
  const auto limit = static_cast<int64_t>(from.Word());
  const auto limit_rest = static_cast<int64_t>(from.Word());
  const int64_t begin = from.Long();
  from.Long();  // the place at which it began
  const uint64_t held = from.Short();
  if (from.failed() || of < 1 || of > static_cast<uint64_t>(state::CounterClass::kBreaker) ||
      held > limits::kHolds || rest >= kBillion || limit_rest >= kBillion) {
    return std::nullopt;
  }
  state::Counter counter;
  counter.Begin(static_cast<state::CounterClass>(of), static_cast<uint16_t>(unit));
  const bool timed = counter.of() == state::CounterClass::kRate ||
                     counter.of() == state::CounterClass::kBreaker;
  counter.last_us = last;
  counter.value = value;
  if (!timed && (__builtin_mul_overflow(value, kBillion, &counter.value) ||
                 __builtin_add_overflow(counter.value, rest, &counter.value))) {
    return std::nullopt;
  }
  counter.end_us = end;
  counter.limit = limit * kBillion + limit_rest;
  if (!counter.has_entries()) counter.begin_us() = begin;
  for (uint64_t i = 0; i < held; ++i) {
    const int64_t ends = from.Long();
    const auto high = static_cast<int64_t>(from.Word());
    const auto low = static_cast<int64_t>(from.Word());
    if (from.failed() || !counter.has_entries()) return std::nullopt;
    counter.entries().Insert({ends, high * kBillion + low});
  }
  if (!from.rest().empty()) return std::nullopt;
  return counter;
}

std::string NameOf(const state::CounterName& name) {
  std::string text;
  for (const std::string_view part : {name.policy, name.limit, name.constraint, name.key}) {
    text += part;
    text += '\0';
  }
  return text;
}

void SetNames(std::string_view name, state::CounterView& view) {
  for (std::string* part : {&view.policy, &view.limit, &view.constraint, &view.key}) {
    const auto text = Cut(name, '\0');
    if (!text) return;
    *part = *text;
  }
}

}  // namespace cap::redis
