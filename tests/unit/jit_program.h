// Random programs, frames and records for tests of engines. Every opcode can come up, every value
// comes from few, so that equal ones are common.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/program/abi.h"
#include "runtime/program/program.h"
#include "tests/support/tables.h"

namespace cap::test {

// Types of the test program, by index.
enum : TypeIndex {
  kTBool,
  kTInt,
  kTMoney,
  kTUsd,
  kTString,
  kTEmail,
  kTEnum,
  kTInstant,
  kTEnumSet,
  kTIntList,
  kTTextSet,
  kTItem,
  kTItems,
  kTIntSet,
  kTApprovers,
  kTBools,
  kTShare,
  kTPattern,
  kTypes
};

inline void AddTypes(Program& p) {
  p.enums.push_back({"Color", {"red", "green", "blue", "grey", "black"}});
  p.records.push_back({"Item",
                       {{"count", kTInt, false, kNone},
                        {"name", kTString, true, kNone},
                        {"tags", kTIntList, true, kNone},
                        {"good", kTBool, true, kNone}}});
  p.types.resize(kTypes);
  p.types[kTBool] = {.kind = TypeKind::kBool};
  p.types[kTInt] = {.kind = TypeKind::kInt};
  p.types[kTMoney] = {.kind = TypeKind::kMoney};
  p.types[kTUsd] = {.kind = TypeKind::kMoney, .form = MoneyForm::kFixed, .currency = 1};
  p.types[kTString] = {.kind = TypeKind::kString, .max = 64};
  p.types[kTEmail] = {.kind = TypeKind::kEmail};
  p.types[kTEnum] = {.kind = TypeKind::kEnum, .ref = 0};
  p.types[kTInstant] = {.kind = TypeKind::kInstant};
  p.types[kTEnumSet] = {.kind = TypeKind::kSet, .element = kTEnum, .max = 5};
  p.types[kTIntList] = {.kind = TypeKind::kList, .element = kTInt, .max = 8};
  p.types[kTTextSet] = {.kind = TypeKind::kSet, .element = kTString, .max = 32};
  p.types[kTItem] = {.kind = TypeKind::kRecord, .ref = 0};
  p.types[kTItems] = {.kind = TypeKind::kList, .element = kTItem, .max = 8};
  p.types[kTIntSet] = {.kind = TypeKind::kSet, .element = kTInt, .max = 32};
  p.types[kTApprovers] = {.kind = TypeKind::kApprovers};
  p.types[kTBools] = {.kind = TypeKind::kList, .element = kTBool, .max = 8};
  p.types[kTPattern] = {.kind = TypeKind::kPattern};
  p.types[kTShare] = {.kind = TypeKind::kDecimal, .ref = 2};
}

// The slots that a frame can have, twice: required ones, then optional ones from slot 70 on, so
// that both words of the masks are used.
inline constexpr std::array<TypeIndex, 26> kSlotTypes = {
    kTBool,    kTBool,    kTInt,     kTInt,     kTMoney, kTMoney,   kTUsd,     kTUsd,
    kTString,  kTString,  kTEmail,   kTEnum,    kTEnum,  kTInstant, kTEnumSet, kTEnumSet,
    kTIntList, kTIntList, kTTextSet, kTTextSet, kTItems, kTIntSet,  kTIntSet,  kTBools,
    kTShare,   kTShare};
inline constexpr uint32_t kOptionalFrom = 70;
inline constexpr uint32_t kSlotCount = kOptionalFrom + kSlotTypes.size();
inline constexpr std::array<TypeIndex, 14> kConstTypes = {
    kTBool,    kTInt,     kTMoney,   kTUsd,    kTString,    kTEnum,
    kTEnumSet, kTIntList, kTTextSet, kTIntSet, kTApprovers, kTInstant,
    kTShare,   kTPattern};

inline Program EmptyProgram() {
  Program p;
  AddTypes(p);
  Tool tool;
  tool.name = "tool";
  for (uint32_t s = 0; s < kSlotCount; ++s) {
    SlotDesc slot{.path = fmt::format("s{}", s), .type = kTInt};
    if (s < kSlotTypes.size()) slot.type = kSlotTypes[s];
    if (s >= kOptionalFrom) slot = {slot.path, kSlotTypes[s - kOptionalFrom], {}, true};
    tool.slots.push_back(slot);
  }
  p.tools.push_back(std::move(tool));
  return p;
}

struct TestFrame {
  FrameHeader header;
  Slot slots[kSlotCount] = {};
};

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(engine_() % n); }
  bool Chance(uint32_t percent) { return Below(100) < percent; }
  template <typename T, size_t N>
  T Pick(const std::array<T, N>& from) {
    return from[Below(N)];
  }

 private:
  std::mt19937_64 engine_;
};

