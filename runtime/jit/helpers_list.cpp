// Searches in lists and sets. Kept as functions, which the inliner copies into `admit` where they
// are hot, so that lowering and `explain` stay small.
#include <llvm/IR/IRBuilder.h>

#include "runtime/jit/function.h"

namespace cap::jit {
namespace {

using llvm::BasicBlock;
using llvm::Value;

// What the emitters below share: a builder, and lists as first element and end.
class Search {
 public:
  Search(llvm::Function* function, llvm::Function* bytes_equal)
      : function_(function), bytes_equal_(bytes_equal), b_(&function->getEntryBlock()) {}

  BasicBlock* NewBlock(const char* name) {
    return BasicBlock::Create(b_.getContext(), name, function_);
  }
  Value* Argument(unsigned i) { return function_->getArg(i); }
  Value* Plus(Value* base, uint64_t bytes) {
    return b_.CreateGEP(b_.getInt8Ty(), base, b_.getInt64(bytes));
  }
  Value* Load(Value* base, uint64_t bytes) {
    return b_.CreateAlignedLoad(b_.getInt64Ty(), Plus(base, bytes), llvm::Align(8));
  }
  Value* Pointer(Value* word) { return b_.CreateIntToPtr(word, b_.getPtrTy()); }
  // Of a list given as the two words of its slot.
  Value* EndOf(Value* first, Value* hi) {
    Value* count = b_.CreateAnd(hi, b_.getInt64(0xFFFF'FFFF));
    return b_.CreateGEP(b_.getInt8Ty(), first, b_.CreateShl(count, 4));
  }
  void Return(BasicBlock* block, bool result) {
    b_.SetInsertPoint(block);
    b_.CreateRet(b_.getInt1(result));
  }

  // Goes to `same` if the strings are equal, else to `other`. The hash and length come first.
  // Arguments 4 and 5 are frame and call-outs.
  void CompareText(Value* x_lo, Value* x_hi, Value* y, BasicBlock* same, BasicBlock* other) {
    BasicBlock* bytes = NewBlock("bytes");
    b_.CreateCondBr(b_.CreateICmpEQ(x_hi, Load(y, offsetof(Slot, hi))), bytes, other);
    b_.SetInsertPoint(bytes);
    Value* length = b_.CreateAnd(x_hi, b_.getInt64(0xFFFF'FFFF));
    Value* equal =
        b_.CreateCall(bytes_equal_, {Argument(4), x_lo, Argument(5), Load(y, 0), length});
    b_.CreateCondBr(equal, same, other);
  }

  // A pointer that starts at `first`, in `head`, which becomes the current block.
  llvm::PHINode* Walk(Value* first, BasicBlock* head) {
    BasicBlock* from = b_.GetInsertBlock();
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    llvm::PHINode* at = b_.CreatePHI(b_.getPtrTy(), 2);
    at->addIncoming(first, from);
    return at;
  }

  llvm::IRBuilder<>& b() { return b_; }

 private:
  llvm::Function* function_;
  llvm::Function* bytes_equal_;
  llvm::IRBuilder<> b_;
};

// Scans [first, end) for the text; goes to `found` or `missing`.
void ScanText(Search& s, Value* x_lo, Value* x_hi, Value* first, Value* end, BasicBlock* found,
              BasicBlock* missing) {
  llvm::IRBuilder<>& b = s.b();
  BasicBlock* head = s.NewBlock("scan");
  BasicBlock* look = s.NewBlock("look");
  BasicBlock* next = s.NewBlock("next");
  llvm::PHINode* at = s.Walk(first, head);
  b.CreateCondBr(b.CreateICmpEQ(at, end), missing, look);
  b.SetInsertPoint(look);
  s.CompareText(x_lo, x_hi, at, found, next);
  b.SetInsertPoint(next);
  at->addIncoming(s.Plus(at, sizeof(Slot)), next);
  b.CreateBr(head);
}

// (text lo, text hi, list lo, list hi, frame, calls)
void EmitStrIn(Search s) {
  Value* first = s.Pointer(s.Argument(2));
  Value* end = s.EndOf(first, s.Argument(3));
  BasicBlock* found = s.NewBlock("found");
  BasicBlock* missing = s.NewBlock("missing");
  ScanText(s, s.Argument(0), s.Argument(1), first, end, found, missing);
  s.Return(found, true);
  s.Return(missing, false);
}

// (word, list lo, list hi)
void EmitWordIn(Search s) {
  llvm::IRBuilder<>& b = s.b();
  Value* first = s.Pointer(s.Argument(1));
  Value* end = s.EndOf(first, s.Argument(2));
  BasicBlock* found = s.NewBlock("found");
  BasicBlock* missing = s.NewBlock("missing");
  BasicBlock* head = s.NewBlock("scan");
  BasicBlock* look = s.NewBlock("look");
  BasicBlock* next = s.NewBlock("next");
  llvm::PHINode* at = s.Walk(first, head);
  b.CreateCondBr(b.CreateICmpEQ(at, end), missing, look);
  b.SetInsertPoint(look);
  b.CreateCondBr(b.CreateICmpEQ(s.Load(at, 0), s.Argument(0)), found, next);
  b.SetInsertPoint(next);
  at->addIncoming(s.Plus(at, sizeof(Slot)), next);
  b.CreateBr(head);
  s.Return(found, true);
  s.Return(missing, false);
}

// (left lo, left hi, right lo, right hi[, frame, calls]): two sets, which are sorted and without
// duplicates, so that the left must be a subsequence of the right.
void EmitSubset(Search s, bool texts) {
  llvm::IRBuilder<>& b = s.b();
  Value* left_first = s.Pointer(s.Argument(0));
  Value* left_end = s.EndOf(left_first, s.Argument(1));
  Value* right_first = s.Pointer(s.Argument(2));
  Value* right_end = s.EndOf(right_first, s.Argument(3));
  BasicBlock* from = s.b().GetInsertBlock();
  BasicBlock* head = s.NewBlock("left");
  BasicBlock* more = s.NewBlock("right");
  BasicBlock* look = s.NewBlock("look");
  BasicBlock* same = s.NewBlock("same");
  BasicBlock* next = s.NewBlock("next");
  BasicBlock* subset = s.NewBlock("subset");
  BasicBlock* outside = s.NewBlock("outside");
  b.CreateBr(head);
  b.SetInsertPoint(head);
  llvm::PHINode* left = b.CreatePHI(b.getPtrTy(), 2);
  llvm::PHINode* right = b.CreatePHI(b.getPtrTy(), 2);
  b.CreateCondBr(b.CreateICmpEQ(left, left_end), subset, more);
  b.SetInsertPoint(more);
  b.CreateCondBr(b.CreateICmpEQ(right, right_end), outside, look);
  b.SetInsertPoint(look);
  BasicBlock* other = s.NewBlock("other");
  if (texts) {
    s.CompareText(s.Load(left, 0), s.Load(left, offsetof(Slot, hi)), right, same, other);
  } else {
    b.CreateCondBr(b.CreateICmpEQ(s.Load(left, 0), s.Load(right, 0)), same, other);
  }
  b.SetInsertPoint(same);
  Value* after = s.Plus(left, sizeof(Slot));
  b.CreateBr(next);
  b.SetInsertPoint(other);
  b.CreateBr(next);
  b.SetInsertPoint(next);
  llvm::PHINode* left_next = b.CreatePHI(b.getPtrTy(), 2);
  left_next->addIncoming(after, same);
  left_next->addIncoming(left, other);
  left->addIncoming(left_first, from);
  left->addIncoming(left_next, next);
  right->addIncoming(right_first, from);
  right->addIncoming(s.Plus(right, sizeof(Slot)), next);
  b.CreateBr(head);
  s.Return(subset, true);
  s.Return(outside, false);
}

llvm::Function* NewHelper(llvm::Module& module, const char* name, unsigned words, bool calls) {
  llvm::LLVMContext& context = module.getContext();
  std::vector<llvm::Type*> arguments(words, llvm::Type::getInt64Ty(context));
  if (calls) arguments.insert(arguments.end(), 2, llvm::PointerType::getUnqual(context));
  llvm::Function* function = NewFunction(module, llvm::Type::getInt1Ty(context), arguments, name);
  function->setLinkage(llvm::Function::InternalLinkage);
  return function;
}

}  // namespace

void EmitListHelpers(llvm::Module& module, Helpers& helpers) {
  helpers.str_in = NewHelper(module, "str_in", 4, true);
  EmitStrIn(Search(helpers.str_in, helpers.bytes_equal));
  helpers.str_subset = NewHelper(module, "str_subset", 4, true);
  EmitSubset(Search(helpers.str_subset, helpers.bytes_equal), true);
  helpers.word_in = NewHelper(module, "word_in", 3, false);
  EmitWordIn(Search(helpers.word_in, helpers.bytes_equal));
  helpers.word_subset = NewHelper(module, "word_subset", 4, false);
  EmitSubset(Search(helpers.word_subset, helpers.bytes_equal), false);
}

}  // namespace cap::jit
