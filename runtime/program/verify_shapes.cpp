// Shapes: the code that engines run. Engines rely on everything that is checked here.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/program/cost.h"
#include "runtime/program/layout.h"
#include "runtime/program/verify_context.h"
#include "runtime/value/map.h"

namespace cap::verify {
namespace {

/// Whether instructions compute with values of this kind.
bool IsValue(TypeKind kind) {
  return kind != TypeKind::kRecord && kind != TypeKind::kJson && kind != TypeKind::kRate;
}

class ShapeVerifier {
 public:
  ShapeVerifier(Context& context, size_t index)
      : context_(context), program_(context.program), shape_(program_.shapes[index]),
        index_(index) {}

  bool Run();

 private:
  // A quantifier whose body is being read, or a clause (`inst` is kNone).
  struct Range {
    uint32_t inst = kNone;
    uint32_t end = 0;
    uint32_t last = kNone;  // last instruction that stands directly in it
  };

  bool Header();
  bool Clauses();
  bool ReadClause(const Clause& clause);
  bool ReadInst(uint32_t at);
  bool EndsWell(const Range& range, uint32_t at);
  bool CloseRanges(uint32_t at);
  bool Operand(uint32_t at, OperandKind kind, uint32_t operand, bool any_class, ValueClass wanted);
  bool Source(uint32_t at);
  bool ResultType(uint32_t at);
  bool Places(uint32_t at);
  bool SameKinds(uint32_t at);
  bool ElementSource(uint32_t at);
  bool WordsOf(uint32_t at, TypeIndex word, TypeIndex list);
  bool TextsOf(uint32_t at, TypeIndex list);
  bool MasksOf(uint32_t at);
  bool Arithmetic(uint32_t at);
  bool Decimals(uint32_t at);
  bool DecimalSets(uint32_t at);
  bool InZone(uint32_t at);
  bool RowOf(uint32_t at);
  bool Charge(uint32_t at);

  const Inst& At(uint32_t inst) const { return program_.insts[shape_.first_inst + inst]; }
  TypeIndex TypeOf(uint32_t inst) const { return At(inst).type; }
  TypeKind KindOf(uint32_t inst) const { return context_.TypeAt(TypeOf(inst)).kind; }
  TypeIndex ElementOf(uint32_t list) const { return context_.TypeAt(TypeOf(list)).element; }
  bool Open(uint32_t quantifier) const {
    return std::ranges::any_of(open_, [&](const Range& r) { return r.inst == quantifier; });
  }
  bool Fail(uint32_t inst, std::string what) {
    return context_.Fail(fmt::format("shapes[{}].insts[{}]", index_, inst), std::move(what));
  }
  bool FailShape(std::string what) {
    return context_.Fail(fmt::format("shapes[{}]", index_), std::move(what));
  }

