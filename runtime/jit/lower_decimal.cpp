// Handlers of decimals: i128 adds, subtracts and compares in place; a product is of two factors of
// 64 bits, so that no target needs a library function for it. Sets of them are call-outs' work.
#include <llvm/IR/Intrinsics.h>

#include "runtime/jit/emitter.h"

namespace cap::jit {
namespace {

using llvm::Value;

Value* Wide(Emitter& e, const Lowered& decimal) {
  llvm::IRBuilder<>& b = e.b();
  Value* low = b.CreateZExt(e.Lo(decimal), b.getInt128Ty());
  Value* high = b.CreateZExt(e.Hi(decimal), b.getInt128Ty());
  return b.CreateOr(low, b.CreateShl(high, 64));
}

void SetWide(Emitter& e, uint32_t i, Value* value, Value* ok) {
  llvm::IRBuilder<>& b = e.b();
  e.Set(i, {.lo = b.CreateTrunc(value, b.getInt64Ty()),
            .hi = b.CreateTrunc(b.CreateLShr(value, 64), b.getInt64Ty()),
            .ok = ok});
}

void SetChecked(Emitter& e, uint32_t i, llvm::Intrinsic::ID intrinsic) {
  llvm::IRBuilder<>& b = e.b();
  Value* pair = b.CreateBinaryIntrinsic(intrinsic, Wide(e, e.A(i)), Wide(e, e.B(i)));
  Value* fits = b.CreateNot(b.CreateExtractValue(pair, 1));
  SetWide(e, i, b.CreateExtractValue(pair, 0), e.Both(e.OperandsOk(i), fits));
}

void SetCallOut(Emitter& e, uint32_t i, uint64_t offset) {
  Value* ok = e.OperandsOk(i);
  Value* truth =
      e.Guarded(ok, [&] { return e.CallOut(offset, {e.AddressOf(e.A(i)), e.AddressOf(e.B(i))}); });
  e.SetBool(i, truth, ok);
}

}  // namespace

void LowerDecEq(Emitter& e, uint32_t i) {
  llvm::IRBuilder<>& b = e.b();
  Value* low = b.CreateXor(e.Lo(e.A(i)), e.Lo(e.B(i)));
  Value* high = b.CreateXor(e.Hi(e.A(i)), e.Hi(e.B(i)));
  e.SetBool(i, b.CreateICmpEQ(b.CreateOr(low, high), e.Word(0)), e.OperandsOk(i));
}

void LowerDecLt(Emitter& e, uint32_t i) {
  e.SetBool(i, e.b().CreateICmpSLT(Wide(e, e.A(i)), Wide(e, e.B(i))), e.OperandsOk(i));
}

void LowerDecAdd(Emitter& e, uint32_t i) { SetChecked(e, i, llvm::Intrinsic::sadd_with_overflow); }
void LowerDecSub(Emitter& e, uint32_t i) { SetChecked(e, i, llvm::Intrinsic::ssub_with_overflow); }

void LowerDecMul(Emitter& e, uint32_t i) {
  llvm::IRBuilder<>& b = e.b();
  Value* factor = e.Lo(e.A(i));
  Value* fits = b.CreateICmpEQ(e.Hi(e.A(i)), b.CreateAShr(factor, 63));
  Value* product = b.CreateMul(b.CreateSExt(factor, b.getInt128Ty()),
                               b.CreateSExt(e.Lo(e.B(i)), b.getInt128Ty()));
  SetWide(e, i, product, e.Both(e.OperandsOk(i), fits));
}

void LowerDecIn(Emitter& e, uint32_t i) { SetCallOut(e, i, offsetof(CallOuts, dec_in)); }
void LowerDecSubset(Emitter& e, uint32_t i) { SetCallOut(e, i, offsetof(CallOuts, dec_subset)); }
void LowerDecDisjoint(Emitter& e, uint32_t i) {
  SetCallOut(e, i, offsetof(CallOuts, dec_disjoint));
}

}  // namespace cap::jit
