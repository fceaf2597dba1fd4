// The loop of a fold. It runs over every element: a fault is noted, not left by, since faults are
// rare and a branch an element is not free.
#include <llvm/IR/Intrinsics.h>

#include "runtime/jit/emitter.h"
#include "runtime/program/layout.h"

namespace cap::jit {
namespace {

using llvm::Value;

// Values that are carried from one element to the next: what was before the first one, and what a
// turn makes of them.
class Loop {
 public:
  Loop(Emitter& e, uint32_t fold) : e_(e), b_(e.b()), i_(fold) {}

  // Everything before the body. Afterwards Carry() declares values, before Body().
  void Open() {
    const Lowered& list = e_.A(i_);
    ok_ = list.ok;
    const TypeIndex element = e_.TypeOf(e_.inst(i_).a).element;
    stride_ = sizeof(Slot) * SlotsOf(e_.program(), element);
    Value* count = e_.Length(list);
    // A list that is absent has no elements to look at; Close() says that the result is a fault.
    if (ok_ != nullptr) count = b_.CreateSelect(ok_, count, e_.Word(0));
    Value* first = b_.CreateIntToPtr(e_.Lo(list), b_.getPtrTy());
    before_ = b_.GetInsertBlock();
    head_ = e_.NewBlock("element");
    done_ = e_.NewBlock("done");
    b_.CreateCondBr(b_.CreateICmpEQ(count, e_.Word(0)), done_, head_);
    b_.SetInsertPoint(head_);
    at_ = b_.CreatePHI(b_.getPtrTy(), 2);
    left_ = b_.CreatePHI(b_.getInt64Ty(), 2);
    at_->addIncoming(first, before_);
    left_->addIncoming(count, before_);
    e_.ElementOf(i_) = {at_, e_.program().types[element].kind == TypeKind::kRecord};
    fine_ = Carry(b_.getTrue());
  }

  size_t Carry(Value* start) {
    llvm::PHINode* phi = b_.CreatePHI(start->getType(), 2);
    phi->addIncoming(start, before_);
    carried_.push_back({.start = start, .now = phi, .next = nullptr});
    return carried_.size() - 1;
  }
  Value* Now(size_t value) const { return carried_[value].now; }
  void Next(size_t value, Value* next) { carried_[value].next = next; }

  const Lowered& Body() {
    e_.Emit(i_ + 1, i_ + 1 + e_.inst(i_).b);
    return e_.At(e_.ResultOf(i_));
  }
  /// The element is as it must be; null = always.
  void Require(Value* condition) { all_ = e_.Both(all_, condition); }

  // Ends the turn. Afterwards After() gives what was carried out of the last one.
  void Close() {
    Next(fine_, all_ == nullptr ? Now(fine_) : b_.CreateAnd(Now(fine_), all_));
    Value* left = b_.CreateSub(left_, e_.Word(1));
    llvm::BasicBlock* last = b_.GetInsertBlock();
    at_->addIncoming(e_.Offset(at_, stride_), last);
    left_->addIncoming(left, last);
    for (const Carried& value : carried_) value.now->addIncoming(value.next, last);
    b_.CreateCondBr(b_.CreateICmpEQ(left, e_.Word(0)), done_, head_);
    b_.SetInsertPoint(done_);
    for (Carried& value : carried_) {
      llvm::PHINode* phi = b_.CreatePHI(value.start->getType(), 2);
      phi->addIncoming(value.start, before_);
      phi->addIncoming(value.next, last);
      value.now = phi;
    }
    ok_ = e_.Both(ok_, Now(fine_));
  }
  Value* After(size_t value) const { return Now(value); }
  /// The list is there, and no element was a fault.
  Value* ok() const { return ok_; }

 private:
  struct Carried {
    Value* start = nullptr;
    llvm::PHINode* now = nullptr;
    Value* next = nullptr;
  };

