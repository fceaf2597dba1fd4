// `count` and `sum`. Where all of a list is shown they are exact. Of a longer one its total is some
// number, the same one for the same body, and what the elements that are shown say of it.
#include <fmt/format.h>

#include "compiler/prove/encode.h"
#include "runtime/program/print.h"

namespace cap::prove {

Sym Encoder::Fold(uint32_t at, const Inst& inst, const Sym& of) {
  const List& list = *of.list;
  const std::vector<Sym> bodies = Bodies(at, inst, list);
  std::string key = fmt::format("fold:{}:{}", InfoOf(inst.op).text,
                                PrintType(program_, inst.type));
  key += KeyOf(of);
  for (const Sym& body : bodies) key += ":" + KeyOf(body);
  Sym made = inst.op == Op::kCount ? Count(list, bodies, key) : Sum(inst, list, bodies, key);
  for (size_t i = 0; i < bodies.size(); ++i) {
    made.fault = Or(made.fault, And(list.elements[i].there, bodies[i].fault));
  }
  if (!bodies.empty()) Ask(list, "faults" + KeyOf(bodies[0]));
  return made;
}

Sym Encoder::Count(const List& list, const std::vector<Sym>& bodies, const std::string& key) {
  const Expr zero = world_.Int(int64_t{0});
  const Expr one = world_.Int(int64_t{1});
  Expr counted = zero;
  Expr left = zero;
  Expr some = world_.False();
  Expr some_not = world_.False();
  for (size_t i = 0; i < bodies.size(); ++i) {
    const Expr& there = list.elements[i].there;
    counted = counted + z3::ite(And(there, bodies[i].yes), one, zero);
    left = left + z3::ite(And(there, Not(bodies[i].yes)), one, zero);
    some = Or(some, And(there, bodies[i].yes));
    some_not = Or(some_not, And(there, Not(bodies[i].yes)));
  }
  if (list.whole.is_true()) return world_.Word(counted);
  const Expr total = world_.context().int_const(key.c_str());
  world_.Assume(Implies(list.whole, total == counted));
  world_.Assume(total >= counted && total <= list.size - left);
  if (!bodies.empty()) {
    Ask(list, "any" + KeyOf(bodies[0]));
    Ask(list, "not" + KeyOf(bodies[0]));
    world_.Assume(Implies(total > 0, some));
    world_.Assume(Implies(total < list.size, some_not));
  }
  return world_.Word(total);
}

Sym Encoder::Sum(const Inst& inst, const List& list, const std::vector<Sym>& bodies,
                 const std::string& key) {
  const Type& type = program_.types[inst.type];
  Expr sum = world_.Int(int64_t{0});
  for (size_t i = 0; i < bodies.size(); ++i) {
    sum = sum + z3::ite(list.elements[i].there, bodies[i].word, world_.Int(int64_t{0}));
  }
  Sym made(world_.context());
  made.kind = ClassOf(program_, inst.type);
  made.word = list.whole.is_true() ? sum : world_.context().int_const(key.c_str());
  if (!list.whole.is_true()) world_.Assume(Implies(list.whole, made.word == sum));
  made.fault = Not(Within(made.word, inst.op == Op::kDecSum ? 128 : 64));
  if (inst.op != Op::kMoneySum) return made;
  if (!type.is_signed) made.fault = Or(made.fault, made.word < 0);
  SumCurrency(inst, list, bodies, made);
  return made;
}

/// Two currencies are a fault, and so is an empty sum of which nothing says the currency.
void Encoder::SumCurrency(const Inst& inst, const List& list, const std::vector<Sym>& bodies,
                          Sym& made) {
  const uint32_t currency = program_.types[inst.type].currency;
  made.extra = world_.Int(int64_t{currency});
  if (currency == 0) {
    made.fault = Or(made.fault, list.size == 0);
    if (!bodies.empty()) made.extra = bodies[0].extra;
  }
  for (size_t i = 0; i < bodies.size(); ++i) {
    const Expr other = bodies[i].extra != made.extra;
    made.fault = Or(made.fault, And(list.elements[i].there, other));
  }
  if (bodies.empty()) return;
  Ask(list, "one currency" + KeyOf(bodies[0]));
  Ask(list, "another currency" + KeyOf(bodies[0]));
}

}  // namespace cap::prove
