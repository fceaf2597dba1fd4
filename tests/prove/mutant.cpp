#include "compiler/prove/mutant.h"

#include <utility>

#include "compiler/prove/sym.h"

namespace cap::prove {
namespace {

Op g_op = Op::kConst;
Mutation g_mutation = Mutation::kNone;

void AddEquals(World& world, const Sym* a, const Sym* b, Sym& made) {
  if (a == nullptr || b == nullptr || made.kind != ValueClass::kBool) return;
  const Expr known = Or(made.yes, made.no);
  made.yes = Or(made.yes, And(known, a->word == b->word));
  made.no = And(made.no, a->word != b->word);
  world.Keep(made.yes);
}

void DropFault(World& world, Sym& made) {
  made.fault = world.False();
  if (made.kind == ValueClass::kBool) made.no = Not(made.yes);
}

void ChangeResult(World& world, Sym& made) {
  switch (made.kind) {
    case ValueClass::kBool: return std::swap(made.yes, made.no);
    case ValueClass::kStr: made.word = world.texts().Literal(""); return;
    case ValueClass::kMask:
      if (!made.members.empty()) made.members[0] = Not(made.members[0]);
      return;
    case ValueClass::kList: {
      auto longer = std::make_shared<List>(*made.list);
      longer->size = longer->size + 1;
      made.list = std::move(longer);
      return;
    }
    case ValueClass::kWord:
    case ValueClass::kMoney:
    case ValueClass::kDecimal: made.word = -1 - made.word; return;
    case ValueClass::kRate:
    case ValueClass::kTable: return;
  }
}

}  // namespace

void SetMutant(Op op, Mutation mutation) {
  g_op = op;
  g_mutation = mutation;
}

Sym Mutated(World& world, const Inst& inst, const Sym* a, const Sym* b, Sym made) {
  if (inst.op != g_op) return made;
  switch (g_mutation) {
    case Mutation::kNone: break;
    case Mutation::kResult: ChangeResult(world, made); break;
    case Mutation::kNoFault: DropFault(world, made); break;
    case Mutation::kEdge: AddEquals(world, a, b, made); break;
  }
  return made;
}

}  // namespace cap::prove
