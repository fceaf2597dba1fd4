// What a reader hashed lately for the names of counters: the same customers and the same chains
// come again, and a hash that nobody can foresee costs some 200 instructions. Functions of what
// they are asked alone, so that nothing in here can be out of date. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "runtime/engine/counter_id.h"
#include "runtime/value/slot.h"

namespace cap::engine {

class PartCache {
 public:
  using Id = CounterHash::Id;

  // `hash` of these: the same each time.

  /// CounterHash::TextPart() of a text's slot.
  Id Text(const CounterHash& hash, const Slot& slot) {
    const std::string_view text = StringOf(slot);
    if (text.empty() || text.size() > kText) return hash.TextPart(text);
    TextEntry& entry = texts_[(slot.hi >> 32) % texts_.size()];
    if (entry.length != text.size() || std::memcmp(entry.bytes, text.data(), text.size()) != 0) {
      entry.length = static_cast<uint32_t>(text.size());
      std::memcpy(entry.bytes, text.data(), text.size());
      entry.part = hash.TextPart(text);
    }
    return entry.part;
  }

  /// CounterHash::Join().
  Id Join(const CounterHash& hash, const Id& id, const Id& other) {
    JoinEntry& entry = joins_[(id.low ^ other.low) % joins_.size()];
    if (!entry.used || entry.id != id || entry.other != other) {
      entry = {id, other, hash.Join(id, other), true};
    }
    return entry.joined;
  }

 private:
  static constexpr size_t kText = 44;
  struct alignas(64) TextEntry {
    uint32_t length = UINT32_MAX;  // no text's
    char bytes[kText] = {};
    Id part;
  };
  static_assert(sizeof(TextEntry) == 64);
  struct alignas(64) JoinEntry {
    Id id, other, joined;
    bool used = false;
  };

  std::array<TextEntry, 128> texts_;
  std::array<JoinEntry, 64> joins_;
};

}  // namespace cap::engine
