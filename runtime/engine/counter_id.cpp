#include "runtime/engine/counter_id.h"

#include <sodium.h>

#include <cstring>

#include "runtime/value/text.h"

namespace cap::engine {
namespace {

static_assert(crypto_shorthash_siphashx24_KEYBYTES == sizeof(CounterHash::Key));
static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(CounterHash::Id));

/// One link: 41 bytes, no padding.
struct Link {
  char bytes[16 + 1 + 8 + 16];

  Link(const CounterHash::Id& id, char tag, uint64_t number, uint64_t low, uint64_t high) {
    const uint64_t words[] = {id.low, id.high, number, low, high};
    std::memcpy(bytes, words, 16);
    bytes[16] = tag;
    std::memcpy(bytes + 17, words + 2, 24);
  }
};
static_assert(sizeof(Link) == 41);

}  // namespace

CounterHash::CounterHash(const Key& key) : key_(key) {
  for (uint64_t i = 0; i < kParts; ++i) {
    const Id own = Number({}, 'P', i);
    std::memcpy(keys_[i].data(), &own, sizeof own);
  }
  currency_factor_ = Number({}, 'U', 0).low | 1;
}

CounterHash::Id CounterHash::Hash(const Key& key, const void* bytes, size_t length) {
  Id id;
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(&id),
                              static_cast<const unsigned char*>(bytes), length, key.data());
  return id;
}

CounterHash::Id CounterHash::Text(const Id& id, char tag, std::string_view text) const {
  const Id own = Hash(key_, text.data(), text.size());
  const Link link(id, tag, text.size(), own.low, own.high);
  return Hash(key_, link.bytes, sizeof link.bytes);
}

CounterHash::Id CounterHash::Number(const Id& id, char tag, uint64_t low, uint64_t high) const {
  const Link link(id, tag, 0, low, high);
  return Hash(key_, link.bytes, sizeof link.bytes);
}

bool CounterHash::ByValue(const Program& program, TypeIndex type, const Slot& slot,
                          Id& id) const {
  const auto number = [&](Part part) {
    id = By(id, Hash(part, slot));
    return true;
  };
  const auto word = [&](Part part) {
    id = By(id, Hash(part, Slot{slot.lo, 0}));
    return true;
  };
  const Type& of = program.types[type];
  if (IsTextKind(of.kind)) {
    id = By(id, Hash(Part::kText, StringOf(slot)));
    return true;
  }
  switch (of.kind) {
    case TypeKind::kEnum: {
      const std::vector<std::string>& members = program.enums[of.ref].members;
      if (slot.lo >= members.size()) return false;
      id = By(id, Hash(Part::kMember, members[slot.lo]));
      return true;
    }
    case TypeKind::kBool: return word(Part::kBool);
    case TypeKind::kInt: return word(Part::kInt);
    case TypeKind::kInstant: return word(Part::kInstant);
    case TypeKind::kDuration: return word(Part::kDuration);
    case TypeKind::kDate: return word(Part::kDate);
    case TypeKind::kMoney: return number(Part::kMoney);
    case TypeKind::kDecimal:
      id = By(id, Hash(Part::kScale, Slot{of.ref, 0}));
      return number(Part::kDecimal);
    case TypeKind::kString:
    case TypeKind::kEmail:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
    case TypeKind::kSet:
    case TypeKind::kList:
    case TypeKind::kMap:
    case TypeKind::kRecord:
    case TypeKind::kJson:
    case TypeKind::kApprovers:
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kRate: return false;
  }
  return false;
}

}  // namespace cap::engine
