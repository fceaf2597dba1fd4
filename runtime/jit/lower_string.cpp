// Handlers of strings. Equality compares length and hash at once, then bytes; the rest calls out.
#include "runtime/jit/emitter.h"

namespace cap::jit {
namespace {

void SetCallOut(Emitter& e, uint32_t i, uint64_t offset) {
  llvm::Value* ok = e.OperandsOk(i);
  llvm::Value* truth =
      e.Guarded(ok, [&] { return e.CallOut(offset, {e.AddressOf(e.A(i)), e.AddressOf(e.B(i))}); });
  e.SetBool(i, truth, ok);
}

void SetPart(Emitter& e, uint32_t i, llvm::Function* helper) {
  llvm::Value* ok = e.OperandsOk(i);
  llvm::Value* truth = e.Guarded(ok, [&] {
    return e.CallHelper(helper, {e.Lo(e.A(i)), e.Hi(e.A(i)), e.Lo(e.B(i)), e.Hi(e.B(i)),
                                 e.inputs().frame, e.inputs().calls});
  });
  e.SetBool(i, truth, ok);
}

}  // namespace

void LowerStrEq(Emitter& e, uint32_t i) {
  llvm::Value* ok = e.OperandsOk(i);
  llvm::Value* same_hi = e.b().CreateICmpEQ(e.Hi(e.A(i)), e.Hi(e.B(i)));
  llvm::Value* equal = e.Guarded(e.Both(ok, same_hi), [&] { return e.BytesEqual(e.A(i), e.B(i)); });
  e.SetBool(i, equal, ok);
}

void LowerStrLt(Emitter& e, uint32_t i) {
  llvm::Value* ok = e.OperandsOk(i);
  llvm::Value* truth = e.Guarded(ok, [&] {
    return e.CallHelper(e.helpers().str_less, {e.inputs().frame, e.AddressOf(e.A(i)),
                                               e.inputs().calls, e.AddressOf(e.B(i))});
  });
  e.SetBool(i, truth, ok);
}
void LowerStrPrefix(Emitter& e, uint32_t i) { SetPart(e, i, e.helpers().str_prefix); }
void LowerStrSuffix(Emitter& e, uint32_t i) { SetPart(e, i, e.helpers().str_suffix); }
void LowerStrContains(Emitter& e, uint32_t i) {
  SetCallOut(e, i, offsetof(CallOuts, str_contains));
}

void LowerStrMatches(Emitter& e, uint32_t i) { SetCallOut(e, i, offsetof(CallOuts, str_matches)); }

void LowerStrSize(Emitter& e, uint32_t i) { e.Set(i, {.lo = e.Length(e.A(i)), .ok = e.A(i).ok}); }

// The header before the bytes holds where the domain starts and its hash (slot.h, EmailDomainOf).
// A slot that is absent points nowhere, so that the header is read only of a present one.
void LowerEmailDomain(Emitter& e, uint32_t i) {
  llvm::IRBuilder<>& b = e.b();
  const Lowered& email = e.A(i);
  llvm::BasicBlock* from = b.GetInsertBlock();
  llvm::BasicBlock* join = nullptr;
  if (email.ok != nullptr) {
    llvm::BasicBlock* read = e.NewBlock("email");
    join = e.NewBlock("join");
    b.CreateCondBr(email.ok, read, join);
    b.SetInsertPoint(read);
  }
  llvm::Value* bytes = b.CreateIntToPtr(e.Lo(email), b.getPtrTy());
  auto field = [&](size_t offset) {
    llvm::Value* address = e.Offset(bytes, offset - sizeof(EmailHeader));
    return b.CreateZExt(b.CreateAlignedLoad(b.getInt32Ty(), address, llvm::Align(1)),
                        b.getInt64Ty());
  };
  llvm::Value* offset = field(offsetof(EmailHeader, domain_offset));
  llvm::Value* hash = field(offsetof(EmailHeader, domain_hash));
  llvm::Value* length = b.CreateAnd(b.CreateSub(e.Length(email), offset), e.Word(0xFFFF'FFFF));
  Lowered domain{.lo = b.CreateAdd(e.Lo(email), offset),
                 .hi = b.CreateOr(length, b.CreateShl(hash, 32)),
                 .ok = email.ok};
  if (join != nullptr) {
    llvm::BasicBlock* read = b.GetInsertBlock();
    b.CreateBr(join);
    b.SetInsertPoint(join);
    for (llvm::Value** half : {&domain.lo, &domain.hi}) {
      llvm::PHINode* phi = b.CreatePHI(b.getInt64Ty(), 2);
      phi->addIncoming(e.Word(0), from);
      phi->addIncoming(*half, read);
      *half = phi;
    }
  }
  e.Set(i, domain);
}

}  // namespace cap::jit