  Context& context_;
  const Program& program_;
  const Shape& shape_;
  size_t index_;
  std::vector<Range> open_;
  std::vector<uint32_t> scope_;  // of each instruction: the quantifier whose body it stands in
  uint32_t clause_begin_ = 0;
  uint8_t cost_ = 0;
  uint64_t required_[2] = {0, 0};
};

bool ShapeVerifier::Header() {
  if (shape_.kind > ShapeKind::kPredicate) return FailShape("there is no such kind");
  if (shape_.tool >= program_.tools.size()) return FailShape("there is no such tool");
  if (shape_.inst_count > limits::kInstructions ||
      shape_.first_inst > program_.insts.size() ||
      shape_.inst_count > program_.insts.size() - shape_.first_inst) {
    return FailShape("its instructions are too many, or past the last");
  }
  if (shape_.clause_count > limits::kClauses ||
      shape_.first_clause > program_.clauses.size() ||
      shape_.clause_count > program_.clauses.size() - shape_.first_clause) {
    return FailShape("its clauses are too many, or past the last");
  }
  if (shape_.kind == ShapeKind::kPredicate && shape_.clause_count != 1) {
    return FailShape("a predicate has one clause");
  }
  if (shape_.const_types.size() > limits::kConstants) return FailShape("too many constants");
  for (TypeIndex type : shape_.const_types) {
    const bool known = type < program_.types.size();
    const bool rate = known && context_.TypeAt(type).kind == TypeKind::kRate;  // limits read it
    if (!known || (!rate && !IsValue(context_.TypeAt(type).kind))) {
      return FailShape("a constant has no type, or one that no instruction reads");
    }
  }
  return true;
}

bool ShapeVerifier::Clauses() {
  uint32_t next = 0;
  for (uint32_t i = 0; i < shape_.clause_count; ++i) {
    const Clause& clause = program_.clauses[shape_.first_clause + i];
    const std::string where = fmt::format("shapes[{}].clauses[{}]", index_, i);
    if (clause.begin != next || clause.end <= clause.begin || clause.end > shape_.inst_count) {
      return context_.Fail(where, "clauses must follow each other and have instructions");
    }
    next = clause.end;
    if (clause.kind > ClauseKind::kLimit ||
        (shape_.kind == ShapeKind::kPredicate && clause.kind != ClauseKind::kRequire)) {
      return context_.Fail(where, "the kind does not fit");
    }
    if (!ReadClause(clause)) return false;
    if (clause.cost != cost_) return context_.Fail(where, "the cost is not that of its code");
    for (uint32_t shown : {clause.observed, clause.limit}) {
      if (shown != kNone && (shown < clause.begin || shown >= clause.end)) {
        return context_.Fail(where, "it shows an instruction of another clause");
      }
    }
  }
  return next == shape_.inst_count || FailShape("instructions stand outside of every clause");
}

/// A clause, and the body of all but a sum, ends in a bool; that of a sum in what it adds up. The
/// currency of money is compared by the engines, so that here it may be any.
bool ShapeVerifier::EndsWell(const Range& range, uint32_t at) {
  if (range.last == kNone) return Fail(at, "a clause or body is empty");
  const TypeKind kind = KindOf(range.last);
  const Op op = range.inst == kNone ? Op::kAny : At(range.inst).op;
  if (op == Op::kIntSum) {
    return ((kind == TypeKind::kInt || kind == TypeKind::kDuration) &&
            kind == KindOf(range.inst)) ||
           Fail(at, "a sum of numbers has another type than what it adds up");
  }
  if (op == Op::kMoneySum) {
    return kind == TypeKind::kMoney || Fail(at, "a sum of money adds up something else");
  }
  if (op == Op::kDecSum) {
    return context_.SameRepresentation(TypeOf(range.last), TypeOf(range.inst)) ||
           Fail(at, "a sum of decimals adds up another scale");
  }
  return kind == TypeKind::kBool || Fail(at, "a clause or body must end in a bool");
}

bool ShapeVerifier::CloseRanges(uint32_t at) {
  while (!open_.empty() && open_.back().end == at) {
    if (!EndsWell(open_.back(), at - 1)) return false;
    open_.pop_back();
  }
  return true;
}

bool ShapeVerifier::ReadClause(const Clause& clause) {
  clause_begin_ = clause.begin;
  cost_ = 0;
  open_.assign(1, Range{.inst = kNone, .end = clause.end, .last = kNone});
  for (uint32_t at = clause.begin; at < clause.end; ++at) {
    if (!ReadInst(at)) return false;
    open_.back().last = at;
    const Inst& inst = At(at);
    if (HasBody(inst.op)) {
      if (inst.b == 0 || inst.b >= open_.back().end - at) {
        return Fail(at, "the body is empty or longer than what it stands in");
      }
      if (open_.size() > limits::kQuantifierDepth) return Fail(at, "nested too deeply");
      open_.push_back({.inst = at, .end = at + 1 + inst.b, .last = kNone});
    }
    if (!CloseRanges(at + 1)) return false;
  }
  return true;
}

bool ShapeVerifier::Operand(uint32_t at, OperandKind kind, uint32_t operand, bool any_class,
                            ValueClass wanted) {
  switch (kind) {
    case OperandKind::kNothing: return operand == 0 || Fail(at, "an unused operand is not zero");
    case OperandKind::kConst:
      return operand < shape_.const_types.size() || Fail(at, "there is no such constant");
    case OperandKind::kSlot:
      return operand < program_.tools[shape_.tool].slots.size() ||
             Fail(at, "there is no such slot");
    case OperandKind::kQuant:
      return (operand < at && Open(operand)) || Fail(at, "that is no enclosing quantifier");
    case OperandKind::kField:   // held against the element's type below
    case OperandKind::kLength:  // held against the enclosing range by ReadClause
      return true;
    case OperandKind::kValue: break;
  }
  if (operand < clause_begin_ || operand >= at) return Fail(at, "that value is not known here");
  // A quantifier's own value is known only after its body; a body's values only inside of it.
  if (Open(operand)) return Fail(at, "that quantifier has not ended");
  if (scope_[operand] != kNone && !Open(scope_[operand])) {
    return Fail(at, "that value is inside of another body");
  }
  if (!any_class && ClassOf(program_, TypeOf(operand)) != wanted) {
    return Fail(at, "an operand has the wrong class");
  }
  return true;
}

/// Types of what comes from outside: constants, slots, elements.
bool ShapeVerifier::Source(uint32_t at) {
  const Inst& inst = At(at);
  const Tool& tool = program_.tools[shape_.tool];
  if (inst.op == Op::kConst) {
    return context_.SameRepresentation(inst.type, shape_.const_types[inst.a]) ||
           Fail(at, "the constant has another type");
  }
  if (inst.op == Op::kLoad) {
    required_[inst.a >> 6] |= uint64_t{1} << (inst.a & 63);
    const TypeIndex slot = tool.slots[inst.a].type;
    if (!context_.SameRepresentation(inst.type, slot)) return Fail(at, "the slot has another type");
    // The cost of a quantifier is counted by its list's bound.
    const auto most = [&](TypeIndex type) {
      const uint32_t declared = context_.TypeAt(type).max;
      return declared != 0 ? declared : uint32_t{limits::kElements};
    };
    const bool list = context_.TypeAt(inst.type).element != kNone;
    return !list || most(inst.type) >= most(slot) || Fail(at, "the slot holds more elements");
  }
  return ElementSource(at);
}

bool ShapeVerifier::ElementSource(uint32_t at) {
  const Inst& inst = At(at);
  const bool asks = inst.op == Op::kElementPresent || inst.op == Op::kElementNull;
  const bool of_row = inst.op == Op::kRow || inst.op == Op::kRowPresent ||
                      inst.op == Op::kRowNull;
  if (inst.op != Op::kElement && !asks && !of_row) return true;
  const TypeIndex element = ElementOf(of_row ? inst.a : At(inst.a).a);
  if (inst.b >= SlotsOf(program_, element)) return Fail(at, "the element has no such slot");
  if (asks || (of_row && inst.op != Op::kRow)) return true;
  return context_.SameRepresentation(inst.type, ElementLeafType(program_, element, inst.b)) ||
         Fail(at, "the element's slot has another type");
}

/// The result's type fits the opcode. What an opcode makes itself is never an enum (an index
/// without bounds) nor a text with a header (bytes without one).
bool ShapeVerifier::ResultType(uint32_t at) {
  const Inst& inst = At(at);
  const TypeKind kind = KindOf(at);
  if (!IsValue(kind)) return Fail(at, "a record, a json or a rate is no value");
  const OpInfo& info = InfoOf(inst.op);
  if (info.typed_result) return true;
  bool fits = ClassOf(program_, inst.type) == info.result;
  if (info.result == ValueClass::kWord) fits = fits && kind != TypeKind::kEnum;
  if (info.result == ValueClass::kStr) {
    fits = kind == (inst.op == Op::kUrlPath ? TypeKind::kPath : TypeKind::kString);
  }
  if (info.result == ValueClass::kMoney && inst.op != Op::kMoneySum) {
    // An engine may compare currencies by type; a result has the currency of its left operand.
    const uint32_t currency = context_.TypeAt(inst.type).currency;
    fits = fits && (currency == 0 || currency == context_.TypeAt(TypeOf(inst.a)).currency);
  }
  return fits || Fail(at, "the result has the wrong type");
}

bool ShapeVerifier::WordsOf(uint32_t at, TypeIndex word, TypeIndex list) {
  const TypeIndex element = context_.TypeAt(list).element;
  return (ClassOf(program_, element) == ValueClass::kWord &&
          context_.SameRepresentation(word, element)) ||
         Fail(at, "words are compared to another kind");
}

bool ShapeVerifier::TextsOf(uint32_t at, TypeIndex list) {
  return ClassOf(program_, context_.TypeAt(list).element) == ValueClass::kStr ||
         Fail(at, "the list does not hold strings");
}

bool ShapeVerifier::MasksOf(uint32_t at) {
  const Inst& inst = At(at);
  for (uint32_t operand : {inst.a, inst.b}) {
    if (KindOf(operand) != TypeKind::kSet) return Fail(at, "approvers are no set of an enum");
  }
  return context_.SameRepresentation(TypeOf(inst.a), TypeOf(inst.b)) ||
         Fail(at, "sets of two enums are compared");
}

/// Words have units: an int, a span of time, or a point in time.
bool ShapeVerifier::Arithmetic(uint32_t at) {
  struct Rule {
    Op op;
    TypeKind a, b, result;
  };
  using enum TypeKind;
  static constexpr Rule kRules[] = {
      {Op::kIntAdd, kInt, kInt, kInt},
      {Op::kIntAdd, kDuration, kDuration, kDuration},
      {Op::kIntAdd, kInstant, kDuration, kInstant},
      {Op::kIntSub, kInt, kInt, kInt},
      {Op::kIntSub, kDuration, kDuration, kDuration},
      {Op::kIntSub, kInstant, kDuration, kInstant},
      {Op::kIntSub, kInstant, kInstant, kDuration},
      {Op::kIntSub, kDate, kDate, kInt},
      {Op::kIntMul, kInt, kInt, kInt},
      {Op::kIntMul, kDuration, kInt, kDuration},
      {Op::kDateAdd, kDate, kDuration, kDate},
  };
  const Inst& inst = At(at);
  return std::ranges::any_of(kRules,
                             [&](const Rule& rule) {
                               return rule.op == inst.op && rule.a == KindOf(inst.a) &&
                                      rule.b == KindOf(inst.b) && rule.result == KindOf(at);
                             }) ||
         Fail(at, "there is no such arithmetic of these types");
}

/// Engines know nothing of scales: operands and result have the same.
bool ShapeVerifier::Decimals(uint32_t at) {
  const Inst& inst = At(at);
  const bool product = inst.op == Op::kDecMul;
  const bool fits = product ? KindOf(inst.b) == TypeKind::kInt
                            : context_.SameRepresentation(TypeOf(inst.a), TypeOf(inst.b));
  const bool makes = KindOf(at) == TypeKind::kBool ||
                     context_.SameRepresentation(TypeOf(inst.a), TypeOf(at));
  return (fits && makes) || Fail(at, "decimals of two scales meet");
}

bool ShapeVerifier::DecimalSets(uint32_t at) {
  const Inst& inst = At(at);
  const TypeIndex left = inst.op == Op::kDecIn ? TypeOf(inst.a) : ElementOf(inst.a);
  return (ClassOf(program_, left) == ValueClass::kDecimal &&
          context_.SameRepresentation(left, ElementOf(inst.b))) ||
         Fail(at, "decimals of two scales meet");
}

/// What a time is by the clocks of a zone, or of a schedule's zone.
bool ShapeVerifier::InZone(uint32_t at) {
  const Inst& inst = At(at);
  const bool schedule = inst.op == Op::kScheduleHas;
  const TypeKind table = schedule ? TypeKind::kSchedule : TypeKind::kZone;
  const TypeKind result = schedule                       ? TypeKind::kBool
                          : inst.op == Op::kZoneDate ? TypeKind::kDate
                                                         : TypeKind::kDuration;
  return (KindOf(inst.a) == TypeKind::kInstant && KindOf(inst.b) == table &&
          KindOf(at) == result) ||
         Fail(at, "a time and a zone or schedule are wanted");
}

bool ShapeVerifier::Places(uint32_t at) {
  const Inst& inst = At(at);
  const TypeKind a = KindOf(inst.a);
  bool fits = a == TypeKind::kUrl;  // of the opcodes with one operand
  if (inst.op == Op::kPathUnder) fits = a == TypeKind::kPath && KindOf(inst.b) == a;
  if (inst.op == Op::kUrlUnder) fits = fits && KindOf(inst.b) == a;
  if (inst.op == Op::kNetWithin) {
    fits = (a == TypeKind::kIp || a == TypeKind::kCidr) && KindOf(inst.b) == TypeKind::kCidr;
  }
  if (inst.op == Op::kNetIn) {
    fits = a == TypeKind::kIp && context_.TypeAt(ElementOf(inst.b)).kind == TypeKind::kCidr;
  }
  return fits || Fail(at, "a place of another kind");
}

/// A row is a list of the elements that it is one of. A set has no first element, and only a map is
/// sorted by what stands where the call-outs look for the keys.
bool ShapeVerifier::RowOf(uint32_t at) {
  const Inst& inst = At(at);
  if (!context_.SameRepresentation(TypeOf(inst.a), TypeOf(at))) {
    return Fail(at, "a row is of another list");
  }
  if (inst.op == Op::kListFirst || inst.op == Op::kListLast) {
    return KindOf(inst.a) == TypeKind::kList || Fail(at, "only a list has a first element");
  }
  if (KindOf(inst.a) != TypeKind::kMap) return Fail(at, "only a map has keys");
  const TypeIndex key = ElementLeafType(program_, ElementOf(inst.a), kRowKeySlot);
  return context_.SameRepresentation(TypeOf(inst.b), key) ||
         Fail(at, "the keys are of another type");
}

bool ShapeVerifier::Charge(uint32_t at) {
  const Inst& inst = At(at);
  if (inst.op == Op::kMoneyCharge) return true;
  if (inst.op == Op::kUsable) {
    return KindOf(inst.a) != TypeKind::kBool || Fail(at, "a bool has a use of its own");
  }
  return (KindOf(inst.a) == TypeKind::kInt && KindOf(inst.b) == TypeKind::kInt) ||
         Fail(at, "only numbers are charged");
}

/// What classes alone do not say.
bool ShapeVerifier::SameKinds(uint32_t at) {
  const Inst& inst = At(at);
  switch (inst.op) {
    case Op::kWordEq:
    case Op::kWordLt:
      return context_.SameRepresentation(TypeOf(inst.a), TypeOf(inst.b)) ||
             Fail(at, "words are compared to another kind");
    case Op::kIntAdd: case Op::kIntSub: case Op::kIntMul: case Op::kDateAdd: return Arithmetic(at);
    case Op::kZoneDate: case Op::kZoneTime: case Op::kScheduleHas: return InZone(at);
    case Op::kDateWeekday:
      return (KindOf(inst.a) == TypeKind::kDate && KindOf(at) == TypeKind::kInt) ||
             Fail(at, "only a date has a day of the week");
    case Op::kDecEq: case Op::kDecLt:
    case Op::kDecAdd: case Op::kDecSub: case Op::kDecMul: return Decimals(at);
    case Op::kMoneyMul: return KindOf(inst.b) == TypeKind::kInt || Fail(at, "no number");
    case Op::kPathUnder:
    case Op::kUrlUnder:
    case Op::kNetWithin:
    case Op::kNetIn:
    case Op::kUrlScheme:
    case Op::kUrlHost:
    case Op::kUrlPort:
    case Op::kUrlPath: return Places(at);
    case Op::kEmailDomain:
      return KindOf(inst.a) == TypeKind::kEmail || Fail(at, "only an email has a domain");
    case Op::kListFirst:
    case Op::kListLast:
    case Op::kMapWord:
    case Op::kMapStr: return RowOf(at);
    case Op::kDecIn:
    case Op::kDecSubset:
    case Op::kDecDisjoint: return DecimalSets(at);
    case Op::kApproved:
      return KindOf(inst.a) == TypeKind::kApprovers || Fail(at, "only approvers approve");
    case Op::kMaskIn:
      return (KindOf(inst.b) == TypeKind::kSet &&
              context_.SameRepresentation(TypeOf(inst.a), ElementOf(inst.b))) ||
             Fail(at, "the set is of another enum");
    case Op::kMaskSubset:
    case Op::kMaskDisjoint: return MasksOf(at);
    case Op::kMaskSize:
      return KindOf(inst.a) == TypeKind::kSet || Fail(at, "approvers are not counted");
    case Op::kWordIn: return WordsOf(at, TypeOf(inst.a), TypeOf(inst.b));
    case Op::kWordSubset:
    case Op::kWordDisjoint: return WordsOf(at, ElementOf(inst.a), TypeOf(inst.b));
    case Op::kStrMatches:
      return KindOf(inst.b) == TypeKind::kPattern || Fail(at, "that is no regular expression");
    case Op::kStrIn: return TextsOf(at, TypeOf(inst.b));
    case Op::kStrSubset:
    case Op::kStrDisjoint: return TextsOf(at, TypeOf(inst.a)) && TextsOf(at, TypeOf(inst.b));
    case Op::kConst: case Op::kLoad: case Op::kPresent: case Op::kNow: case Op::kElement:
    case Op::kElementPresent: case Op::kNull: case Op::kElementNull:
    case Op::kNot: case Op::kAnd: case Op::kOr: case Op::kActs:
    case Op::kBoolEq: case Op::kMoneyEq: case Op::kMoneyLt: case Op::kMoneyAdd:
    case Op::kMoneySub: case Op::kStrEq: case Op::kStrLt: case Op::kStrPrefix:
    case Op::kStrSuffix: case Op::kStrContains: case Op::kStrSize: case Op::kListSize:
    case Op::kListSome: case Op::kRow: case Op::kRowPresent: case Op::kRowNull:
    case Op::kAny: case Op::kAll: return true;
    case Op::kCount:
      return KindOf(at) == TypeKind::kInt || Fail(at, "a count is an int");
    case Op::kIntSum: case Op::kMoneySum: case Op::kDecSum: return true;  // EndsWell()
    case Op::kWordCharge: case Op::kMoneyCharge: case Op::kUsable: return Charge(at);
  }
  return Fail(at, "there is no such opcode");
}

bool ShapeVerifier::ReadInst(uint32_t at) {
  const Inst& inst = At(at);
  if (static_cast<uint16_t>(inst.op) >= kOpCount) return Fail(at, "there is no such opcode");
  if (inst.reserved != 0) return Fail(at, "the reserved word is not zero");
  if (inst.type >= program_.types.size()) return Fail(at, "there is no such type");
  const OpInfo& info = InfoOf(inst.op);
  scope_[at] = open_.back().inst;
  cost_ = std::max(cost_, info.cost);
  return Operand(at, info.a, inst.a, info.any_class_a, info.class_a) &&
         Operand(at, info.b, inst.b, info.any_class_b, info.class_b) && ResultType(at) &&
         Source(at) && SameKinds(at);
}

bool ShapeVerifier::Run() {
  if (!Header()) return false;
  scope_.assign(shape_.inst_count, kNone);
  if (!Clauses()) return false;
  const std::span<const Inst> insts(program_.insts);
  if (WorstCaseSteps(program_, insts.subspan(shape_.first_inst, shape_.inst_count)) >
      limits::kShapeSteps) {
    return FailShape("its worst case takes too many steps");
  }
  if (required_[0] != shape_.required[0] || required_[1] != shape_.required[1]) {
    return FailShape("the required slots are not those of its loads");
  }
  return true;
}

}  // namespace

bool VerifyShapes(Context& context) {
  const Program& program = context.program;
  if (program.shapes.size() > limits::kShapes) return context.Fail("shapes", "there are too many");
  for (size_t i = 0; i < program.shapes.size(); ++i) {
    if (!ShapeVerifier(context, i).Run()) return false;
  }
  return true;
}

}  // namespace cap::verify
