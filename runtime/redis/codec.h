// What goes to the scripts and comes back, as texts.
#pragma once

#include <cstdint>
#include <optional>
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

std::string Hex(uint64_t high, uint64_t low);
/// Of 32 hexadecimal digits.
std::optional<state::CounterId> ParseId(std::string_view hex);
std::string Hex(const std::array<uint8_t, 16>& key);
std::optional<std::array<uint8_t, 16>> ParseKey(std::string_view hex);
/// Nothing where it is no decimal number of an int64.
std::optional<int64_t> ParseInt(std::string_view text);

/// The counters of a request, each once, and which one each charge charges.
struct Numbered {
  std::vector<uint16_t> first;   // of each counter, the first charge of it
  std::vector<uint16_t> number;  // of each charge, its counter
};
Numbered NumberCounters(std::span<const state::Charge> charges);

/// What reserve.lua reads behind the branch and the place.
Words ReserveArguments(const state::ReserveRequest& request, const Numbered& numbered,
                       std::string_view mode, bool names);

/// A counter of counter.lua. Nothing where the text is none.
struct Named {
  state::Counter counter;
  std::string_view name;
};
std::optional<Named> ParseCounter(std::string_view text);

std::string NameOf(const state::CounterName& name);
void SetNames(std::string_view name, state::CounterView& view);

}  // namespace cap::redis
