// Handlers of lists and open sets, and the loop of a quantifier.
#include "runtime/jit/emitter.h"
#include "runtime/program/layout.h"

namespace cap::jit {
namespace {

void SetCallOut(Emitter& e, uint32_t i, uint64_t offset) {
  llvm::Value* ok = e.OperandsOk(i);
  llvm::Value* truth =
      e.Guarded(ok, [&] { return e.CallOut(offset, {e.AddressOf(e.A(i)), e.AddressOf(e.B(i))}); });
  e.SetBool(i, truth, ok);
}

// Two sets are compared in one pass over both; other lists by the call-out.
void SetSubset(Emitter& e, uint32_t i, llvm::Function* helper, uint64_t call_out) {
  if (!e.IsSorted(e.inst(i).a) || !e.IsSorted(e.inst(i).b)) return SetCallOut(e, i, call_out);
  llvm::Value* ok = e.OperandsOk(i);
  llvm::Value* truth = e.Guarded(ok, [&] {
    llvm::SmallVector<llvm::Value*, 6> arguments = {e.Lo(e.A(i)), e.Hi(e.A(i)), e.Lo(e.B(i)),
                                                    e.Hi(e.B(i))};
    if (helper->arg_size() > arguments.size()) {
      arguments.append({e.inputs().frame, e.inputs().calls});
    }
    return e.CallHelper(helper, arguments);
  });
  e.SetBool(i, truth, ok);
}

TypeIndex ElementType(const Emitter& e, uint32_t quantifier) {
  return e.TypeOf(e.inst(quantifier).a).element;
}

// One loop for both quantifiers. `any` stops at the first true element, `all` at the first false
// one: call that rail `decisive` and the other one `other`. The result has `decisive` if some
// element has; it has `other` if every element has, and it is a fault otherwise.
class Loop {
 public:
  Loop(Emitter& e, uint32_t quantifier) : e_(e), b_(e.b()), i_(quantifier) {
    is_any_ = e.inst(i_).op == Op::kAny;
    decisive_ = e.Needs(i_, is_any_ ? kTrueRail : kFalseRail);
    other_ = e.Needs(i_, is_any_ ? kFalseRail : kTrueRail);
  }

  void Emit() {
    const Lowered list = e_.A(i_);
    Head(list);
    Body();
    Tail();
    Result(list.ok);
  }

 private:
  void Head(const Lowered& list) {
    const TypeIndex element = ElementType(e_, i_);
    stride_ = sizeof(Slot) * SlotsOf(e_.program(), element);
    llvm::Value* count = e_.Length(list);
    // A list that is absent has no elements to look at; Result() then lets no rail stand.
    if (list.ok != nullptr) count = b_.CreateSelect(list.ok, count, e_.Word(0));
    llvm::Value* first = b_.CreateIntToPtr(e_.Lo(list), b_.getPtrTy());
    before_ = b_.GetInsertBlock();
    head_ = e_.NewBlock("element");
    done_ = e_.NewBlock("done");
    b_.CreateCondBr(b_.CreateICmpEQ(count, e_.Word(0)), done_, head_);
    b_.SetInsertPoint(head_);
    at_ = b_.CreatePHI(b_.getPtrTy(), 2);
    left_ = b_.CreatePHI(b_.getInt64Ty(), 2);
    at_->addIncoming(first, before_);
    left_->addIncoming(count, before_);
    if (decisive_ && other_) {
      every_ = b_.CreatePHI(b_.getInt1Ty(), 2);
      every_->addIncoming(b_.getTrue(), before_);
    }
    e_.ElementOf(i_) = {at_, e_.program().types[element].kind == TypeKind::kRecord};
  }

  void Body() {
    e_.Emit(i_ + 1, i_ + 1 + e_.inst(i_).b);
    const Lowered& result = e_.At(e_.ResultOf(i_));
    llvm::Value* decides = is_any_ ? result.t : result.f;
    llvm::Value* agrees = is_any_ ? result.f : result.t;
    // With one rail asked the loop ends where that rail is settled.
    stop_ = decisive_ ? decides : b_.CreateNot(agrees);
    if (every_ != nullptr) every_next_ = b_.CreateAnd(every_, agrees);
  }

  void Tail() {
    stopped_ = b_.GetInsertBlock();
    llvm::BasicBlock* next = e_.NewBlock("next");
    b_.CreateCondBr(stop_, done_, next);
    b_.SetInsertPoint(next);
    llvm::Value* left = b_.CreateSub(left_, e_.Word(1));
    at_->addIncoming(e_.Offset(at_, stride_), next);
    left_->addIncoming(left, next);
    if (every_ != nullptr) every_->addIncoming(every_next_, next);
    b_.CreateCondBr(b_.CreateICmpEQ(left, e_.Word(0)), done_, head_);
    next_ = next;
  }

  llvm::Value* Merge(llvm::Value* empty, llvm::Value* stopped, llvm::Value* ended) {
    llvm::PHINode* phi = b_.CreatePHI(b_.getInt1Ty(), 3);
    phi->addIncoming(empty, before_);
    phi->addIncoming(stopped, stopped_);
    phi->addIncoming(ended, next_);
    return phi;
  }

