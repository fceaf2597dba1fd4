// Tables: what a constant may point at that is no value of the language but has been worked out
// when the policy was compiled. Words of a Program, verified whole when it is loaded
// (verify_tables.cpp), never changed, shared by all that use them. A call-out that reads one checks
// nothing of it again.
//
// kDfa: a regular expression as a minimal deterministic automaton over bytes.
//
//   words[0]    states, at least 1; state 0 is the dead one: it accepts nothing and leads to itself
//   words[1]    classes of bytes, 1 to 256
//   words[2]    row of the first state. A row is where a state's transitions stand: state × classes
//   words[3]    the states whose rows are at least this accept
//   words[4 …]  256 classes of bytes, one byte each, the lowest byte of a word first
//   then        states × classes rows: where a state goes with a byte of the class
//
// kZone and kSchedule: runtime/value/zone.h and schedule.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/value/slot.h"

namespace cap {

enum class TableKind : uint8_t { kDfa, kZone, kSchedule };

struct Table {
  TableKind kind = TableKind::kDfa;
  std::string name;  // what a person calls it: the text of a pattern
  std::vector<uint32_t> words;
  bool operator==(const Table&) const = default;
};

/// The slot of a constant that is this table, which must outlive it.
inline Slot SlotOf(const Table& table) {
  return {reinterpret_cast<uintptr_t>(table.words.data()),
          PackPair(static_cast<uint32_t>(table.words.size()), static_cast<uint32_t>(table.kind))};
}

inline const uint32_t* WordsOf(const Slot& table) {
  return reinterpret_cast<const uint32_t*>(table.lo);
}

namespace dfa {

inline constexpr uint32_t kStates = 0;
inline constexpr uint32_t kClasses = 1;
inline constexpr uint32_t kStart = 2;
inline constexpr uint32_t kAccept = 3;
inline constexpr uint32_t kClassOf = 4;
inline constexpr uint32_t kRows = kClassOf + 256 / 4;

inline uint32_t ClassOf(const uint32_t* words, uint8_t byte) {
  return words[kClassOf + byte / 4] >> (byte % 4 * 8) & 0xFF;
}

}  // namespace dfa

}  // namespace cap