  Emitter& e_;
  llvm::IRBuilder<>& b_;
  uint32_t i_;
  uint64_t stride_ = 0;
  Value* ok_ = nullptr;
  Value* all_ = nullptr;
  size_t fine_ = 0;
  std::vector<Carried> carried_;
  llvm::BasicBlock* before_ = nullptr;
  llvm::BasicBlock* head_ = nullptr;
  llvm::BasicBlock* done_ = nullptr;
  llvm::PHINode* at_ = nullptr;
  llvm::PHINode* left_ = nullptr;
};

Value* Zero(Emitter& e) { return llvm::ConstantInt::get(e.b().getInt128Ty(), 0); }
Value* Low(Emitter& e, Value* wide) { return e.b().CreateTrunc(wide, e.b().getInt64Ty()); }
Value* FitsWord(Emitter& e, Value* wide) {
  return e.b().CreateICmpEQ(e.b().CreateSExt(Low(e, wide), e.b().getInt128Ty()), wide);
}

// Adds up words in 128 bits, which at most limits::kElementsMax of them cannot fill.
void AddWord(Emitter& e, Loop& loop, size_t sum, const Lowered& body) {
  Value* term = e.b().CreateSExt(e.Lo(body), e.b().getInt128Ty());
  loop.Next(sum, e.b().CreateAdd(loop.Now(sum), term));
  loop.Require(body.ok);
}

}  // namespace

void LowerCount(Emitter& e, uint32_t i) {
  llvm::IRBuilder<>& b = e.b();
  Loop loop(e, i);
  loop.Open();
  const size_t count = loop.Carry(e.Word(0));
  const Lowered& body = loop.Body();
  loop.Next(count, b.CreateAdd(loop.Now(count), b.CreateZExt(body.t, b.getInt64Ty())));
  loop.Require(b.CreateOr(body.t, body.f));
  loop.Close();
  e.Set(i, {.lo = loop.After(count), .ok = loop.ok()});
}

void LowerIntSum(Emitter& e, uint32_t i) {
  Loop loop(e, i);
  loop.Open();
  const size_t sum = loop.Carry(Zero(e));
  AddWord(e, loop, sum, loop.Body());
  loop.Close();
  Value* whole = loop.After(sum);
  e.Set(i, {.lo = Low(e, whole), .ok = e.Both(loop.ok(), FitsWord(e, whole))});
}

void LowerMoneySum(Emitter& e, uint32_t i) {
  llvm::IRBuilder<>& b = e.b();
  const uint32_t known = e.TypeOf(i).currency;
  Loop loop(e, i);
  loop.Open();
  const size_t sum = loop.Carry(Zero(e));
  const size_t currency = loop.Carry(e.Word(known));  // 0: not known yet
  const Lowered& body = loop.Body();
  AddWord(e, loop, sum, body);
  const Type& type = e.TypeOf(e.ResultOf(i));
  if (known != 0 && type.form == MoneyForm::kFixed && type.currency == known) {
    loop.Next(currency, e.Word(known));
  } else {
    Value* own = e.Hi(body);
    Value* unknown = b.CreateICmpEQ(loop.Now(currency), e.Word(0));
    loop.Require(b.CreateOr(unknown, b.CreateICmpEQ(loop.Now(currency), own)));
    loop.Next(currency, own);
  }
  loop.Close();
  Value* whole = loop.After(sum);
  Value* ok = e.Both(loop.ok(), FitsWord(e, whole));
  if (!e.TypeOf(i).is_signed) ok = e.Both(ok, b.CreateICmpSGE(whole, Zero(e)));
  if (known == 0) ok = e.Both(ok, b.CreateICmpNE(loop.After(currency), e.Word(0)));
  e.Set(i, {.lo = Low(e, whole), .hi = loop.After(currency), .ok = ok});
}

// What wraps over 128 bits is counted, so that only the whole must fit.
void LowerDecSum(Emitter& e, uint32_t i) {
  llvm::IRBuilder<>& b = e.b();
  Loop loop(e, i);
  loop.Open();
  const size_t sum = loop.Carry(Zero(e));
  const size_t wraps = loop.Carry(e.Word(0));
  const Lowered& body = loop.Body();
  Value* high = e.Hi(body);
  Value* term = b.CreateOr(b.CreateZExt(e.Lo(body), b.getInt128Ty()),
                           b.CreateShl(b.CreateZExt(high, b.getInt128Ty()), 64));
  Value* pair = b.CreateBinaryIntrinsic(llvm::Intrinsic::sadd_with_overflow, loop.Now(sum), term);
  Value* one = b.CreateSelect(b.CreateICmpSLT(high, e.Word(0)), e.Word(~uint64_t{0}), e.Word(1));
  Value* step = b.CreateSelect(b.CreateExtractValue(pair, 1), one, e.Word(0));
  loop.Next(sum, b.CreateExtractValue(pair, 0));
  loop.Next(wraps, b.CreateAdd(loop.Now(wraps), step));
  loop.Require(body.ok);
  loop.Close();
  Value* whole = loop.After(sum);
  e.Set(i, {.lo = Low(e, whole),
            .hi = Low(e, b.CreateLShr(whole, 64)),
            .ok = e.Both(loop.ok(), b.CreateICmpEQ(loop.After(wraps), e.Word(0)))});
}

}  // namespace cap::jit
