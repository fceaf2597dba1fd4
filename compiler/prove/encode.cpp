#include "compiler/prove/encode.h"

#include <algorithm>

#include "compiler/prove/bounds.h"
#include "compiler/prove/mutant.h"

namespace cap::prove {
namespace {

bool IsOneOf(Op op, std::initializer_list<Op> ops) {
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

}  // namespace

void Encoder::Use(const Tool& tool) {
  tool_ = &tool;
  frame_ = world_.Frame(program_, tool);
}

Sym Encoder::Constant(TypeIndex type, const ConstSource& source) {
  if (source.bound) return bound_.Value(world_, source.index);
  return world_.Literal(program_, type, program_.values[source.index]);
}

Sym Encoder::Clause(uint32_t shape, uint32_t clause, const std::vector<ConstSource>& consts) {
  shape_ = &program_.shapes[shape];
  consts_ = &consts;
  table_.assign(shape_->inst_count, std::nullopt);
  const cap::Clause& of = program_.clauses[shape_->first_clause + clause];
  return Range(of.begin, of.end);
}

uint32_t Encoder::Next(uint32_t at) const {
  const Inst& inst = At(at);
  return at + 1 + (HasBody(inst.op) ? inst.b : 0);
}

Sym Encoder::Range(uint32_t begin, uint32_t end) {
  uint32_t last = begin;
  for (uint32_t at = begin; at < end; at = Next(at)) {
    table_[at] = Step(at);
    last = at;
  }
  return *table_[last];
}

Sym Encoder::Step(uint32_t at) {
  if (++steps_ > bounds::kSteps) throw TooLarge("the policies have too many instructions");
  const Inst& inst = At(at);
  const OpInfo& info = InfoOf(inst.op);
  // A copy: a body writes the table.
  const std::optional<Sym> a = info.a == OperandKind::kValue ? table_[inst.a] : std::nullopt;
  const std::optional<Sym> b = info.b == OperandKind::kValue ? table_[inst.b] : std::nullopt;
  const Sym* left = a ? &*a : nullptr;
  const Sym* right = b ? &*b : nullptr;
  std::optional<Sym> made = Source(inst);
  if (!made) made = Logic(inst, left, right);
  const bool strict = !made;
  if (!made) made = Strict(at, inst, left, right);
  // Whether a fault goes through what is not known here is not known either.
  if (!made) return UnknownOp(at, inst, left, right);
#ifdef CAPC_MUTANTS
  made = Mutated(world_, inst, left, right, *made);
#endif
  if (strict) Spread(left, right, *made);
  return *made;
}

/// A fault of an operand is one of the result.
void Encoder::Spread(const Sym* a, const Sym* b, Sym& made) {
  for (const Sym* operand : {a, b}) {
    if (operand == nullptr) continue;
    const Expr good = Not(operand->fault);
    made.fault = Or(made.fault, operand->fault);
    if (made.kind != ValueClass::kBool) continue;
    made.yes = And(made.yes, good);
    made.no = And(made.no, good);
  }
}

std::optional<Sym> Encoder::Source(const Inst& inst) {
  if (inst.op == Op::kConst) {
    return Constant(shape_->const_types[inst.a], (*consts_)[inst.a]);
  }
  if (inst.op == Op::kNow) return world_.Word(world_.now());
  if (inst.op == Op::kLoad) {
    const Cell& cell = frame_[inst.a];
    Sym made = cell.value;
    made.fault = Not(cell.present);
    if (made.kind == ValueClass::kBool) {
      made.yes = And(made.yes, cell.present);
      made.no = And(made.no, cell.present);
    }
    return made;
  }
  if (inst.op == Op::kPresent) {
    const Cell& cell = frame_[inst.a];
    return world_.Bool(cell.present, And(Not(cell.present), Not(cell.poison)));
  }
  if (inst.op == Op::kNull) {
    const Cell& cell = frame_[inst.a];
    const Expr known = Not(cell.poison);
    return world_.Bool(And(cell.null, known), And(Not(cell.null), known));
  }
  if (!IsOneOf(inst.op, {Op::kElement, Op::kElementPresent, Op::kElementNull})) return std::nullopt;
  const Cell& cell = ElementOf(inst.a)->cells[inst.b];
  if (inst.op == Op::kElementPresent) return world_.Bool(cell.present);
  if (inst.op == Op::kElementNull) return world_.Bool(cell.null);
  Sym made = cell.value;
  made.fault = Not(cell.present);
  if (made.kind == ValueClass::kBool) {
    made.yes = And(made.yes, cell.present);
    made.no = And(made.no, cell.present);
  }
  return made;
}

std::optional<Sym> Encoder::Logic(const Inst& inst, const Sym* a, const Sym* b) {
  if (inst.op == Op::kNot) return world_.Bool(a->no, a->yes);
  if (inst.op == Op::kAnd) return world_.Bool(And(a->yes, b->yes), Or(a->no, b->no));
  if (inst.op == Op::kOr) return world_.Bool(Or(a->yes, b->yes), And(a->no, b->no));
  if (inst.op == Op::kActs) return world_.Bool(Not(a->no));
  return std::nullopt;
}

/// Operands are taken for no faults; Step() adds these.
std::optional<Sym> Encoder::Strict(uint32_t at, const Inst& inst, const Sym* a, const Sym* b) {
  std::optional<Sym> made;
  if (inst.op == Op::kApproved) return Approved(*a);
  if (inst.op == Op::kUsable) return world_.Bool(world_.True());
  if (inst.op == Op::kAny || inst.op == Op::kAll) return Quantify(at, inst, *a);
  if (IsFold(inst.op)) return Fold(at, inst, *a);
  if (a != nullptr && b != nullptr) {
    made = Compare(inst, *a, *b);
    if (!made) made = Arithmetic(inst, *a, *b);
    if (!made) made = Text(inst, *a, *b);
    if (!made) made = Lists(inst, *a, *b);
  }
  if (!made && a != nullptr) made = RowOf(inst, *a, b);
  if (!made && a != nullptr) made = OfRow(inst, *a);
  if (!made && a != nullptr) made = Mask(inst, *a, b);
  if (!made && a != nullptr) made = Time(inst, *a, b);
  if (!made && a != nullptr) made = Place(inst, *a, b);
  return made;
}

Sym Encoder::Approved(const Sym& mask) {
  Expr all = world_.True();
  Expr some = world_.False();
  for (size_t i = 0; i < mask.members.size(); ++i) {
    all = And(all, Implies(mask.members[i], world_.Approved(program_.approvers[i])));
    some = Or(some, mask.members[i]);
  }
  return world_.Bool(And(all, some));
}

std::optional<Sym> Encoder::Compare(const Inst& inst, const Sym& a, const Sym& b) {
  if (inst.op == Op::kBoolEq) return world_.Bool(a.yes == b.yes);
  if (IsOneOf(inst.op, {Op::kWordEq, Op::kStrEq, Op::kDecEq})) {
    return world_.Bool(a.word == b.word);
  }
  if (IsOneOf(inst.op, {Op::kWordLt, Op::kDecLt})) return world_.Bool(a.word < b.word);
  if (inst.op == Op::kStrLt) return world_.Bool(world_.texts().Less(a.word, b.word));
  if (IsOneOf(inst.op, {Op::kWordCharge, Op::kMoneyCharge})) {
    const Expr good = And(a.word > 0, b.word >= 0);
    const Expr one = inst.op == Op::kWordCharge ? world_.True() : a.extra == b.extra;
    return world_.Bool(And(one, good), And(one, Not(good)));
  }
  if (!IsOneOf(inst.op, {Op::kMoneyEq, Op::kMoneyLt})) return std::nullopt;
  const Expr same = a.extra == b.extra;
  const Expr holds = inst.op == Op::kMoneyEq ? a.word == b.word : a.word < b.word;
  return world_.Bool(And(same, holds), And(same, Not(holds)));
}

Expr Encoder::Within(const Expr& value, int bits) {
  const __int128 most = bits == 64 ? __int128{INT64_MAX} : ~(__int128{1} << 127);
  return value >= world_.Int(-most - 1) && value <= world_.Int(most);
}

std::optional<Sym> Encoder::Arithmetic(const Inst& inst, const Sym& a, const Sym& b) {
  Sym made(world_.context());
  made.kind = a.kind;
  if (IsOneOf(inst.op, {Op::kIntAdd, Op::kMoneyAdd, Op::kDecAdd})) {
    made.word = a.word + b.word;
  } else if (IsOneOf(inst.op, {Op::kIntSub, Op::kMoneySub, Op::kDecSub})) {
    made.word = a.word - b.word;
  } else if (IsOneOf(inst.op, {Op::kIntMul, Op::kMoneyMul, Op::kDecMul})) {
    made.word = a.word * b.word;
  } else {
    return std::nullopt;
  }
  if (made.kind == ValueClass::kMoney) {
    made.extra = a.extra;
    const bool below = program_.types[inst.type].is_signed;
    const Expr fits = And(Within(made.word, 64), below ? world_.True() : made.word >= 0);
    const bool two = inst.op != Op::kMoneyMul;
    made.fault = Not(two ? And(fits, a.extra == b.extra) : fits);
  } else if (made.kind == ValueClass::kDecimal) {
    // A factor of 64 bits makes a product that fits.
    made.fault = Not(inst.op == Op::kDecMul ? Within(a.word, 64) : Within(made.word, 128));
  } else {
    made.fault = Not(Within(made.word, 64));
  }
  return made;
}

std::optional<Sym> Encoder::Text(const Inst& inst, const Sym& a, const Sym& b) {
  Texts& texts = world_.texts();
  if (inst.op == Op::kStrPrefix) return world_.Bool(texts.Is(Relation::kPrefix, a.word, b.word));
  if (inst.op == Op::kStrSuffix) return world_.Bool(texts.Is(Relation::kSuffix, a.word, b.word));
  if (inst.op == Op::kStrContains) {
    return world_.Bool(texts.Is(Relation::kContains, a.word, b.word));
  }
  return std::nullopt;
}

/// Closed sets, and what is computed of one value.
std::optional<Sym> Encoder::Mask(const Inst& inst, const Sym& a, const Sym* b) {
  Expr holds = world_.True();
  if (inst.op == Op::kStrSize) return world_.Word(world_.texts().Length(a.word));
  if (inst.op == Op::kListSize) return world_.Word(a.list->size);
  if (inst.op == Op::kListSome) return world_.Bool(a.list->size > world_.Int(int64_t{0}));
  if (inst.op == Op::kEmailDomain) {
    Sym made = a;
    made.fault = world_.False();
    made.word = world_.texts().Domain(a.word);
    return made;
  }
  if (inst.op == Op::kMaskSize) {
    Expr size = world_.Int(int64_t{0});
    for (const Expr& member : a.members) {
      size = size + z3::ite(member, world_.Int(int64_t{1}), world_.Int(int64_t{0}));
    }
    return world_.Word(size);
  }
  if (inst.op == Op::kMaskIn) {
    holds = world_.False();
    for (size_t i = 0; i < b->members.size(); ++i) {
      const Expr is = a.word == world_.Int(static_cast<int64_t>(i));
      holds = Or(holds, And(b->members[i], is));
    }
    return world_.Bool(holds);
  }
  if (inst.op != Op::kMaskSubset && inst.op != Op::kMaskDisjoint) return std::nullopt;
  for (size_t i = 0; i < a.members.size() && i < b->members.size(); ++i) {
    const Expr& other = b->members[i];
    holds = And(holds, Implies(a.members[i], inst.op == Op::kMaskSubset ? other : Not(other)));
  }
  return world_.Bool(holds);
}

}  // namespace cap::prove
