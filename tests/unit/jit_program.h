// Random programs, frames and records for tests of engines. Every opcode can come up.
#pragma once

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "tests/unit/jit_values.h"

namespace cap::test {

// Builds shapes; random expressions in post-order.
class Builder {
 public:
  Builder(Program& program, Random& random) : p_(program), random_(random) {}

  void Begin(ShapeKind kind) {
    shape_ = {.kind = kind,
              .first_inst = static_cast<uint32_t>(p_.insts.size()),
              .first_clause = static_cast<uint32_t>(p_.clauses.size()),
              .const_types = {kConstTypes.begin(), kConstTypes.end()}};
    begin_ = 0;
  }
  uint32_t Add(Op op, TypeIndex type, uint32_t a = 0, uint32_t b = 0) {
    p_.insts.push_back({op, static_cast<uint16_t>(type), a, b, 0});
    if (op == Op::kLoad) shape_.required[a >> 6] |= uint64_t{1} << (a & 63);
    return Here() - 1;
  }
  void EndClause(ClauseKind kind) {
    Clause clause{.begin = begin_, .end = Here(), .kind = kind};
    for (uint32_t i = begin_; i < clause.end; ++i) {
      clause.cost = std::max(clause.cost, InfoOf(p_.insts[shape_.first_inst + i].op).cost);
    }
    p_.clauses.push_back(clause);
    begin_ = clause.end;
    ++shape_.clause_count;
  }
  void End() {
    shape_.inst_count = Here();
    p_.shapes.push_back(shape_);
  }

  // A random boolean expression whose top is `op`, if that can be.
  uint32_t Bool(uint32_t depth) {
    if (depth == 0) return random_.Chance(15) ? PresentOf() : Source(kTBool);
    switch (random_.Below(8)) {
      case 0:
        return Add(Op::kNot, kTBool, Bool(depth - 1));
      case 1:
        return Add(Op::kActs, kTBool, Bool(depth - 1));
      case 2:
        return Logic(Op::kAnd, depth);
      case 3:
        return Logic(Op::kOr, depth);
      case 4:
        return Logic(Op::kBoolEq, depth);
      case 5:
        return Quantifier(depth);
      default:
        return Compare(depth);
    }
  }

 private:
  uint32_t Here() const { return static_cast<uint32_t>(p_.insts.size()) - shape_.first_inst; }

  // The first or the last element of a list, or the row of a map that has some key.
  uint32_t RowOf(TypeIndex list) {
    const uint32_t of = Source(list);
    if (list == kTWordMap) return Add(Op::kMapWord, list, of, Source(kTInt));
    if (list == kTTextMap) return Add(Op::kMapStr, list, of, Source(kTString));
    return Add(random_.Chance(50) ? Op::kListFirst : Op::kListLast, list, of);
  }
  uint32_t PresentOf() {
    if (random_.Chance(40)) {
      const uint32_t row = RowOf(kTItems);
      const Op asked = random_.Chance(50) ? Op::kRowPresent : Op::kRowNull;
      return Add(asked, kTBool, row, 1 + random_.Below(4));
    }
    if (random_.Chance(30)) {
      const TypeIndex map = random_.Chance(50) ? kTWordMap : kTTextMap;
      return Add(Op::kListSome, kTBool, RowOf(map));
    }
    return Add(random_.Chance(30) ? Op::kNull : Op::kPresent, kTBool,
               kOptionalFrom + random_.Below(static_cast<uint32_t>(kSlotTypes.size())));
  }
  uint32_t Logic(Op op, uint32_t depth) {
    const uint32_t a = Bool(depth - 1);
    const uint32_t b = Bool(depth - 1);
    return Add(op, kTBool, a, b);
  }

