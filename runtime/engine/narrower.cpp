#include "runtime/engine/narrower.h"

#include <algorithm>

#include "runtime/program/abi.h"
#include "runtime/value/rate.h"
#include "runtime/value/text.h"

namespace cap::engine {
namespace {

constexpr int kNoOrder = 2;

__int128 Wide(const Slot& slot) {
  return static_cast<__int128>(static_cast<unsigned __int128>(slot.hi) << 64 | slot.lo);
}

template <typename T>
int Order(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

int CompareRates(const Slot& a, const Slot& b) {
  const Rate left{static_cast<int64_t>(a.lo), static_cast<int64_t>(a.hi)};
  const Rate right{static_cast<int64_t>(b.lo), static_cast<int64_t>(b.hi)};
  return SameRate(left, right) ? 0 : SlowerRate(left, right) ? -1 : 1;
}

/// Every member of `inner` is one of `outer`; both sets or lists of scalars, or masks.
bool IsSubset(const Program& program, TypeIndex type, const Slot& inner, const Slot& outer) {
  const Type& of = program.types[type];
  const ValueClass value_class = ClassOf(program, type);
  if (value_class == ValueClass::kMask) return (inner.lo & ~outer.lo) == 0 && inner.hi == 0;
  if (value_class != ValueClass::kList || of.kind == TypeKind::kMap) return false;
  for (uint32_t i = 0; i < CountOf(inner); ++i) {
    const Slot& member = ElementsOf(inner)[size_t{i} * StrideOf(inner)];
    bool found = false;
    for (uint32_t j = 0; j < CountOf(outer) && !found; ++j) {
      found = SameScalar(program, of.element, member,
                         ElementsOf(outer)[size_t{j} * StrideOf(outer)]);
    }
    if (!found) return false;
  }
  return true;
}

bool IsUnder(const Program& program, TypeIndex type, const Slot& own, const Slot& above) {
  const CallOuts& call_outs = StandardCallOuts();
  const TypeKind kind = program.types[type].kind;
  if (kind == TypeKind::kPath) return call_outs.path_under(&own, &above) == 1;
  if (kind == TypeKind::kCidr) return call_outs.net_within(&own, &above) == 1;
  return kind == TypeKind::kUrl && call_outs.url_is_place(&own) == 1 &&
         call_outs.url_under(&own, &above) == 1;
}

bool Same(const Program& program, TypeIndex type, const Slot& own, const Slot& above) {
  const ValueClass value_class = ClassOf(program, type);
  const TypeKind kind = program.types[type].kind;
  if (kind == TypeKind::kSet || kind == TypeKind::kApprovers) {
    return IsSubset(program, type, own, above) && IsSubset(program, type, above, own);
  }
  if (value_class != ValueClass::kList) return SameScalar(program, type, own, above);
  if (kind == TypeKind::kMap || CountOf(own) != CountOf(above)) return false;
  for (uint32_t i = 0; i < CountOf(own); ++i) {
    if (!SameScalar(program, program.types[type].element,
                    ElementsOf(own)[size_t{i} * StrideOf(own)],
                    ElementsOf(above)[size_t{i} * StrideOf(above)])) {
      return false;
    }
  }
  return true;
}

}  // namespace

int CompareSlots(const Program& program, TypeIndex type, const Slot& a, const Slot& b) {
  const TypeKind kind = program.types[type].kind;
  if (kind == TypeKind::kDecimal) return Order(Wide(a), Wide(b));
  if (kind == TypeKind::kRate) return CompareRates(a, b);
  const bool money = kind == TypeKind::kMoney;
  if (money && a.hi != b.hi) return kNoOrder;
  if (!money && ClassOf(program, type) != ValueClass::kWord) return kNoOrder;
  return Order(static_cast<int64_t>(a.lo), static_cast<int64_t>(b.lo));
}

bool SameScalar(const Program& program, TypeIndex type, const Slot& a, const Slot& b) {
  return IsTextKind(program.types[type].kind) ? StringOf(a) == StringOf(b) : a == b;
}

bool IsAsTight(const Program& program, TypeIndex type, ParameterOrder order, const Slot& own,
               const Slot& above) {
  if (Same(program, type, own, above)) return true;
  switch (order) {
    case ParameterOrder::kUnsaid:
    case ParameterOrder::kSame: return false;
    case ParameterOrder::kAtMost: {
      const int compared = CompareSlots(program, type, own, above);
      return compared == -1 || compared == 0;
    }
    case ParameterOrder::kAtLeast: {
      const int compared = CompareSlots(program, type, own, above);
      return compared == 1 || compared == 0;
    }
    case ParameterOrder::kSubset: return IsSubset(program, type, own, above);
    case ParameterOrder::kSuperset: return IsSubset(program, type, above, own);
    case ParameterOrder::kWithin: return IsUnder(program, type, own, above);
  }
  return false;
}

}  // namespace cap::engine
