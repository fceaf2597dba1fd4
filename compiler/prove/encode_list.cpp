// Lists, quantifiers, and opcodes that are not known here.
#include <fmt/format.h>

#include "compiler/prove/encode.h"
#include "runtime/program/print.h"

namespace cap::prove {

const Element* Encoder::ElementOf(uint32_t inst) const {
  for (size_t i = open_.size(); i > 0; --i) {
    if (open_[i - 1].inst == inst) return open_[i - 1].element;
  }
  throw TooLarge("an element is read outside of its quantifier");  // never: it was verified
}

void Encoder::Ask(const List& list, const std::string& question) {
  for (const std::string& root : list.roots) world_.sizes().Ask(root, question);
}

/// Names what a value is: equal keys are equal values.
std::string Encoder::KeyOf(const Sym& value) {
  std::string key;
  const auto add = [&](const Expr& expr) {
    if (!static_cast<Z3_ast>(expr)) return;
    world_.Keep(expr);
    key += fmt::format(",{}", IdOf(expr));
  };
  for (const Expr* part : {&value.yes, &value.no, &value.word, &value.extra, &value.fault}) {
    add(*part);
  }
  for (const Expr& member : value.members) add(member);
  if (value.list == nullptr) return key;
  add(value.list->size);
  for (const Element& element : value.list->elements) {
    for (const Cell& cell : element.cells) {
      add(cell.present);
      key += KeyOf(cell.value);
    }
  }
  return key;
}

Expr Encoder::Same(const Sym& a, const Sym& b) {
  if (a.kind == ValueClass::kBool && b.kind == ValueClass::kBool) return a.yes == b.yes;
  if (a.kind == ValueClass::kBool || b.kind == ValueClass::kBool) {
    throw TooLarge("a truth value is looked for among numbers");  // never: it was verified
  }
  return a.word == b.word;
}

Expr Encoder::Member(const Sym& value, const List& list) {
  Expr in = world_.False();
  for (const Element& element : list.elements) {
    const Sym& other = element.cells[0].value;
    // One of the list's own elements is its own witness.
    if (value.kind != ValueClass::kBool && IdOf(value.word) == IdOf(other.word)) {
      return Or(in, element.there);
    }
    in = Or(in, And(element.there, Same(value, other)));
  }
  Ask(list, "in" + KeyOf(value));
  return in;
}

std::optional<Sym> Encoder::Lists(const Inst& inst, const Sym& a, const Sym& b) {
  const bool in_list =
      inst.op == Op::kWordIn || inst.op == Op::kStrIn || inst.op == Op::kDecIn;
  const bool subset =
      inst.op == Op::kWordSubset || inst.op == Op::kStrSubset || inst.op == Op::kDecSubset;
  const bool disjoint = inst.op == Op::kWordDisjoint || inst.op == Op::kStrDisjoint ||
                        inst.op == Op::kDecDisjoint;
  if (in_list) return world_.Bool(Member(a, *b.list));
  if (!subset && !disjoint) return std::nullopt;
  if (a.list == b.list) {
    return world_.Bool(subset ? world_.True() : a.list->size == world_.Int(int64_t{0}));
  }
  Expr holds = world_.True();
  for (const Element& element : a.list->elements) {
    const Expr in = Member(element.cells[0].value, *b.list);
    holds = And(holds, Implies(element.there, subset ? in : Not(in)));
  }
  Ask(*a.list, (subset ? "subset" : "disjoint") + KeyOf(b));
  return world_.Bool(holds);
}

std::vector<Sym> Encoder::Bodies(uint32_t at, const Inst& inst, const List& list) {
  std::vector<Sym> out;
  for (const Element& element : list.elements) {
    open_.push_back({at, &element});
    out.push_back(Range(at + 1, at + 1 + inst.b));
    open_.pop_back();
  }
  return out;
}

Sym Encoder::Quantify(uint32_t at, const Inst& inst, const Sym& of) {
  const List& list = *of.list;
  const std::vector<Sym> bodies = Bodies(at, inst, list);
  const bool any = inst.op == Op::kAny;
  Expr yes = any ? world_.False() : world_.True();
  Expr no = any ? world_.True() : world_.False();
  for (size_t i = 0; i < bodies.size(); ++i) {
    const Expr& there = list.elements[i].there;
    if (any) {
      yes = Or(yes, And(there, bodies[i].yes));
      no = And(no, Implies(there, bodies[i].no));
    } else {
      yes = And(yes, Implies(there, bodies[i].yes));
      no = Or(no, And(there, bodies[i].no));
    }
  }
  if (!bodies.empty()) Ask(list, (any ? "any" : "all") + KeyOf(bodies[0]));
  return world_.Bool(yes, no);
}

/// Equal keys are equal operands. A body and the element that a field is of are not in it.
std::string Encoder::OperandKey(OperandKind kind, uint32_t operand, const Sym* value) {
  if (kind == OperandKind::kNothing || kind == OperandKind::kLength) return "";
  if (kind == OperandKind::kValue) return KeyOf(*value);
  if (kind == OperandKind::kSlot) return InputName(*tool_, operand);
  if (kind == OperandKind::kField) return std::to_string(operand);
  if (kind == OperandKind::kConst) {
    return KeyOf(Constant(shape_->const_types[operand], (*consts_)[operand]));
  }
  if (kind != OperandKind::kQuant) throw TooLarge("an instruction is not known to the prover");
  std::string key;
  for (const Cell& cell : ElementOf(operand)->cells) {
    world_.Keep(cell.present);
    key += std::to_string(IdOf(cell.present)) + KeyOf(cell.value);
  }
  return key;
}

/// Any value, the same one for the same operands. What it does with the elements of a list that are
/// not shown follows from the body, which is the same where its value of those shown is.
Sym Encoder::UnknownOp(uint32_t at, const Inst& inst, const Sym* a, const Sym* b) {
  const OpInfo& info = InfoOf(inst.op);
  std::string key = fmt::format("op:{}:{}", info.text, PrintType(program_, inst.type));
  key += ":" + OperandKey(info.a, inst.a, a);
  key += ":" + OperandKey(info.b, inst.b, b);
  if (info.b == OperandKind::kLength) {
    if (a == nullptr || a->list == nullptr) {
      throw TooLarge("an instruction is not known to the prover");
    }
    for (const Sym& body : Bodies(at, inst, *a->list)) key += ":" + KeyOf(body);
  }
  return world_.Unknown(program_, inst.type, key);
}

}  // namespace cap::prove
