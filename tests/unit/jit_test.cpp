// Native code against the interpreter: random expressions over every opcode, and the rules of
// clauses one by one.
#include "runtime/jit/jit.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>
#include <deque>
#include <fstream>
#include <memory>
#include <random>
#include <string>

#include "runtime/interp/interp.h"
#include "runtime/program/abi.h"
#include "runtime/program/layout.h"

namespace cap {
namespace {

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
  kTypes
};

void AddTypes(Program& p) {
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
}

// The slots that a frame can have, twice: required ones, then optional ones from slot 70 on, so
// that both words of the masks are used.
constexpr std::array<TypeIndex, 24> kSlotTypes = {
    kTBool,    kTBool,    kTInt,     kTInt,     kTMoney, kTMoney,   kTUsd,     kTUsd,
    kTString,  kTString,  kTEmail,   kTEnum,    kTEnum,  kTInstant, kTEnumSet, kTEnumSet,
    kTIntList, kTIntList, kTTextSet, kTTextSet, kTItems, kTIntSet,  kTIntSet,  kTBools};
constexpr uint32_t kOptionalFrom = 70;
constexpr uint32_t kSlotCount = kOptionalFrom + kSlotTypes.size();
constexpr std::array<TypeIndex, 12> kConstTypes = {kTBool,    kTInt,    kTMoney,     kTUsd,
                                                   kTString,  kTEnum,   kTEnumSet,   kTIntList,
                                                   kTTextSet, kTIntSet, kTApprovers, kTInstant};

Program EmptyProgram() {
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
      case kTItems:
        return Items(random_.Below(4));
      default:
        return {};
    }
  }

 private:
  static constexpr std::array<int64_t, 9> kInts = {0, 1, 2, 3, 4, -1, 5, INT64_MAX, INT64_MIN};
  static constexpr std::array<const char*, 15> kTexts = {"",
                                                         "a",
                                                         "b",
                                                         "ab",
                                                         "abc",
                                                         "abcd",
                                                         "abcde",
                                                         "abcdefg",
                                                         "abcdefgh",
                                                         "abcdefgi",
                                                         "abcdefghijkl",
                                                         "abcdefghijklmnop",
                                                         "abcdefghijklmnopq",
                                                         "abcdefghijklmnopr",
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
    return Add(Op::kPresent, kTBool,
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
    if (constant != kConstTypes.end() && (type == kTApprovers || random_.Chance(30))) {
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
  uint32_t Text(uint32_t depth) {
    if (depth > 0 && random_.Chance(40)) return Add(Op::kEmailDomain, kTString, Source(kTEmail));
    return Source(kTString);
  }

  uint32_t Compare(uint32_t depth) {
    auto two = [&](Op op, uint32_t a, auto make_b) { return Add(op, kTBool, a, make_b()); };
    auto either = [&](Op x, Op y) { return random_.Chance(50) ? x : y; };
    switch (random_.Below(14)) {
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
      Add(Op::kElementPresent, kTBool, q, 1 + random_.Below(4));
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

Program RandomProgram(uint32_t shapes, Random& random) {
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

struct Outcome {
  uint64_t verdict = 0;  // of admit or predicate
  ClauseMasks masks;
  bool operator==(const Outcome&) const = default;
};

Outcome Interpreted(const Program& p, const Shape& shape, const Case& c) {
  Outcome o;
  const CallOuts& calls = StandardCallOuts();
  if (shape.kind == ShapeKind::kPredicate) {
    o.verdict = interp::Predicate(p, shape, &c.frame.header, &c.record, calls);
    return o;
  }
  o.verdict = interp::Admit(p, shape, &c.frame.header, &c.record, calls);
  interp::Explain(p, shape, &c.frame.header, &c.record, calls, &o.masks);
  return o;
}

Outcome Native(const ShapeCode& code, const Case& c) {
  Outcome o;
  const CallOuts& calls = StandardCallOuts();
  if (code.predicate != nullptr) {
    o.verdict = code.predicate(&c.frame.header, &c.record, &calls);
    return o;
  }
  o.verdict = code.admit(&c.frame.header, &c.record, &calls);
  code.explain(&c.frame.header, &c.record, &calls, &o.masks);
  return o;
}

std::unique_ptr<jit::CompiledProgram> Compiled(const Program& p, const jit::Options& options) {
  auto compiled = jit::CompiledProgram::Compile(p, options);
  if (!compiled) FAIL(compiled.error().code << ": " << compiled.error().message);
  return std::move(*compiled);
}

jit::Options At(jit::OptLevel level) {
  jit::Options options;
  options.level = level;
  return options;
}

uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

uint32_t Differences(const Program& p, const jit::CompiledProgram& code, uint32_t cases,
                     uint64_t seed) {
  uint32_t differences = 0;
  Random random(seed);
  for (uint32_t i = 0; i < cases; ++i) {
    const Case c(random);
    for (size_t s = 0; s < p.shapes.size(); ++s) {
      const Outcome native = Native(code.code()[s], c);
      if (!(native == Interpreted(p, p.shapes[s], c))) ++differences;
      if (p.shapes[s].kind != ShapeKind::kCapability) continue;
      if ((native.verdict == kPermit) != (native.masks == ClauseMasks{})) ++differences;
    }
  }
  return differences;
}

}  // namespace

TEST_CASE("native code agrees with the interpreter on random expressions at O0 and O2") {
  for (uint64_t seed : {1, 2, 3}) {
    Random random(seed);
    const Program p = RandomProgram(150, random);
    for (jit::OptLevel level : {jit::OptLevel::kO0, jit::OptLevel::kO2}) {
      CHECK(Differences(p, *Compiled(p, At(level)), 100, seed + 100) == 0);
    }
  }
}

TEST_CASE("every opcode runs true, false and faulting, and a mutant of each is noticed") {
  Random random(7);
  const Program p = RandomProgram(300, random);
  jit::OpCounters counters;
  jit::Options options = At(jit::OptLevel::kO0);
  options.counters = &counters;
  CHECK(Differences(p, *Compiled(p, options), 100, 8) == 0);
  for (uint16_t op = 0; op < kOpCount; ++op) {
    const OpInfo& info = InfoOf(static_cast<Op>(op));
    CAPTURE(info.name);
    const bool boolean = !info.typed_result && info.result == ValueClass::kBool;
    CHECK(counters.seen[op][0] > 0);
    if (boolean) CHECK(counters.seen[op][1] > 0);
    const bool faults = info.may_fault || (info.a == OperandKind::kValue && info.name != "Acts" &&
                                           info.name != "Approved");
    CHECK((counters.seen[op][2] > 0) == faults);
    jit::Options mutant = At(jit::OptLevel::kO0);
    mutant.mutant_op = op;
    CHECK(Differences(p, *Compiled(p, mutant), 40, 9) > 0);
  }
}

// One capability: a required clause of class 0, one of class 1, and step-ups of both classes.
TEST_CASE("clauses of class 1 are skipped, step-ups are counted, and refusal is one value") {
  Random random(1);
  Program p = EmptyProgram();
  Builder b(p, random);
  b.Begin(ShapeKind::kCapability);
  const auto text_in = [&](uint32_t slot) {
    const uint32_t text = b.Add(Op::kLoad, kTString, slot);
    const uint32_t list = b.Add(Op::kLoad, kTTextSet, 18);
    b.Add(Op::kStrIn, kTBool, text, list);
  };
  b.Add(Op::kLoad, kTBool, 0);
  b.EndClause(ClauseKind::kRequire);
  text_in(8);
  b.EndClause(ClauseKind::kRequire);
  b.Add(Op::kLoad, kTBool, 1);
  b.EndClause(ClauseKind::kStepUp);
  text_in(9);
  b.EndClause(ClauseKind::kStepUp);
  b.End();

  for (jit::OptLevel level : {jit::OptLevel::kO0, jit::OptLevel::kO2}) {
    const auto code = Compiled(p, At(level));
    Random values(2);
    Case c(values);
    c.frame.header.present[0] = ~uint64_t{0};
    c.frame.header.poison[0] = 0;
    const std::string member = "member";
    const std::string other = "other";
    const Slot list = StringSlot(member);
    c.frame.slots[18] = {reinterpret_cast<uintptr_t>(&list), PackPair(1, 1)};
    auto run = [&](bool first, const std::string& second, bool third, const std::string& fourth) {
      c.frame.slots[0] = {first, 0};
      c.frame.slots[8] = StringSlot(second);
      c.frame.slots[1] = {third, 0};
      c.frame.slots[9] = StringSlot(fourth);
      const Outcome native = Native(code->code()[0], c);
      CHECK(native == Interpreted(p, p.shapes[0], c));
      return native;
    };
    CHECK(run(true, member, true, member) == Outcome{kPermit, {}});
    CHECK(run(true, member, false, member) == Outcome{0b0100, {.fail = 0b0100}});
    CHECK(run(true, member, false, other) == Outcome{0b1100, {.fail = 0b1100}});
    CHECK(run(true, other, false, other) == Outcome{kRefused, {.fail = 0b1110}});
    CHECK(run(false, member, true, member) == Outcome{kRefused, {.fail = 1, .skipped = 0b1010}});
    c.frame.header.present[0] &= ~uint64_t{0b11};  // both booleans are missing: the checked path
    CHECK(run(true, member, true, member) ==
          Outcome{kRefused, {.fault = 0b0101, .skipped = 0b1010}});
    c.frame.header.present[0] |= 1;
    CHECK(run(true, member, true, member) == Outcome{0b0100, {.fault = 0b0100}});
  }
}

TEST_CASE("a thousand shapes compile in batches, and their memory is given back") {
  Random random(11);
  const Program p = RandomProgram(1000, random);
  jit::Options options = At(jit::OptLevel::kO0);
  options.batch_shapes = 300;
  CHECK(Differences(p, *Compiled(p, options), 2, 12) == 0);
  const uint64_t before = ResidentBytes();
  for (int i = 0; i < 4; ++i) Compiled(p, options);
  CHECK(ResidentBytes() < before + (16u << 20));
}

TEST_CASE("an unknown CPU is an error, and LLVM IR has the shapes' functions") {
  Random random(13);
  const Program p = RandomProgram(2, random);
  jit::Options options = At(jit::OptLevel::kO2);
  options.cpu = "no-such-cpu";
  const auto refused = jit::CompiledProgram::Compile(p, options);
  REQUIRE(!refused);
  CHECK(refused.error().code == "jit-unavailable");
  // At O2 the passes add flags that they have proved; none may stand in what the lowering writes.
  const auto text = jit::EmitLlvm(p, At(jit::OptLevel::kO0));
  REQUIRE(text);
  for (const char* name : {"@predicate_0(", "@admit_1(", "@explain_1("}) {
    CHECK(text->find(name) != std::string::npos);
  }
  for (const char* banned : {" nsw ", "inbounds", "noundef", "llvm.assume", "exact "}) {
    CAPTURE(std::string(banned));
    CHECK(text->find(banned) == std::string::npos);
  }
}

}  // namespace cap
