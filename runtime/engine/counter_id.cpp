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

CounterHash::Id CounterHash::Hash(const void* bytes, size_t length) const {
  Id id;
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(&id),
                              static_cast<const unsigned char*>(bytes), length, key_.data());
  return id;
}

CounterHash::Id CounterHash::Text(const Id& id, char tag, std::string_view text) const {
  const Id own = Hash(text.data(), text.size());
  const Link link(id, tag, text.size(), own.low, own.high);
  return Hash(link.bytes, sizeof link.bytes);
}

CounterHash::Id CounterHash::Number(const Id& id, char tag, uint64_t low, uint64_t high) const {
  const Link link(id, tag, 0, low, high);
  return Hash(link.bytes, sizeof link.bytes);
}

bool CounterHash::Value(const Program& program, TypeIndex type, const Slot& slot, Id& id) const {
  const Type& of = program.types[type];
  if (IsTextKind(of.kind)) {
    id = Text(id, 's', StringOf(slot));
    return true;
  }
  switch (of.kind) {
    case TypeKind::kEnum: {
      const std::vector<std::string>& members = program.enums[of.ref].members;
      if (slot.lo >= members.size()) return false;
      id = Text(id, 'e', members[slot.lo]);
      return true;
    }
    case TypeKind::kBool: id = Number(id, 'b', slot.lo); return true;
    case TypeKind::kInt: id = Number(id, 'i', slot.lo); return true;
    case TypeKind::kInstant: id = Number(id, 't', slot.lo); return true;
    case TypeKind::kDuration: id = Number(id, 'd', slot.lo); return true;
    case TypeKind::kDate: id = Number(id, 'y', slot.lo); return true;
    case TypeKind::kMoney: id = Number(id, 'm', slot.lo, slot.hi); return true;
    case TypeKind::kDecimal:
      id = Number(Number(id, 'q', of.ref), 'n', slot.lo, slot.hi);
      return true;
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