  // A slot, constant or field of an element of exactly that type.
  uint32_t Source(TypeIndex type) {
    if (!scopes_.empty() && random_.Chance(60)) {
      const auto [quantifier, element] =
          scopes_[random_.Below(static_cast<uint32_t>(scopes_.size()))];
      if (element == type) return Add(Op::kElement, type, quantifier, 0);
      if (element == kTItem) {
        const TypeIndex fields[] = {kTInt, kTString, kTIntList, kTBool};
        for (uint32_t f = 0; f < 4; ++f) {
          if (fields[f] == type) return Add(Op::kElement, type, quantifier, f + 1);
        }
      }
    }
    if (type == kTInstant && random_.Chance(30)) return Add(Op::kNow, type);
    if (random_.Chance(10)) {
      if (type == kTInt && random_.Chance(30)) return Add(Op::kRow, type, RowOf(kTIntList), 0);
      if (type == kTInt && random_.Chance(50)) return Add(Op::kRow, type, RowOf(kTWordMap), 2);
      if (type == kTString && random_.Chance(70)) return Add(Op::kRow, type, RowOf(kTTextMap), 2);
      const TypeIndex fields[] = {kTInt, kTString, kTIntList, kTBool};
      for (uint32_t f = 0; f < 4; ++f) {
        if (fields[f] == type) return Add(Op::kRow, type, RowOf(kTItems), f + 1);
      }
    }
    const auto constant = std::find(kConstTypes.begin(), kConstTypes.end(), type);
    const bool only = type == kTApprovers || type == kTPattern || type == kTZone ||
                      type == kTSchedule;
    if (constant != kConstTypes.end() && (only || random_.Chance(30))) {
      return Add(Op::kConst, type, static_cast<uint32_t>(constant - kConstTypes.begin()));
    }
    std::vector<uint32_t> slots;
    for (uint32_t s = 0; s < kSlotTypes.size(); ++s) {
      if (kSlotTypes[s] == type) slots.insert(slots.end(), {s, s, s + kOptionalFrom});
    }
    return Add(Op::kLoad, type, slots[random_.Below(static_cast<uint32_t>(slots.size()))]);
  }
  uint32_t Int(uint32_t depth) {
    if (depth == 0) return Source(kTInt);
    if (random_.Chance(15)) return Fold(Op::kCount, kTInt, depth, [&](auto d) { Bool(d); });
    if (random_.Chance(8)) return Fold(Op::kIntSum, kTInt, depth, [&](auto d) { Int(d); });
    switch (random_.Below(10)) {
      case 8:
        if (random_.Chance(40)) return Add(Op::kDateWeekday, kTInt, Int(depth - 1));
        return Add(Op::kDateAdd, kTInt, Source(kTInt), Int(depth - 1));
      case 9: {
        const uint32_t time = random_.Chance(70) ? Source(kTInt) : Int(depth - 1);
        return Add(random_.Chance(50) ? Op::kZoneDate : Op::kZoneTime, kTInt, time, Source(kTZone));
      }
      case 0:
      case 1:
      case 2: {
        constexpr std::array<Op, 3> kOps = {Op::kIntAdd, Op::kIntSub, Op::kIntMul};
        const uint32_t a = Int(depth - 1);
        const uint32_t b = Int(depth - 1);
        return Add(random_.Pick(kOps), kTInt, a, b);
      }
      case 3:
        if (random_.Chance(40)) return Add(Op::kUrlPort, kTInt, Source(kTUrl));
        return Add(Op::kStrSize, kTInt, Text(depth - 1));
      case 4:
        return Add(Op::kMaskSize, kTInt, Source(kTEnumSet));
      case 5:
        return Add(Op::kListSize, kTInt, Source(random_.Chance(50) ? kTItems : kTIntList));
      default:
        return Source(kTInt);
    }
  }
  uint32_t Money(TypeIndex type, uint32_t depth) {
    if (depth == 0 || random_.Chance(40)) return Source(type);
    if (random_.Chance(20)) {
      const TypeIndex of = random_.Chance(80) ? type : kTMoney + kTUsd - type;
      return Fold(Op::kMoneySum, type, depth, [&](auto d) { Money(of, d); });
    }
    const uint32_t a = Money(type, depth - 1);
    if (random_.Chance(30)) {
      const uint32_t by = Int(depth - 1);
      return Add(Op::kMoneyMul, type, a, by);
    }
    const uint32_t b = Money(random_.Chance(80) ? type : kTMoney + kTUsd - type, depth - 1);
    return Add(random_.Chance(50) ? Op::kMoneyAdd : Op::kMoneySub, type, a, b);
  }
  uint32_t Share(uint32_t depth) {
    if (depth == 0 || random_.Chance(40)) return Source(kTShare);
    if (random_.Chance(20)) return Fold(Op::kDecSum, kTShare, depth, [&](auto d) { Share(d); });
    const uint32_t a = Share(depth - 1);
    if (random_.Chance(30)) return Add(Op::kDecMul, kTShare, a, Int(depth - 1));
    const uint32_t b = Share(depth - 1);
    return Add(random_.Chance(50) ? Op::kDecAdd : Op::kDecSub, kTShare, a, b);
  }
  uint32_t Text(uint32_t depth) {
    if (depth > 0 && random_.Chance(30)) {
      return Add(random_.Chance(50) ? Op::kUrlScheme : Op::kUrlHost, kTString, Source(kTUrl));
    }
    if (depth > 0 && random_.Chance(40)) return Add(Op::kEmailDomain, kTString, Source(kTEmail));
    return Source(kTString);
  }

