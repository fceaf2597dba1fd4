// Handlers of the opcodes that bring values in: constants, slots, elements, header fields.
#include "runtime/jit/emitter.h"

namespace cap::jit {

void LowerConst(Emitter& e, uint32_t i) {
  e.SetSlot(i, e.Offset(e.Consts(), sizeof(Slot) * e.inst(i).a), nullptr);
}

void LowerLoad(Emitter& e, uint32_t i) {
  const uint32_t slot = e.inst(i).a;
  llvm::Value* ok = e.AlwaysPresent(slot) ? nullptr : e.PresentBit(slot);
  e.SetSlot(i, e.Offset(e.inputs().frame, sizeof(FrameHeader) + sizeof(Slot) * slot), ok);
}

void LowerPresent(Emitter& e, uint32_t i) {
  const uint32_t slot = e.inst(i).a;
  Lowered value;
  llvm::Value* present = e.PresentBit(slot);
  if (e.Needs(i, kTrueRail)) value.t = present;
  if (e.Needs(i, kFalseRail)) {
    llvm::Value* given = e.NeverPoisoned() ? present : e.b().CreateOr(present, e.PoisonBit(slot));
    value.f = e.b().CreateNot(given);
  }
  e.Set(i, value);
}

void LowerNull(Emitter& e, uint32_t i) {
  const uint32_t slot = e.inst(i).a;
  const uint64_t place = sizeof(FrameHeader) + sizeof(Slot) * slot;
  llvm::Value* mark = e.LoadWord(e.inputs().frame, place + offsetof(Slot, lo));
  llvm::Value* marked = e.b().CreateICmpEQ(mark, e.Word(kNullSlot.lo));
  llvm::Value* given = e.b().CreateAnd(marked, e.b().CreateNot(e.PresentBit(slot)));
  e.SetBool(i, given, e.NeverPoisoned() ? nullptr : e.b().CreateNot(e.PoisonBit(slot)));
}

void LowerNow(Emitter& e, uint32_t i) {
  e.Set(i, {.lo = e.LoadWord(e.inputs().frame, offsetof(FrameHeader, now_us))});
}

void LowerElement(Emitter& e, uint32_t i) {
  const Emitter::Element& element = e.ElementOf(e.inst(i).a);
  const uint32_t field = e.inst(i).b;
  llvm::Value* ok = nullptr;
  if (element.is_record) ok = e.TestBits(e.LoadWord(element.address, 0), uint64_t{1} << field);
  e.SetSlot(i, e.Offset(element.address, sizeof(Slot) * field), ok);
}

void LowerElementPresent(Emitter& e, uint32_t i) {
  const Emitter::Element& element = e.ElementOf(e.inst(i).a);
  llvm::Value* present =
      element.is_record ? e.TestBits(e.LoadWord(element.address, 0), uint64_t{1} << e.inst(i).b)
                        : e.b().getTrue();
  e.SetBool(i, present, nullptr);
}

void LowerElementNull(Emitter& e, uint32_t i) {
  const Emitter::Element& element = e.ElementOf(e.inst(i).a);
  if (!element.is_record) return e.SetBool(i, e.b().getFalse(), nullptr);
  llvm::Value* nulls = e.LoadWord(element.address, offsetof(Slot, hi));
  e.SetBool(i, e.TestBits(nulls, uint64_t{1} << e.inst(i).b), nullptr);
}

void LowerApproved(Emitter& e, uint32_t i) {
  llvm::Value* wanted = e.Lo(e.A(i));
  llvm::Value* approvals = e.LoadWord(e.inputs().frame, offsetof(FrameHeader, approvals));
  llvm::Value* missing = e.b().CreateAnd(wanted, e.b().CreateNot(approvals));
  llvm::Value* none_missing = e.b().CreateICmpEQ(missing, e.Word(0));
  llvm::Value* some_wanted = e.b().CreateICmpNE(wanted, e.Word(0));
  e.SetBool(i, e.b().CreateAnd(none_missing, some_wanted), e.A(i).ok);
}

}  // namespace cap::jit