  void Result(llvm::Value* ok) {
    b_.SetInsertPoint(done_);
    llvm::Value* yes = b_.getTrue();
    llvm::Value* no = b_.getFalse();
    llvm::Value* decisive = decisive_ ? Merge(no, yes, no) : nullptr;
    llvm::Value* other = nullptr;
    if (other_) {
      other = Merge(yes, no, every_ != nullptr ? every_next_ : yes);
      if (ok != nullptr) other = b_.CreateAnd(ok, other);
    }
    e_.Set(i_, is_any_ ? Lowered{.t = decisive, .f = other} : Lowered{.t = other, .f = decisive});
  }

  Emitter& e_;
  llvm::IRBuilder<>& b_;
  uint32_t i_;
  bool is_any_ = false;
  bool decisive_ = false;  // which rails are needed
  bool other_ = false;
  uint64_t stride_ = 0;
  llvm::BasicBlock* before_ = nullptr;
  llvm::BasicBlock* head_ = nullptr;
  llvm::BasicBlock* stopped_ = nullptr;
  llvm::BasicBlock* next_ = nullptr;
  llvm::BasicBlock* done_ = nullptr;
  llvm::PHINode* at_ = nullptr;
  llvm::PHINode* left_ = nullptr;
  llvm::PHINode* every_ = nullptr;  // with both rails: every element so far has `other`
  llvm::Value* every_next_ = nullptr;
  llvm::Value* stop_ = nullptr;
};

}  // namespace

void RequireEach(Emitter& e, llvm::ArrayRef<uint32_t> quantifiers, llvm::BasicBlock* otherwise) {
  llvm::IRBuilder<>& b = e.b();
  const TypeIndex element = ElementType(e, quantifiers.front());
  const bool is_record = e.program().types[element].kind == TypeKind::kRecord;
  const uint64_t stride = sizeof(Slot) * SlotsOf(e.program(), element);
  const Lowered& list = e.A(quantifiers.front());
  llvm::Value* count = e.Length(list);
  llvm::Value* first = b.CreateIntToPtr(e.Lo(list), b.getPtrTy());
  llvm::BasicBlock* before = b.GetInsertBlock();
  llvm::BasicBlock* head = e.NewBlock("element");
  llvm::BasicBlock* done = e.NewBlock("done");
  b.CreateCondBr(b.CreateICmpEQ(count, e.Word(0)), done, head);
  b.SetInsertPoint(head);
  llvm::PHINode* at = b.CreatePHI(b.getPtrTy(), 2);
  llvm::PHINode* left = b.CreatePHI(b.getInt64Ty(), 2);
  for (uint32_t quantifier : quantifiers) {
    e.ElementOf(quantifier) = {at, is_record};
    e.Emit(quantifier + 1, quantifier + 1 + e.inst(quantifier).b);
    const Lowered& result = e.At(e.ResultOf(quantifier));
    llvm::BasicBlock* holds = e.NewBlock("holds");
    b.CreateCondBr(e.inst(quantifier).op == Op::kAny ? result.f : result.t, holds, otherwise);
    b.SetInsertPoint(holds);
  }
  llvm::Value* rest = b.CreateSub(left, e.Word(1));
  at->addIncoming(first, before);
  at->addIncoming(e.Offset(at, stride), b.GetInsertBlock());
  left->addIncoming(count, before);
  left->addIncoming(rest, b.GetInsertBlock());
  b.CreateCondBr(b.CreateICmpEQ(rest, e.Word(0)), done, head);
  b.SetInsertPoint(done);
}

void LowerListSize(Emitter& e, uint32_t i) { e.Set(i, {.lo = e.Length(e.A(i)), .ok = e.A(i).ok}); }

void LowerWordIn(Emitter& e, uint32_t i) {
  llvm::Value* ok = e.OperandsOk(i);
  llvm::Value* truth = e.Guarded(ok, [&] {
    return e.CallHelper(e.helpers().word_in, {e.Lo(e.A(i)), e.Lo(e.B(i)), e.Hi(e.B(i))});
  });
  e.SetBool(i, truth, ok);
}

void LowerStrIn(Emitter& e, uint32_t i) {
  llvm::Value* ok = e.OperandsOk(i);
  llvm::Value* truth = e.Guarded(ok, [&] {
    return e.CallHelper(e.helpers().str_in, {e.Lo(e.A(i)), e.Hi(e.A(i)), e.Lo(e.B(i)), e.Hi(e.B(i)),
                                             e.inputs().frame, e.inputs().calls});
  });
  e.SetBool(i, truth, ok);
}

void LowerWordSubset(Emitter& e, uint32_t i) {
  SetSubset(e, i, e.helpers().word_subset, offsetof(CallOuts, word_subset));
}
void LowerStrSubset(Emitter& e, uint32_t i) {
  SetSubset(e, i, e.helpers().str_subset, offsetof(CallOuts, str_subset));
}

void LowerWordDisjoint(Emitter& e, uint32_t i) {
  SetCallOut(e, i, offsetof(CallOuts, word_disjoint));
}
void LowerStrDisjoint(Emitter& e, uint32_t i) {
  llvm::Value* ok = e.OperandsOk(i);
  llvm::Value* truth = e.Guarded(ok, [&] {
    return e.CallHelper(e.helpers().str_disjoint, {e.inputs().frame, e.AddressOf(e.A(i)),
                                                   e.inputs().calls, e.AddressOf(e.B(i))});
  });
  e.SetBool(i, truth, ok);
}

void LowerAny(Emitter& e, uint32_t i) { Loop(e, i).Emit(); }
void LowerAll(Emitter& e, uint32_t i) { Loop(e, i).Emit(); }

}  // namespace cap::jit
