// Handlers of words, money and masks.
#include <llvm/IR/Intrinsics.h>

#include "runtime/jit/emitter.h"

namespace cap::jit {
namespace {

using llvm::Intrinsic::ID;

// A checked operation on i64: the value, and `ok` lowered where it does not fit.
Lowered Checked(Emitter& e, ID intrinsic, const Lowered& a, const Lowered& b, llvm::Value* ok) {
  llvm::Value* pair = e.b().CreateBinaryIntrinsic(intrinsic, e.Lo(a), e.Lo(b));
  llvm::Value* fits = e.b().CreateNot(e.b().CreateExtractValue(pair, 1));
  return {.lo = e.b().CreateExtractValue(pair, 0), .ok = e.Both(ok, fits)};
}

void SetChecked(Emitter& e, uint32_t i, ID intrinsic) {
  e.Set(i, Checked(e, intrinsic, e.A(i), e.B(i), e.OperandsOk(i)));
}

// Both operands are present and of one currency, which is known where their types say the same.
llvm::Value* SameCurrency(Emitter& e, uint32_t i) {
  llvm::Value* ok = e.OperandsOk(i);
  const Type& a = e.TypeOf(e.inst(i).a);
  const Type& b = e.TypeOf(e.inst(i).b);
  const bool known = a.form == MoneyForm::kFixed && b.form == MoneyForm::kFixed &&
                     a.currency != 0 && a.currency == b.currency;
  return known ? ok : e.Both(ok, e.b().CreateICmpEQ(e.Hi(e.A(i)), e.Hi(e.B(i))));
}

// Above zero, and not below it.
llvm::Value* IsCharge(Emitter& e, uint32_t i) {
  llvm::Value* above = e.b().CreateICmpSGT(e.Lo(e.A(i)), e.Word(0));
  return e.b().CreateAnd(above, e.b().CreateICmpSGE(e.Lo(e.B(i)), e.Word(0)));
}

// Members that are not declared, counted by hi, are in no constant.
bool MayHaveUndeclared(const Emitter& e, uint32_t mask) { return e.inst(mask).op != Op::kConst; }

// Money: of the left operand's currency, and not below zero unless it is signed.
void SetMoney(Emitter& e, uint32_t i, Lowered value) {
  value.hi = e.Hi(e.A(i));
  if (!e.TypeOf(i).is_signed) {
    value.ok = e.Both(value.ok, e.b().CreateICmpSGE(value.lo, e.Word(0)));
  }
  e.Set(i, value);
}

}  // namespace

void LowerWordEq(Emitter& e, uint32_t i) {
  e.SetBool(i, e.b().CreateICmpEQ(e.Lo(e.A(i)), e.Lo(e.B(i))), e.OperandsOk(i));
}

void LowerWordLt(Emitter& e, uint32_t i) {
  e.SetBool(i, e.b().CreateICmpSLT(e.Lo(e.A(i)), e.Lo(e.B(i))), e.OperandsOk(i));
}

void LowerIntAdd(Emitter& e, uint32_t i) { SetChecked(e, i, llvm::Intrinsic::sadd_with_overflow); }
void LowerIntSub(Emitter& e, uint32_t i) { SetChecked(e, i, llvm::Intrinsic::ssub_with_overflow); }
void LowerIntMul(Emitter& e, uint32_t i) { SetChecked(e, i, llvm::Intrinsic::smul_with_overflow); }

void LowerMoneyEq(Emitter& e, uint32_t i) {
  e.SetBool(i, e.b().CreateICmpEQ(e.Lo(e.A(i)), e.Lo(e.B(i))), SameCurrency(e, i));
}

void LowerMoneyLt(Emitter& e, uint32_t i) {
  e.SetBool(i, e.b().CreateICmpSLT(e.Lo(e.A(i)), e.Lo(e.B(i))), SameCurrency(e, i));
}

void LowerMoneyAdd(Emitter& e, uint32_t i) {
  SetMoney(
      e, i, Checked(e, llvm::Intrinsic::sadd_with_overflow, e.A(i), e.B(i), SameCurrency(e, i)));
}

void LowerMoneySub(Emitter& e, uint32_t i) {
  SetMoney(
      e, i, Checked(e, llvm::Intrinsic::ssub_with_overflow, e.A(i), e.B(i), SameCurrency(e, i)));
}

void LowerMoneyMul(Emitter& e, uint32_t i) {
  SetMoney(e, i,
           Checked(e, llvm::Intrinsic::smul_with_overflow, e.A(i), e.B(i), e.OperandsOk(i)));
}

void LowerWordCharge(Emitter& e, uint32_t i) { e.SetBool(i, IsCharge(e, i), e.OperandsOk(i)); }

void LowerMoneyCharge(Emitter& e, uint32_t i) { e.SetBool(i, IsCharge(e, i), SameCurrency(e, i)); }

void LowerUsable(Emitter& e, uint32_t i) { e.SetBool(i, e.b().getTrue(), e.A(i).ok); }

// INVARIANT: an enum word of a sealed frame or record is below limits::kEnumMembers. Masking the
// shift keeps it defined whatever the word is.
void LowerMaskIn(Emitter& e, uint32_t i) {
  llvm::Value* shift = e.b().CreateAnd(e.Lo(e.A(i)), e.Word(63));
  llvm::Value* bit = e.b().CreateAnd(e.b().CreateLShr(e.Lo(e.B(i)), shift), e.Word(1));
  e.SetBool(i, e.b().CreateICmpNE(bit, e.Word(0)), e.OperandsOk(i));
}

void LowerMaskSubset(Emitter& e, uint32_t i) {
  llvm::Value* outside = e.b().CreateAnd(e.Lo(e.A(i)), e.b().CreateNot(e.Lo(e.B(i))));
  if (MayHaveUndeclared(e, e.inst(i).a)) outside = e.b().CreateOr(outside, e.Hi(e.A(i)));
  e.SetBool(i, e.b().CreateICmpEQ(outside, e.Word(0)), e.OperandsOk(i));
}

void LowerMaskDisjoint(Emitter& e, uint32_t i) {
  llvm::Value* common = e.b().CreateAnd(e.Lo(e.A(i)), e.Lo(e.B(i)));
  llvm::Value* disjoint = e.b().CreateICmpEQ(common, e.Word(0));
  if (MayHaveUndeclared(e, e.inst(i).a) && MayHaveUndeclared(e, e.inst(i).b)) {
    auto none = [&](const Lowered& mask) { return e.b().CreateICmpEQ(e.Hi(mask), e.Word(0)); };
    disjoint = e.b().CreateAnd(disjoint, e.b().CreateOr(none(e.A(i)), none(e.B(i))));
  }
  e.SetBool(i, disjoint, e.OperandsOk(i));
}

void LowerMaskSize(Emitter& e, uint32_t i) {
  llvm::Value* declared = e.b().CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, e.Lo(e.A(i)));
  e.Set(i, {.lo = e.b().CreateAdd(declared, e.Hi(e.A(i))), .ok = e.A(i).ok});
}

}  // namespace cap::jit
