// Handlers of rows: the one element of a list that is asked for by its place or its key. What it
// points at is read in a branch of its own, since an empty list may point anywhere; where that
// branch is not taken every word is zero, as in a slot that is not present.
#include "runtime/jit/emitter.h"
#include "runtime/program/layout.h"

namespace cap::jit {
namespace {

using llvm::Value;

TypeIndex ElementType(const Emitter& e, uint32_t i) { return e.TypeOf(e.inst(i).a).element; }

/// A list of the one element at `address`, where `some`, else of none.
void SetRowList(Emitter& e, uint32_t i, Value* address, Value* some, Value* ok) {
  llvm::IRBuilder<>& b = e.b();
  const uint64_t stride = SlotsOf(e.program(), e.TypeOf(i).element);
  Value* count = b.CreateZExt(some, b.getInt64Ty());
  e.Set(i, {.lo = address, .hi = b.CreateOr(count, e.Word(stride << 32)), .ok = ok});
}

/// The search is a call: it is short beside what a request has cost by then, it is a loop, and a
/// copy for each key would be the larger part of a policy's code.
void SetFound(Emitter& e, uint32_t i, uint64_t offset, bool word) {
  Value* ok = e.OperandsOk(i);
  Value* address = e.GuardedWords(ok, [&]() -> Emitter::Words {
    Value* key = word ? e.Lo(e.B(i)) : e.AddressOf(e.B(i));
    return {e.CallWord(offset, {key, e.AddressOf(e.A(i))})};
  })[0];
  SetRowList(e, i, address, e.b().CreateICmpNE(address, e.Word(0)), ok);
}

/// There is an element, and its list is no fault.
Value* HasElement(Emitter& e, const Lowered& row) {
  return e.Both(row.ok, e.b().CreateICmpNE(e.Length(row), e.Word(0)));
}

Value* ElementOf(Emitter& e, const Lowered& row) {
  return e.b().CreateIntToPtr(e.Lo(row), e.b().getPtrTy());
}

/// Whether the bit of slot b is set in a half of the element's first slot; a scalar has no mask.
void SetMasked(Emitter& e, uint32_t i, uint64_t half, bool of_scalar) {
  llvm::IRBuilder<>& b = e.b();
  Value* there = HasElement(e, e.A(i));
  if (e.program().types[ElementType(e, i)].kind != TypeKind::kRecord) {
    return e.SetBool(i, b.getInt1(of_scalar), there);
  }
  Value* mask = e.GuardedWords(there, [&]() -> Emitter::Words {
    return {e.LoadWord(ElementOf(e, e.A(i)), half)};
  })[0];
  e.SetBool(i, e.TestBits(mask, uint64_t{1} << e.inst(i).b), there);
}

}  // namespace

void LowerListFirst(Emitter& e, uint32_t i) {
  const Lowered& list = e.A(i);
  SetRowList(e, i, e.Lo(list), e.b().CreateICmpNE(e.Length(list), e.Word(0)), list.ok);
}

void LowerListLast(Emitter& e, uint32_t i) {
  llvm::IRBuilder<>& b = e.b();
  const Lowered& list = e.A(i);
  Value* count = e.Length(list);
  Value* some = b.CreateICmpNE(count, e.Word(0));
  const uint64_t bytes = sizeof(Slot) * SlotsOf(e.program(), e.TypeOf(i).element);
  Value* skipped = b.CreateMul(b.CreateSub(count, e.Word(1)), e.Word(bytes));
  Value* last = b.CreateAdd(e.Lo(list), b.CreateSelect(some, skipped, e.Word(0)));
  SetRowList(e, i, last, some, list.ok);
}

void LowerListSome(Emitter& e, uint32_t i) {
  e.SetBool(i, e.b().CreateICmpNE(e.Length(e.A(i)), e.Word(0)), e.A(i).ok);
}

void LowerMapWord(Emitter& e, uint32_t i) { SetFound(e, i, offsetof(CallOuts, map_word), true); }
void LowerMapStr(Emitter& e, uint32_t i) { SetFound(e, i, offsetof(CallOuts, map_str), false); }

void LowerRow(Emitter& e, uint32_t i) {
  llvm::IRBuilder<>& b = e.b();
  const uint64_t at = sizeof(Slot) * e.inst(i).b;
  const bool record = e.program().types[ElementType(e, i)].kind == TypeKind::kRecord;
  Value* there = HasElement(e, e.A(i));
  const Emitter::Words words = e.GuardedWords(there, [&] {
    Value* element = ElementOf(e, e.A(i));
    Emitter::Words read = {e.LoadWord(element, at), e.LoadWord(element, at + offsetof(Slot, hi))};
    if (record) read.push_back(e.LoadWord(element, 0));
    return read;
  });
  Value* ok = there;
  if (record) ok = b.CreateAnd(ok, e.TestBits(words[2], uint64_t{1} << e.inst(i).b));
  if (e.ClassOf(i) == ValueClass::kBool) {
    return e.SetBool(i, b.CreateICmpNE(words[0], e.Word(0)), ok);
  }
  e.Set(i, {.lo = words[0], .hi = words[1], .ok = ok});
}

void LowerRowPresent(Emitter& e, uint32_t i) { SetMasked(e, i, offsetof(Slot, lo), true); }
void LowerRowNull(Emitter& e, uint32_t i) { SetMasked(e, i, offsetof(Slot, hi), false); }

}  // namespace cap::jit
