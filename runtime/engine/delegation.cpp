#include "runtime/engine/delegation.h"

#include "runtime/engine/decide.h"
#include "runtime/engine/narrower.h"
#include "runtime/value/text.h"

namespace cap::engine {
namespace {

bool IsOneOf(const Program& program, const OnlyTest& test, TypeIndex type, const Slot& value) {
  return std::ranges::any_of(
      test.members, [&](const Slot& member) { return SameScalar(program, type, value, member); });
}

/// Of a path or url what stands under it, so that `/data` does not begin `/database`.
bool HasPrefix(const Program& program, const OnlyTest& test, TypeIndex type, const Slot& value) {
  const CallOuts& call_outs = StandardCallOuts();
  const TypeKind kind = program.types[type].kind;
  if (kind == TypeKind::kPath) return call_outs.path_under(&value, &test.low) == 1;
  if (kind == TypeKind::kUrl) return call_outs.url_under(&value, &test.low) == 1;
  return StringOf(value).starts_with(StringOf(test.low));
}

bool ValueHolds(const Program& program, const OnlyTest& test, TypeIndex type, const Slot& value) {
  switch (test.kind) {
    case OnlyTest::Kind::kOneOf:
      return IsOneOf(program, test, type, value);
    case OnlyTest::Kind::kRange: {
      const int low = test.has_low ? CompareSlots(program, type, value, test.low) : 1;
      const int high = test.has_high ? CompareSlots(program, type, value, test.high) : -1;
      return (low == 0 || low == 1) && (high == 0 || high == -1);
    }
    case OnlyTest::Kind::kPrefix:
      return HasPrefix(program, test, type, value);
    case OnlyTest::Kind::kAbsent:
    case OnlyTest::Kind::kNever:
      return false;
  }
  return false;
}

}  // namespace

GrantId ParentOf(const GrantRow& row) {
  const uint64_t parent = row.parent.load(std::memory_order_relaxed);
  return {static_cast<uint32_t>(parent), static_cast<uint32_t>(parent >> 32)};
}

bool Holds(const Program& program, const OnlyTest& test, const FrameHeader* frame) {
  if (test.kind == OnlyTest::Kind::kNever) return false;
  const bool there = BitOf(frame->present, test.slot);
  if (test.kind == OnlyTest::Kind::kAbsent) return !there && !BitOf(frame->poison, test.slot);
  if (!there) return false;
  const Slot& value = SlotsOf(frame)[test.slot];
  if (!test.of_elements) return ValueHolds(program, test, test.type, value);
  const TypeIndex element = program.types[test.type].element;
  if (ClassOf(program, test.type) == ValueClass::kMask) {
    return value.hi == 0 && (value.lo & ~test.low.lo) == 0;
  }
  for (uint32_t i = 0; i < CountOf(value); ++i) {
    const Slot& each = ElementsOf(value)[size_t{i} * StrideOf(value)];
    if (!ValueHolds(program, test, element, each)) return false;
  }
  return true;
}

bool IsWithin(const Program& program, const Delegation& delegation, const FrameHeader* frame) {
  return std::ranges::all_of(delegation.only, [&](const OnlyTest& test) {
    return test.tool != frame->tool || Holds(program, test, frame);
  });
}

DecisionCode WhyGone(const GrantRows& rows, GrantId grant, int64_t now_us) {
  for (uint32_t depth = 0; depth <= limits::kDelegationDepth; ++depth) {
    const DecisionCode code = WhyRowGone(rows, rows.At(grant.index), grant, now_us);
    if (code != DecisionCode::kPermit) return code;
    grant = ParentOf(*rows.At(grant.index));
    if (grant.generation == 0) return DecisionCode::kPermit;
  }
  return DecisionCode::kGrantRevoked;  // no chain is that long
}

DecisionCode OpenDelegated(const ProgramState& state, const GrantRows& rows, const GrantRow& row,
                           int64_t now_us, GrantView& view) {
  const uint32_t number = row.policy.load(std::memory_order_relaxed) & ~kDelegatedBit;
  if (number >= state.policy_of.size()) return DecisionCode::kGrantOrphaned;
  view.policy = state.policy_of[number];
  if (view.policy == kNone) return DecisionCode::kGrantOrphaned;
  const DecisionCode code = WhyGone(rows, view.id, now_us);
  if (code != DecisionCode::kPermit) return code;
  const CapabilityRecord* record =
      RecordFinder(state, view.id, 0).Find(kDelegationSkeleton, 0, kNoTexts);
  if (record == nullptr) return DecisionCode::kGrantRevoked;  // a sweep took it away meanwhile
  view.delegation = reinterpret_cast<const Delegation*>(record->literals_far);
  return DecisionCode::kPermit;
}

}  // namespace cap::engine