// Values of every type, made at random from few, so that equal ones are common.
class Values {
 public:
  explicit Values(Random& random) : random_(random) {}

  Slot Make(TypeIndex type) {
    switch (type) {
      case kTBool:
        return {random_.Below(2), 0};
      case kTInt:
        return {static_cast<uint64_t>(random_.Pick(kInts)), 0};
      case kTInstant:
        return {random_.Below(4), 0};
      case kTMoney:
        return {Units(), 1 + random_.Below(2)};
      case kTUsd:
        return {Units(), 1};
      case kTString:
        return Text(random_.Pick(kTexts));
      case kTEmail:
        return Email(random_.Pick(kEmails));
      case kTEnum:
        return {random_.Below(5), 0};
      case kTEnumSet:
        return {random_.Below(32), random_.Chance(20) ? 1u : 0u};
      case kTApprovers:
        return {random_.Below(8), 0};
      case kTIntSet:
        return Set(kTInt, random_.Below(20));
      case kTTextSet:
        return Set(kTString, random_.Below(20));
      case kTIntList:
        return List(kTInt, random_.Below(4));
      case kTBools:
        return List(kTBool, random_.Below(4));
      case kTShare: {  // with a high half that is the sign of the low one, or anything
        if (random_.Chance(70)) return {random_.Below(6), 0};
        const int64_t low = random_.Pick(kInts);
        const int64_t high = random_.Chance(70) ? low >> 63 : random_.Pick(kInts);
        return {static_cast<uint64_t>(low), static_cast<uint64_t>(high)};
      }
      case kTPattern: {
        static const Table kTable = TableOfAsAndB();
        return SlotOf(kTable);
      }
      case kTItems:
        return Items(random_.Below(4));
      default:
        return {};
    }
  }

 private:
  static constexpr std::array<int64_t, 9> kInts = {0, 1, 2, 3, 4, -1, 5, INT64_MAX, INT64_MIN};
  static constexpr std::array<const char*, 15> kTexts = {
      "", "a", "b", "ab", "abc", "abcd", "abcde", "abcdefg", "abcdefgh", "abcdefgi", "abcdefghijkl",
      "abcdefghijklmnop", "abcdefghijklmnopq", "abcdefghijklmnopr",
      "bcdefghijklmnopqrstuvwxyz0123456789"};
  static constexpr std::array<const char*, 4> kEmails = {"a@abc", "b@abcd", "abc@abcdefgh", "q@b"};

