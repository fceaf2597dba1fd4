// What goes to the scripts and comes back, as they pack and unpack it: numbers of a fixed size,
// little-endian, one behind the other. A quantity is two numbers, its billions and the rest.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/state/counter.h"
#include "runtime/state/store.h"

namespace cap::redis {

/// Words of a command, in the form in which they are sent.
struct Words {
  std::string bytes;
  uint32_t count = 0;

  /// Before the words of a command.
  void BeginCommand(size_t words);
  void Add(std::string_view word);
  /// A word of that size, whose bytes the caller appends in between.
  void Begin(size_t size);
  void End() { bytes += "\r\n"; }
};

class Packed {
 public:
  explicit Packed(size_t room = 32) { bytes_.reserve(room); }
  Packed& Byte(uint64_t number) { return Number(number, 1); }
  Packed& Short(uint64_t number) { return Number(number, 2); }
  Packed& Long(int64_t number) { return Number(static_cast<uint64_t>(number), 8); }
  Packed& Quantity(int64_t number);
  Packed& Id(uint64_t high, uint64_t low);
  Packed& Bytes(std::string_view bytes);
  const std::string& bytes() const { return bytes_; }
  std::string Take() && { return std::move(bytes_); }

 private:
  Packed& Number(uint64_t number, size_t size);

  std::string bytes_;
};

/// After a number that is not there everything reads as 0.
class Unpacked {
 public:
  explicit Unpacked(std::string_view bytes) : rest_(bytes) {}

  uint64_t Byte() { return Number(1); }
  uint64_t Short() { return Number(2); }
  uint64_t Word() { return Number(4); }
  /// At most INT64_MAX, which is also what a script writes for never.
  int64_t Long();
  std::string_view Bytes(size_t size);
  std::string_view rest() const { return rest_; }
  bool failed() const { return failed_; }

 private:
  uint64_t Number(size_t size);

  std::string_view rest_;
  bool failed_ = false;
};

std::string Hex(const std::array<uint8_t, 16>& key);
std::optional<std::array<uint8_t, 16>> ParseKey(std::string_view hex);
/// Nothing where it is no decimal number of an int64.
std::optional<int64_t> ParseInt(std::string_view text);

/// The names of a tenant's fields: a letter, and the sixteen bytes of an identity.
inline constexpr char kCounterField = 'c', kOperationField = 'o', kNameField = 'n';
inline constexpr size_t kFieldSize = 17;
class Field {
 public:
  explicit Field(state::CounterId id) : Field(kCounterField, id.high, id.low) {}
  explicit Field(state::OperationId id) : Field(kOperationField, id.high, id.low) {}
  /// Where it lies what a counter is called.
  static Field NameOf(state::CounterId id) { return {kNameField, id.high, id.low}; }
  std::string_view text() const { return {bytes_.data(), bytes_.size()}; }

 private:
  Field(char letter, uint64_t high, uint64_t low);

  std::array<char, kFieldSize> bytes_;
};
std::optional<state::CounterId> ParseCounterField(std::string_view field);

/// A counter of counter.lua. Nothing where the text is none.
inline constexpr size_t kCounterSize = 65;  // without entries
std::optional<state::Counter> ParseCounter(std::string_view text);
std::string NameOf(const state::CounterName& name);
void SetNames(std::string_view name, state::CounterView& view);

}  // namespace cap::redis
