// What goes to the scripts and comes back, as they pack and unpack it: numbers of a fixed size,
// little-endian, one behind the other. A quantity is two numbers, its billions and the rest.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/state/choose.h"
#include "runtime/state/counter.h"
#include "runtime/state/store.h"

namespace cap::redis {

/// Words of a command, in the form in which they are sent.
struct Words {
  std::string bytes;
  uint32_t count = 0;

  void Add(std::string_view word);
  void Add(int64_t number);
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
inline constexpr char kCounterField = 'c', kOperationField = 'o';
inline constexpr size_t kFieldSize = 17;
std::string FieldOf(state::CounterId id);
std::string FieldOf(state::OperationId id);
std::optional<state::CounterId> ParseCounterField(std::string_view field);

/// The counters of a request, each once, and which one each charge charges.
struct Numbered {
  std::vector<uint16_t> first;   // of each counter, the first charge of it
  std::vector<uint16_t> number;  // of each charge, its counter
};
Numbered NumberCounters(std::span<const state::Charge> charges);

enum class Mode : uint8_t { kReserve, kPeek, kReplay };

/// What a script is told: the first word but for what it begins with (the branch, the place, the
/// server's clock), and the words behind it.
struct Arguments {
  std::string head;
  Words rest;
};
Arguments ReserveArguments(const state::ReserveRequest& request, const Numbered& numbered,
                           Mode mode, bool names);

/// A counter of counter.lua. Nothing where the text is none.
struct Named {
  state::Counter counter;
  std::string_view name;
};
std::optional<Named> ParseCounter(std::string_view text);

std::string NameOf(const state::CounterName& name);
void SetNames(std::string_view name, state::CounterView& view);

}  // namespace cap::redis