  uint64_t Units() { return random_.Chance(20) ? uint64_t{INT64_MAX} : random_.Below(4); }
  // Exactly as long as the text, so that a checker of memory notices a read beyond.
  Slot Text(std::string_view text) {
    auto bytes = std::make_unique<char[]>(text.size());
    std::memcpy(bytes.get(), text.data(), text.size());
    const Slot slot = StringSlot({bytes.get(), text.size()});
    blocks_.push_back(std::move(bytes));
    return slot;
  }
  Slot Email(std::string_view text) {
    const auto at = static_cast<uint32_t>(text.find('@') + 1);
    const EmailHeader header{at, HashBytes(text.substr(at))};
    auto bytes = std::make_unique<char[]>(sizeof header + text.size());
    std::memcpy(bytes.get(), &header, sizeof header);
    std::memcpy(bytes.get() + sizeof header, text.data(), text.size());
    const Slot slot = StringSlot({bytes.get() + sizeof header, text.size()});
    blocks_.push_back(std::move(bytes));
    return slot;
  }
  Slot Own(std::vector<Slot> slots, size_t count, uint32_t stride) {
    lists_.push_back(std::move(slots));
    return {reinterpret_cast<uintptr_t>(lists_.back().data()),
            PackPair(static_cast<uint32_t>(count), stride)};
  }
  Slot List(TypeIndex element, uint32_t count) {
    std::vector<Slot> slots;
    for (uint32_t i = 0; i < count; ++i) slots.push_back(Make(element));
    return Own(std::move(slots), count, 1);
  }
  Slot Set(TypeIndex element, uint32_t draws) {
    std::vector<Slot> slots;
    for (uint32_t i = 0; i < draws; ++i) slots.push_back(Make(element));
    auto less = [&](const Slot& a, const Slot& b) {
      if (element == kTString) return StringOf(a) < StringOf(b);
      return static_cast<int64_t>(a.lo) < static_cast<int64_t>(b.lo);
    };
    std::sort(slots.begin(), slots.end(), less);
    auto same = [&](const Slot& a, const Slot& b) { return !less(a, b) && !less(b, a); };
    slots.erase(std::unique(slots.begin(), slots.end(), same), slots.end());
    const size_t count = slots.size();
    return Own(std::move(slots), count, 1);
  }
  Slot Items(uint32_t count) {  // marker, count, name, tags, good
    std::vector<Slot> slots;
    for (uint32_t i = 0; i < count; ++i) {
      uint64_t present = 1;
      for (uint64_t f = 1; f <= 4; ++f) present |= uint64_t{random_.Chance(80)} << f;
      slots.push_back({present, 0});
      const TypeIndex fields[] = {kTInt, kTString, kTIntList, kTBool};
      for (uint64_t f = 1; f <= 4; ++f) {
        slots.push_back((present >> f & 1) != 0 ? Make(fields[f - 1]) : Slot{});
      }
    }
    return Own(std::move(slots), count, 5);
  }

  Random& random_;
  std::deque<std::unique_ptr<char[]>> blocks_;
  std::deque<std::vector<Slot>> lists_;
};

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

  uint32_t PresentOf() {
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
    const auto constant = std::find(kConstTypes.begin(), kConstTypes.end(), type);
    const bool only = type == kTApprovers || type == kTPattern;
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
    switch (random_.Below(8)) {
      case 0:
      case 1:
      case 2: {
        constexpr std::array<Op, 3> kOps = {Op::kIntAdd, Op::kIntSub, Op::kIntMul};
        const uint32_t a = Int(depth - 1);
        const uint32_t b = Int(depth - 1);
        return Add(random_.Pick(kOps), kTInt, a, b);
      }
      case 3:
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
    const uint32_t a = Share(depth - 1);
    if (random_.Chance(30)) return Add(Op::kDecMul, kTShare, a, Int(depth - 1));
    const uint32_t b = Share(depth - 1);
    return Add(random_.Chance(50) ? Op::kDecAdd : Op::kDecSub, kTShare, a, b);
  }
  uint32_t Text(uint32_t depth) {
    if (depth > 0 && random_.Chance(40)) return Add(Op::kEmailDomain, kTString, Source(kTEmail));
    return Source(kTString);
  }

  uint32_t Compare(uint32_t depth) {
    auto two = [&](Op op, uint32_t a, auto make_b) { return Add(op, kTBool, a, make_b()); };
    auto either = [&](Op x, Op y) { return random_.Chance(50) ? x : y; };
    switch (random_.Below(17)) {
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
      builder.EndClause(!predicate && random.Chance(30) ? ClauseKind::kStepUp
                                                        : ClauseKind::kRequire);
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
      }
    }
    for (size_t k = 0; k < consts.size(); ++k) consts[k] = values.Make(kConstTypes[k]);
    consts[6].hi = 0;  // a constant set holds declared members only
    record.consts = consts.data();
  }
  Case(const Case&) = delete;
};

}  // namespace cap::test
