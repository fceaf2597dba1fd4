// Values of a Program as formulas over the inputs of a call: what an instruction computes, for
// every call at once. Internal to compiler/prove.
#pragma once

#include <z3++.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/program/table.h"
#include "runtime/value/type.h"

namespace cap::prove {

using Expr = z3::expr;

inline Expr And(const Expr& a, const Expr& b) {
  if (a.is_true() || b.is_false()) return b;
  if (b.is_true() || a.is_false()) return a;
  return a && b;
}
inline Expr Or(const Expr& a, const Expr& b) {
  if (a.is_false() || b.is_true()) return b;
  if (b.is_false() || a.is_true()) return a;
  return a || b;
}
inline Expr Not(const Expr& a) {
  if (a.is_true()) return a.ctx().bool_val(false);
  if (a.is_false()) return a.ctx().bool_val(true);
  return !a;
}
inline Expr Implies(const Expr& a, const Expr& b) { return Or(Not(a), b); }

inline uint32_t IdOf(const Expr& expr) { return Z3_get_ast_id(expr.ctx(), expr); }

struct List;

/// One value. Which members count follows its class; the others are null expressions.
struct Sym {
  explicit Sym(z3::context& context)
      : fault(context.bool_val(false)), yes(context), no(context), word(context), extra(context) {}

  ValueClass kind = ValueClass::kBool;
  Expr fault;
  Expr yes;   // kBool: the two rails
  Expr no;
  Expr word;  // kWord: an integer · kStr: the text's rank (texts.h) · kMoney: minor units
              // · kDecimal: the coefficient
  Expr extra; // kMoney: the currency's id
  std::vector<Expr> members;  // kMask: whether each member of the enum, or each approver, is in it
  std::shared_ptr<const List> list;  // kList
  const Table* table = nullptr;      // kTable: of a Program that outlives this
};

/// A slot of a frame or of an element.
struct Cell {
  Cell(Expr is_present, Expr is_poison, Sym of)
      : present(std::move(is_present)), poison(std::move(is_poison)),
        null(present.ctx().bool_val(false)), value(std::move(of)) {}

  Expr present;
  Expr poison;
  Expr null;  // that it is absent because it was given as null
  Sym value;
};

struct Element {
  Expr there;               // whether the list is long enough to have it
  std::vector<Cell> cells;  // of a record: its marker and its fields; else one
};

/// A list of any length, shown by a few of its elements. Those that are not shown are of no kind
/// that is not shown: whatever some element of the list does, an element that is shown does, since
/// there are as many of them as questions are asked of the list (world.h, ListSize). So what holds
/// of some or of all elements is exact, and the size is a number of its own.
struct List {
  Expr size;
  Expr whole;  // that every element is shown
  std::vector<Element> elements;
  std::vector<std::string> roots;  // the inputs that it is made of
  bool is_row = false;             // one element at most, and `elements` has just that one
};

}  // namespace cap::prove
