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
  // `frame`, `calls`: which arguments these are.
  // `copies`: the comparison of bytes is copied in.
  Search(llvm::Function* function, llvm::Function* bytes_equal, bool copies, unsigned frame,
         unsigned calls)
      : function_(function),
        bytes_equal_(bytes_equal),
        copies_(copies),
        frame_(frame),
        calls_(calls),
        b_(&function->getEntryBlock()) {}

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
  void CompareText(Value* x_lo, Value* x_hi, Value* y, BasicBlock* same, BasicBlock* other) {
    BasicBlock* bytes = NewBlock("bytes");
    b_.CreateCondBr(b_.CreateICmpEQ(x_hi, Load(y, offsetof(Slot, hi))), bytes, other);
    b_.SetInsertPoint(bytes);
    Value* length = b_.CreateAnd(x_hi, b_.getInt64(0xFFFF'FFFF));
    Value* equal = BytesEqual(x_lo, Load(y, 0), length);
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

  Value* BytesEqual(Value* x_lo, Value* y_lo, Value* length) {
    llvm::CallInst* call =
        b_.CreateCall(bytes_equal_, {Argument(frame_), x_lo, Argument(calls_), y_lo, length});
    if (copies_) call->addFnAttr(llvm::Attribute::AlwaysInline);
    return call;
  }
  llvm::IRBuilder<>& b() { return b_; }

 private:
  llvm::Function* function_;
  llvm::Function* bytes_equal_;
  bool copies_;
  unsigned frame_;
  unsigned calls_;
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

// (text lo, text hi, part lo, part hi, frame, calls)
void EmitPart(Search s, bool at_end) {
  llvm::IRBuilder<>& b = s.b();
  Value* text_length = b.CreateAnd(s.Argument(1), b.getInt64(0xFFFF'FFFF));
  Value* length = b.CreateAnd(s.Argument(3), b.getInt64(0xFFFF'FFFF));
  BasicBlock* fits = s.NewBlock("fits");
  BasicBlock* longer = s.NewBlock("longer");
  b.CreateCondBr(b.CreateICmpULE(length, text_length), fits, longer);
  b.SetInsertPoint(fits);
  Value* start = s.Argument(0);
  if (at_end) start = b.CreateAdd(start, b.CreateSub(text_length, length));
  b.CreateRet(s.BytesEqual(start, s.Argument(2), length));
  s.Return(longer, false);
}

// (frame, left, calls, right): any two lists. Above this many elements on the right the call-out
// is asked, which can search by halves.
constexpr uint64_t kScanCount = 16;

void EmitStrDisjoint(Search s, llvm::Function* far) {
  llvm::IRBuilder<>& b = s.b();
  Value* right = s.Argument(3);
  Value* right_hi = s.Load(right, offsetof(Slot, hi));
  Value* right_count = b.CreateAnd(right_hi, b.getInt64(0xFFFF'FFFF));
  BasicBlock* many = s.NewBlock("many");
  BasicBlock* few = s.NewBlock("few");
  b.CreateCondBr(b.CreateICmpUGT(right_count, b.getInt64(kScanCount)), many, few);
  b.SetInsertPoint(many);
  llvm::CallInst* call = b.CreateCall(far, {s.Argument(0), s.Argument(1), s.Argument(2), right});
  call->setCallingConv(far->getCallingConv());
  b.CreateRet(call);
  b.SetInsertPoint(few);
  Value* first = s.Pointer(s.Load(s.Argument(1), 0));
  Value* end = s.EndOf(first, s.Load(s.Argument(1), offsetof(Slot, hi)));
  Value* right_first = s.Pointer(s.Load(right, 0));
  Value* right_end = s.EndOf(right_first, right_hi);
  BasicBlock* head = s.NewBlock("left");
  BasicBlock* look = s.NewBlock("right");
  BasicBlock* next = s.NewBlock("next");
  BasicBlock* disjoint = s.NewBlock("disjoint");
  BasicBlock* common = s.NewBlock("common");
  llvm::PHINode* at = s.Walk(first, head);
  b.CreateCondBr(b.CreateICmpEQ(at, end), disjoint, look);
  b.SetInsertPoint(look);
  ScanText(s, s.Load(at, 0), s.Load(at, offsetof(Slot, hi)), right_first, right_end, common, next);
  b.SetInsertPoint(next);
  at->addIncoming(s.Plus(at, sizeof(Slot)), next);
  b.CreateBr(head);
  s.Return(disjoint, true);
  s.Return(common, false);
}

llvm::Function* NewHelper(llvm::Module& module, const char* name,
                          const std::vector<llvm::Type*>& arguments) {
  llvm::Type* truth = llvm::Type::getInt1Ty(module.getContext());
  llvm::Function* function = NewFunction(module, truth, arguments, name);
  function->setLinkage(llvm::Function::InternalLinkage);
  return function;
}

}  // namespace

void EmitListHelpers(llvm::Module& module, Helpers& helpers, OptLevel level) {
  llvm::LLVMContext& context = module.getContext();
  llvm::Type* word = llvm::Type::getInt64Ty(context);
  llvm::Type* pointer = llvm::PointerType::getUnqual(context);
  const std::vector<llvm::Type*> pair = {word, word, word, word, pointer, pointer};
  auto texts = [&](const char* name) { return NewHelper(module, name, pair); };
  const bool copies = level != OptLevel::kO0;
  auto search = [&](llvm::Function* f) { return Search(f, helpers.bytes_equal, copies, 4, 5); };
  helpers.str_in = texts("str_in");
  EmitStrIn(search(helpers.str_in));
  helpers.str_subset = texts("str_subset");
  EmitSubset(search(helpers.str_subset), true);
  helpers.str_prefix = texts("str_prefix");
  EmitPart(search(helpers.str_prefix), false);
  helpers.str_suffix = texts("str_suffix");
  EmitPart(search(helpers.str_suffix), true);
  llvm::Function* far =
      EmitFar(module, "str_disjoint_far", offsetof(CallOuts, str_disjoint), {pointer, pointer});
  helpers.str_disjoint = NewHelper(module, "str_disjoint", {pointer, pointer, pointer, pointer});
  EmitStrDisjoint(Search(helpers.str_disjoint, helpers.bytes_equal, copies, 0, 2), far);
  helpers.word_in = NewHelper(module, "word_in", {word, word, word});
  EmitWordIn(search(helpers.word_in));
  helpers.word_subset = NewHelper(module, "word_subset", {word, word, word, word});
  EmitSubset(search(helpers.word_subset), false);
}

}  // namespace cap::jit
