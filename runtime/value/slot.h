// The 16 bytes that every checked value becomes before an engine looks at it.
//
//   bool, int              lo = the value
//   instant                lo = microseconds since 1970-01-01T00:00Z
//   duration               lo = microseconds, with a sign
//   date                   lo = days since 1970-01-01, with a sign
//   enum                   lo = member index
//   money                  lo = minor units, hi = currency id (runtime/value/money.h)
//   decimal                lo, hi = coefficient in two's complement; the type has the scale
//   string, email, path,   lo = address of the bytes, hi = length:32 | hash:32 (length is low)
//   ip, cidr, url, json
//   set<enum>, approvers   lo = mask of members, hi = count of members that are not declared
//   table                  lo = address of its words, hi = count:32 | kind:32 (program/table.h)
//   list, map, other sets  lo = address of the first element slot, hi = count:32 | stride:32
//
// Bytes of an email are preceded by an EmailHeader, so that its domain costs two loads; those of an
// ip or a cidr by a NetHeader, those of a url by a UrlHeader. None is aligned.
// Sets are sorted (strings by unsigned bytes, words and decimals as signed integers) and have no
// duplicates; so are the rows of a map, by their keys, which stand in slot 1.
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

struct NetHeader {
  uint8_t address[16] = {};  // IPv4 as ::ffff:a.b.c.d
  uint32_t prefix = 0;       // bits of the address that a network fixes; 128 of an ip
};
static_assert(sizeof(NetHeader) == 20);

/// Offsets count from the first byte of the url.
struct UrlHeader {
  uint32_t scheme_length = 0;  // it begins at 0
  uint32_t scheme_hash = 0;
  uint32_t host_offset = 0;
  uint32_t host_length = 0;
  uint32_t host_hash = 0;
  uint32_t path_offset = 0;
  uint32_t path_length = 0;    // without a trailing slash: as a path has it
  uint32_t path_hash = 0;
  uint32_t port = 0;           // the scheme's own where none is written
  uint32_t plain = 0;          // 1: neither query nor fragment
};
static_assert(sizeof(UrlHeader) == 40);

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

/// The header of an ip or cidr slot. INVARIANT: a NetHeader precedes the bytes.
inline NetHeader NetHeaderOf(const Slot& s) {
  NetHeader header;
  std::memcpy(&header, reinterpret_cast<const char*>(s.lo) - sizeof header, sizeof header);
  return header;
}

/// The header of a url slot. INVARIANT: a UrlHeader precedes the bytes.
inline UrlHeader UrlHeaderOf(const Slot& s) {
  UrlHeader header;
  std::memcpy(&header, reinterpret_cast<const char*>(s.lo) - sizeof header, sizeof header);
  return header;
}
inline Slot UrlSchemeOf(const Slot& s) {
  const UrlHeader header = UrlHeaderOf(s);
  return {s.lo, PackPair(header.scheme_length, header.scheme_hash)};
}
inline Slot UrlHostOf(const Slot& s) {
  const UrlHeader header = UrlHeaderOf(s);
  return {s.lo + header.host_offset, PackPair(header.host_length, header.host_hash)};
}
inline Slot UrlPathOf(const Slot& s) {
  const UrlHeader header = UrlHeaderOf(s);
  return {s.lo + header.path_offset, PackPair(header.path_length, header.path_hash)};
}

inline uint32_t CountOf(const Slot& list) { return static_cast<uint32_t>(list.hi); }
inline uint32_t StrideOf(const Slot& list) { return static_cast<uint32_t>(list.hi >> 32); }
inline const Slot* ElementsOf(const Slot& list) { return reinterpret_cast<const Slot*>(list.lo); }

}  // namespace cap