  uint32_t Path() {
    if (random_.Chance(50)) return Source(kTPath);
    return Add(Op::kUrlPath, kTPath, Source(kTUrl));
  }
  uint32_t Place() {
    const uint32_t kind = random_.Below(4);
    const Op op = std::array{Op::kPathUnder, Op::kUrlUnder, Op::kNetWithin, Op::kNetIn}[kind];
    const uint32_t a = kind == 0   ? Path()
                       : kind == 1 ? Source(kTUrl)
                                   : Source(kind == 2 && random_.Chance(50) ? kTCidr : kTIp);
    const uint32_t b = kind == 0 ? Path() : Source(std::array{kTPath, kTUrl, kTCidr, kTNets}[kind]);
    return Add(op, kTBool, a, b);
  }

  // What has few values that another expression would have as well: held against those.
  uint32_t Exact() {
    switch (random_.Below(6)) {
      case 4: {
        const uint32_t size = Add(Op::kStrSize, kTInt, Source(kTString));
        return Add(Op::kWordEq, kTBool, size, Source(kTInt));
      }
      case 3: {
        const uint32_t weekday = Add(Op::kDateWeekday, kTInt, Source(kTInt));
        return Add(Op::kWordEq, kTBool, weekday, Source(kTInt));
      }
      case 0: {
        const uint32_t scheme = Add(Op::kUrlScheme, kTString, Source(kTUrl));
        return Add(Op::kStrEq, kTBool, scheme, Source(kTString));
      }
      case 1: {
        const uint32_t port = Add(Op::kUrlPort, kTInt, Source(kTUrl));
        return Add(Op::kWordEq, kTBool, port, Source(kTInt));
      }
      case 2: {
        const uint32_t time = Source(kTInt);
        const Op asked = random_.Chance(50) ? Op::kZoneTime : Op::kZoneDate;
        const uint32_t local = Add(asked, kTInt, time, Source(kTZone));
        return Add(Op::kWordEq, kTBool, local, Source(kTInt));
      }
      default: {
        const uint32_t day = Source(kTInt);
        constexpr std::array<Op, 4> kOps = {Op::kDateAdd, Op::kDateAdd, Op::kIntAdd, Op::kIntMul};
        const uint32_t later = Add(random_.Pick(kOps), kTInt, day, Source(kTInt));
        return Add(Op::kWordEq, kTBool, later, day);
      }
    }
  }

