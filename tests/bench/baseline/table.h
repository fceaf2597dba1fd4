// The hand-written index: open addressing, linear probing, at most half full, eight bytes an entry
// (16 bits of fingerprint, 48 of address). Same records, same keys and a keyed hash, as the engine
// has. Single writer before the readers start.
#pragma once

#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/program/abi.h"

namespace cap::bench {

struct HandSeed {
  uint64_t a = 0;
  uint64_t b = 0;
};

inline uint64_t Fold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t Read8(const char* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}
inline uint64_t Read4(const char* p) {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}

inline uint64_t HashText(uint64_t h, uint64_t seed, std::string_view text) {
  const char* p = text.data();
  size_t n = text.size();
  uint64_t a = 0;
  uint64_t b = 0;
  for (; n > 16; p += 16, n -= 16) h = Fold(h ^ Read8(p), seed ^ Read8(p + 8));
  if (n >= 8) {
    a = Read8(p);
    b = Read8(p + n - 8);
  } else if (n >= 4) {
    a = Read4(p);
    b = Read4(p + n - 4);
  } else if (n > 0) {
    a = static_cast<uint8_t>(p[0]);
    b = static_cast<uint64_t>(static_cast<uint8_t>(p[n >> 1])) << 8 |
        static_cast<uint8_t>(p[n - 1]);
  }
  return Fold(h ^ a ^ text.size(), seed ^ b);
}

struct HandKey {
  uint32_t grant = 0;
  uint32_t generation = 0;
  uint16_t action = 0;
  uint8_t skeleton = 0;
  std::span<const std::string_view> literals;
};

inline uint64_t HashKey(const HandSeed& seed, const HandKey& key) {
  const uint64_t fixed = static_cast<uint64_t>(key.grant) << 32 |
                         static_cast<uint64_t>(key.action) << 8 | key.skeleton;
  uint64_t h = Fold(fixed ^ seed.a, 0x9E3779B97F4A7C15u);
  for (std::string_view text : key.literals) h = HashText(h, seed.b, text);
  return h;
}

inline bool SameKey(const CapabilityRecord& record, const HandKey& key) {
  if (((record.grant ^ key.grant) | (record.generation ^ key.generation) |
       static_cast<uint32_t>(record.action ^ key.action) |
       static_cast<uint32_t>(record.skeleton ^ key.skeleton)) != 0) {
    return false;
  }
  const char* p = (record.literals_inline & 1) != 0 ? record.literals : record.literals_far;
  const char* end = p + record.literals_length;
  for (std::string_view text : key.literals) {
    uint16_t n;
    if (end - p < 2) return false;
    std::memcpy(&n, p, 2);
    if (n != text.size() || std::memcmp(p + 2, text.data(), n) != 0) return false;
    p += 2 + n;
  }
  return p == end;
}

class HandTable {
 public:
  HandTable(HandSeed seed, size_t records) : seed_(seed) {
    size_t capacity = 16;
    while (capacity < records * 2) capacity *= 2;
    entries_.assign(capacity, 0);
    mask_ = capacity - 1;
  }

  void Insert(const HandKey& key, const CapabilityRecord* record) {
    const uint64_t h = HashKey(seed_, key);
    size_t i = h & mask_;
    while (entries_[i] != 0) i = (i + 1) & mask_;
    entries_[i] = (h & kFingerprint) | reinterpret_cast<uintptr_t>(record);
  }

  const CapabilityRecord* Find(const HandKey& key) const {
    const uint64_t h = HashKey(seed_, key);
    for (size_t i = h & mask_;; i = (i + 1) & mask_) {
      const uint64_t entry = entries_[i];
      if (entry == 0) return nullptr;
      if (((entry ^ h) & kFingerprint) != 0) continue;
      const auto* record = reinterpret_cast<const CapabilityRecord*>(entry & ~kFingerprint);
      if (SameKey(*record, key)) [[likely]]
        return record;
    }
  }

  size_t bytes() const { return entries_.size() * sizeof entries_[0]; }

 private:
  static constexpr uint64_t kFingerprint = uint64_t{0xFFFF} << 48;
  HandSeed seed_;
  size_t mask_ = 0;
  std::vector<uint64_t> entries_;
};

/// The control that must fail: every record is looked at.
class LinearTable {
 public:
  void Insert(const HandKey&, const CapabilityRecord* record) { records_.push_back(record); }
  const CapabilityRecord* Find(const HandKey& key) const {
    for (const CapabilityRecord* record : records_) {
      if (SameKey(*record, key)) return record;
    }
    return nullptr;
  }

 private:
  std::vector<const CapabilityRecord*> records_;
};

}  // namespace cap::bench
