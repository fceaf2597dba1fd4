#include "runtime/jit/demand.h"

#include <algorithm>

namespace cap::jit {
namespace {

Rails Swap(Rails rails) {
  return static_cast<Rails>((rails & kTrueRail) << 1 | (rails & kFalseRail) >> 1);
}

// The rails that `op` asks of its operands to give `rails` itself.
Rails OperandRails(Op op, Rails rails) {
  if (op == Op::kNot) return Swap(rails);
  if (op == Op::kAnd || op == Op::kOr || IsQuantifier(op)) return rails;
  if (op == Op::kActs) return kFalseRail;
  return kBothRails;
}

struct Planner {
  const Program& program;
  const Shape& shape;
  const Options& options;
  const Inst* insts;
  Plan plan;
  std::vector<uint32_t> pending;
  std::vector<uint32_t> scope;     // the enclosing quantifier, or kNone
  std::vector<uint32_t> last_use;  // the last instruction that reads it; itself if none

  void Ask(uint32_t i, Rails rails) {
    const bool both =
        options.counters != nullptr || static_cast<uint16_t>(insts[i].op) == options.mutant_op;
    const Rails wanted = static_cast<Rails>(plan.need[i] | (both ? kBothRails : rails));
    if (wanted == plan.need[i]) return;
    plan.need[i] = wanted;
    pending.push_back(i);
  }

  void AskOperands(uint32_t i) {
    const Inst& inst = insts[i];
    const OpInfo& info = InfoOf(inst.op);
    const Rails rails = OperandRails(inst.op, plan.need[i]);
    if (info.a == OperandKind::kValue) Ask(inst.a, rails);
    if (info.b == OperandKind::kValue) Ask(inst.b, rails);
    if (HasBody(inst.op)) Ask(Predicate(i), rails);
  }

  // The last top-level instruction of a body.
  uint32_t Predicate(uint32_t quantifier) const {
    const uint32_t end = quantifier + 1 + insts[quantifier].b;
    uint32_t last = quantifier + 1;
    for (uint32_t i = last; i < end; i = Next(i)) last = i;
    return last;
  }

  uint32_t Next(uint32_t i) const { return i + 1 + (HasBody(insts[i].op) ? insts[i].b : 0); }

  void FindUses() {
    for (uint32_t i = 0; i < shape.inst_count; ++i) {
      last_use[i] = std::max(last_use[i], i);
      const OpInfo& info = InfoOf(insts[i].op);
      if (info.a == OperandKind::kValue) last_use[insts[i].a] = i;
      if (info.b == OperandKind::kValue) last_use[insts[i].b] = i;
      if (!HasBody(insts[i].op)) continue;
      const uint32_t end = i + 1 + insts[i].b;
      for (uint32_t j = i + 1; j < end; ++j) scope[j] = i;  // inner quantifiers overwrite theirs
    }
  }

  bool IsCostly(uint32_t begin, uint32_t end) const {
    for (uint32_t j = begin; j < end; ++j) {
      if (insts[j].op == Op::kStrEq || InfoOf(insts[j].op).cost != 0) return true;
    }
    return false;
  }

  // Nobody but `user` reads from [begin, end) what lies outside of it. Ranges with this property
  // nest: one that crossed the end of another would read, from outside, a value of that other.
  bool IsClosed(uint32_t begin, uint32_t end, uint32_t user) const {
    for (uint32_t j = begin; j < end; ++j) {
      if (last_use[j] >= end && last_use[j] != user) return false;
    }
    return true;
  }

  // The first instruction of the operand that ends at i, if its instructions stand together.
  uint32_t StartOf(uint32_t i) const {
    uint32_t start = i;
    for (uint32_t j = i + 1; j-- > start;) {
      const OpInfo& info = InfoOf(insts[j].op);
      if (info.a == OperandKind::kValue) start = std::min(start, insts[j].a);
      if (info.b == OperandKind::kValue) start = std::min(start, insts[j].b);
    }
    return start;
  }

  void FindLazy() {
    for (uint32_t k = shape.inst_count; k-- > 0;) {  // backwards, so that outer ranges come first
      const Inst& inst = insts[k];
      if (inst.op != Op::kAnd && inst.op != Op::kOr) continue;
      const uint32_t right = Next(inst.a);
      const bool apart = inst.b >= right && inst.b < k && scope[inst.a] == scope[k];
      if (plan.need[k] == 0 || !apart || !IsClosed(right, k, k)) continue;
      if (IsCostly(right, k)) {
        if (plan.lazy_at[right] != kNone) continue;
        plan.lazy_at[right] = k;
        plan.lazy[k] = 1;
      } else {
        FindLater(k, right);
      }
    }
  }

  // The left operand of k, where it is the dear one. Two that are put off do not nest, so that they
  // need no recursion.
  void FindLater(uint32_t k, uint32_t right) {
    const uint32_t left = StartOf(insts[k].a);
    if (scope[left] != scope[k] || !IsCostly(left, right) || !IsClosed(left, right, k)) return;
    for (uint32_t j = right; j < k; ++j) {
      const OpInfo& info = InfoOf(insts[j].op);
      if (info.a == OperandKind::kValue && insts[j].a >= left && insts[j].a < right) return;
      if (info.b == OperandKind::kValue && insts[j].b >= left && insts[j].b < right) return;
    }
    for (uint32_t j = 0; j < k; ++j) {  // outer ones were found first
      if (plan.later_at[j] != kNone) return;
    }
    plan.later_at[left] = k;
    plan.lazy[k] = 1;
  }
};

}  // namespace

Plan MakePlan(const Program& program, const Shape& shape, Rails roots, const Options& options) {
  const size_t count = shape.inst_count;
  Planner planner{.program = program,
                  .shape = shape,
                  .options = options,
                  .insts = program.insts.data() + shape.first_inst,
                  .plan = {.need = std::vector<Rails>(count, 0),
                           .lazy = std::vector<uint8_t>(count, 0),
                           .lazy_at = std::vector<uint32_t>(count + 1, kNone),
                           .later_at = std::vector<uint32_t>(count + 1, kNone)},
                  .pending = {},
                  .scope = std::vector<uint32_t>(count, kNone),
                  .last_use = std::vector<uint32_t>(count, 0)};
  for (uint32_t c = 0; c < shape.clause_count; ++c) {
    const Clause& clause = program.clauses[shape.first_clause + c];
    uint32_t root = clause.begin;
    for (uint32_t i = root; i < clause.end; i = planner.Next(i)) root = i;
    planner.Ask(root, roots);
  }
  while (!planner.pending.empty()) {
    const uint32_t i = planner.pending.back();
    planner.pending.pop_back();
    planner.AskOperands(i);
  }
  planner.FindUses();
  planner.FindLazy();
  return std::move(planner.plan);
}

}  // namespace cap::jit