  uint32_t OfShares(uint32_t depth) {
    const uint32_t kind = random_.Below(3);
    const Op op = std::array{Op::kDecIn, Op::kDecSubset, Op::kDecDisjoint}[kind];
    const uint32_t left = kind == 0 ? Share(depth) : Source(kTShares);
    return Add(op, kTBool, left, Source(kTShares));
  }

  // Whether what is charged is any good.
  uint32_t Charged(uint32_t depth) {
    switch (random_.Below(3)) {
      case 0: {
        const uint32_t amount = Int(depth);
        return Add(Op::kWordCharge, kTBool, amount, Int(depth));
      }
      case 1: {
        const uint32_t amount = Money(random_.Chance(50) ? kTUsd : kTMoney, depth);
        return Add(Op::kMoneyCharge, kTBool, amount, Money(kTUsd, depth));
      }
      default:
        return Add(Op::kUsable, kTBool, random_.Chance(50) ? Int(depth) : Text(depth));
    }
  }

  uint32_t Compare(uint32_t depth) {
    if (random_.Chance(8)) return Charged(depth - 1);
    if (random_.Chance(15)) return Place();
    if (random_.Chance(10)) return OfShares(depth);
    auto two = [&](Op op, uint32_t a, auto make_b) { return Add(op, kTBool, a, make_b()); };
    auto either = [&](Op x, Op y) { return random_.Chance(50) ? x : y; };
    switch (random_.Below(20)) {
      case 18:
        return Exact();
      case 17:
        return two(Op::kScheduleHas, Source(kTInt), [&] { return Source(kTSchedule); });
      case 16:
        return two(Op::kStrContains, Source(kTString), [&] { return Source(kTString); });
      case 15:
        return two(Op::kStrMatches, Text(depth), [&] { return Source(kTPattern); });
      case 13:
      case 14:
        return two(either(Op::kDecEq, Op::kDecLt), Share(depth), [&] { return Share(depth); });
      case 0:
        return two(either(Op::kWordEq, Op::kWordLt), Int(depth - 1),
                   [&] { return Int(depth - 1); });
      case 1:
        return two(either(Op::kMoneyEq, Op::kMoneyLt), Money(kTUsd, depth - 1),
                   [&] { return Money(kTUsd, depth - 1); });
      case 2:
        return two(either(Op::kMoneyEq, Op::kMoneyLt), Money(kTMoney, depth - 1),
                   [&] { return Money(kTUsd, depth - 1); });
      case 3:
      case 4:
        return two(Op::kStrEq, Text(depth), [&] { return Text(depth); });
      case 5:
        return two(either(Op::kStrLt, Op::kStrPrefix), Text(depth), [&] { return Text(depth); });
      case 6:
        return two(either(Op::kStrSuffix, Op::kStrContains), Text(depth),
                   [&] { return Text(depth); });
      case 7:
        return two(Op::kMaskIn, Source(kTEnum), [&] { return Source(kTEnumSet); });
      case 8:
        return two(either(Op::kMaskSubset, Op::kMaskDisjoint), Source(kTEnumSet),
                   [&] { return Source(kTEnumSet); });
      case 9:
        return two(Op::kWordIn, Int(depth - 1), [&] { return Source(IntList()); });
      case 10:
        return two(either(Op::kWordSubset, Op::kWordDisjoint), Source(IntList()),
                   [&] { return Source(IntList()); });
      case 11:
        return two(Op::kStrIn, Text(depth), [&] { return Source(kTTextSet); });
      case 12:
        return two(either(Op::kStrSubset, Op::kStrDisjoint), Source(kTTextSet),
                   [&] { return Source(kTTextSet); });
      default:
        return random_.Chance(30)
                   ? Add(Op::kApproved, kTBool, Source(kTApprovers))
                   : two(Op::kWordLt, Source(kTInstant), [&] { return Source(kTInstant); });
    }
  }
  TypeIndex IntList() { return random_.Chance(50) ? kTIntSet : kTIntList; }

