// The 16 bytes that every checked value becomes before an engine looks at it.
//
//   bool, int              lo = the value
//   instant                lo = microseconds since 1970-01-01T00:00Z
//   duration               lo = microseconds, with a sign
//   enum                   lo = member index
//   money                  lo = minor units, hi = currency id (runtime/value/money.h)
//   decimal                lo, hi = coefficient in two's complement; the type has the scale
//   string, email, json    lo = address of the bytes, hi = length:32 | hash:32 (length is low)
//   set<enum>, approvers   lo = mask of members, hi = count of members that are not declared
//   table                  lo = address of its words, hi = count:32 | kind:32 (program/table.h)
//   list, other sets       lo = address of the first element slot, hi = count:32 | stride:32
//
// Bytes of an email are preceded by an 8-byte EmailHeader, so that its domain costs two loads.
// Sets are sorted (strings by unsigned bytes, words as signed integers) and have no duplicates.
// An element of scalar type has stride 1. An element of record type is laid out like the record
// itself (program.h, "Records in slots"); bit i of lo of its first slot: slot i is present, bit i
// of hi: slot i is absent because it was given as `null`. Elsewhere a slot that is absent for this
// reason has lo = 1; every other slot that is not present is zero.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace cap {

struct Slot {
  uint64_t lo = 0;
  uint64_t hi = 0;

  bool operator==(const Slot&) const = default;
};
static_assert(sizeof(Slot) == 16);

struct EmailHeader {
  uint32_t domain_offset = 0;  // of the first byte after '@'
  uint32_t domain_hash = 0;
};
static_assert(sizeof(EmailHeader) == 8);

/// FNV-1a, 32 bits, of the bytes. Rejects early and never decides: bytes decide.
inline uint32_t HashBytes(std::string_view bytes) {
  uint32_t h = 2166136261u;
  for (char c : bytes) h = (h ^ static_cast<uint8_t>(c)) * 16777619u;
  return h;
}

inline uint64_t PackPair(uint32_t low, uint32_t high) {
  return static_cast<uint64_t>(high) << 32 | low;
}

/// A string slot that points at `bytes`, which must outlive it.
inline Slot StringSlot(std::string_view bytes) {
  return {reinterpret_cast<uintptr_t>(bytes.data()),
          PackPair(static_cast<uint32_t>(bytes.size()), HashBytes(bytes))};
}

inline std::string_view StringOf(const Slot& s) {
  return {reinterpret_cast<const char*>(s.lo), static_cast<uint32_t>(s.hi)};
}

/// The domain of an email slot, as a string slot. INVARIANT: an EmailHeader precedes the bytes.
inline Slot EmailDomainOf(const Slot& s) {
  EmailHeader header;
  std::memcpy(&header, reinterpret_cast<const char*>(s.lo) - sizeof header, sizeof header);
  const auto length = static_cast<uint32_t>(s.hi);
  return {s.lo + header.domain_offset, PackPair(length - header.domain_offset, header.domain_hash)};
}

/// In a slot that is not present: it was given, as `null`.
inline constexpr Slot kNullSlot{1, 0};

inline uint32_t CountOf(const Slot& list) { return static_cast<uint32_t>(list.hi); }
inline uint32_t StrideOf(const Slot& list) { return static_cast<uint32_t>(list.hi >> 32); }
inline const Slot* ElementsOf(const Slot& list) { return reinterpret_cast<const Slot*>(list.lo); }

}  // namespace cap