  uint32_t Quantifier(uint32_t depth) {
    constexpr std::array<TypeIndex, 5> kLists = {kTItems, kTItems, kTIntList, kTTextSet, kTBools};
    const TypeIndex type = random_.Pick(kLists);
    const uint32_t list = Source(type);
    const uint32_t q = Add(random_.Chance(50) ? Op::kAny : Op::kAll, kTBool, list);
    scopes_.push_back({q, p_.types[type].element});
    if (type == kTItems && random_.Chance(20)) {
      const Op asked = random_.Chance(30) ? Op::kElementNull : Op::kElementPresent;
      Add(asked, kTBool, q, 1 + random_.Below(4));
    } else if (scopes_.size() > 3) {
      Bool(0);
    } else {
      Bool(depth - 1);
    }
    scopes_.pop_back();
    p_.insts[shape_.first_inst + q].b = Here() - q - 1;
    return q;
  }

  // A fold over a list; `make` emits its body, at most as deep as it is told.
  template <typename Make>
  uint32_t Fold(Op op, TypeIndex type, uint32_t depth, Make make) {
    const TypeIndex list = random_.Chance(50) ? kTItems : kTIntList;
    const uint32_t fold = Add(op, type, Source(list));
    scopes_.push_back({fold, p_.types[list].element});
    make(scopes_.size() > 3 ? 0 : depth - 1);
    scopes_.pop_back();
    p_.insts[shape_.first_inst + fold].b = Here() - fold - 1;
    return fold;
  }

  Program& p_;
  Random& random_;
  Shape shape_;
  uint32_t begin_ = 0;
  std::vector<std::pair<uint32_t, TypeIndex>> scopes_;
};

inline Program RandomProgram(uint32_t shapes, Random& random) {
  Program p = EmptyProgram();
  Builder builder(p, random);
  for (uint32_t s = 0; s < shapes; ++s) {
    const bool predicate = s % 3 == 0;
    builder.Begin(predicate ? ShapeKind::kPredicate : ShapeKind::kCapability);
    const uint32_t clauses = predicate ? 1 : 1 + random.Below(5);
    for (uint32_t c = 0; c < clauses; ++c) {
      builder.Bool(random.Below(5));
      const ClauseKind other = random.Chance(50) ? ClauseKind::kStepUp : ClauseKind::kLimit;
      builder.EndClause(!predicate && random.Chance(30) ? other : ClauseKind::kRequire);
    }
    builder.End();
  }
  return p;
}

// One frame and one record, filled at random.
struct Case {
  Values values;
  TestFrame frame;
  std::array<Slot, kConstTypes.size()> consts;
  CapabilityRecord record;

  explicit Case(Random& random) : values(random) {
    frame.header.now_us = random.Below(4);
    frame.header.slot_count = kSlotCount;
    frame.header.approvals = random.Below(8);
    const uint32_t missing = random.Below(3) * 10;  // percent; a third of the frames are complete
    for (uint32_t s = 0; s < kSlotCount; ++s) {
      const bool optional = s >= kOptionalFrom;
      if (!optional && s >= kSlotTypes.size()) continue;
      const uint64_t bit = uint64_t{1} << (s & 63);
      if (!random.Chance(optional ? 40 : missing)) {
        frame.slots[s] = values.Make(kSlotTypes[optional ? s - kOptionalFrom : s]);
        frame.header.present[s >> 6] |= bit;
      } else if (random.Chance(missing)) {
        frame.header.poison[s >> 6] |= bit;
      } else if (random.Chance(30)) {
        frame.slots[s] = kNullSlot;
      }
    }
    for (size_t k = 0; k < consts.size(); ++k) consts[k] = values.Make(kConstTypes[k]);
    consts[6].hi = 0;  // a constant set holds declared members only
    record.consts = consts.data();
  }
  Case(const Case&) = delete;
};

}  // namespace cap::test
