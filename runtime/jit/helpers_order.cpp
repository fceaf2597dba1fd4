// The order of two strings by unsigned bytes, in place while the shorter one has at most 16.
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Intrinsics.h>

#include "runtime/jit/function.h"

namespace cap::jit {
namespace {

using llvm::Value;

class StrLess {
 public:
  explicit StrLess(llvm::Function* function)
      : function_(function), b_(&function->getEntryBlock()) {}

  // (frame, a, calls, b), strings by address
  void Emit(llvm::Function* far) {
    Value* a = function_->getArg(1);
    Value* b = function_->getArg(3);
    a_length_ = LengthOf(a);
    b_length_ = LengthOf(b);
    shorter_ = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, a_length_, b_length_);
    llvm::BasicBlock* many = NewBlock("many");
    llvm::BasicBlock* few = NewBlock("few");
    b_.CreateCondBr(b_.CreateICmpUGT(shorter_, b_.getInt64(16)), many, few);
    b_.SetInsertPoint(many);
    llvm::CallInst* call = b_.CreateCall(far, {function_->getArg(0), a, function_->getArg(2), b});
    call->setCallingConv(far->getCallingConv());
    b_.CreateRet(call);
    b_.SetInsertPoint(few);
    a_text_ =
        b_.CreateIntToPtr(b_.CreateAlignedLoad(b_.getInt64Ty(), a, llvm::Align(8)), b_.getPtrTy());
    b_text_ =
        b_.CreateIntToPtr(b_.CreateAlignedLoad(b_.getInt64Ty(), b, llvm::Align(8)), b_.getPtrTy());
    Words(b_.getInt64Ty(), 8);
    Words(b_.getInt32Ty(), 4);
    Tiny();
  }

 private:
  llvm::BasicBlock* NewBlock(const char* name) {
    return llvm::BasicBlock::Create(b_.getContext(), name, function_);
  }
  Value* LengthOf(Value* slot) {
    Value* hi = b_.CreateGEP(b_.getInt8Ty(), slot, b_.getInt64(offsetof(Slot, hi)));
    return b_.CreateAnd(b_.CreateAlignedLoad(b_.getInt64Ty(), hi, llvm::Align(8)),
                        b_.getInt64(0xFFFF'FFFF));
  }
  Value* Load(llvm::Type* type, Value* base, Value* offset) {
    return b_.CreateAlignedLoad(type, b_.CreateGEP(b_.getInt8Ty(), base, offset), llvm::Align(1));
  }
  // As a number that orders like its bytes. Both targets are little-endian.
  Value* Key(llvm::Type* type, Value* base, Value* offset) {
    return b_.CreateUnaryIntrinsic(llvm::Intrinsic::bswap, Load(type, base, offset));
  }

  // a < b in the first keys, or where these are equal, `otherwise`.
  Value* Less(Value* a, Value* b, Value* otherwise) {
    return b_.CreateSelect(b_.CreateICmpEQ(a, b), otherwise, b_.CreateICmpULT(a, b));
  }

  // The shorter string has `bytes`, the size of `type`, up to twice as many: its first and its last
  // bytes. Where they overlap, the bytes that count twice are equal once the first keys are.
  void Words(llvm::Type* type, uint64_t bytes) {
    llvm::BasicBlock* here = NewBlock("words");
    llvm::BasicBlock* next = NewBlock("next");
    b_.CreateCondBr(b_.CreateICmpUGE(shorter_, b_.getInt64(bytes)), here, next);
    b_.SetInsertPoint(here);
    Value* start = b_.getInt64(0);
    Value* last = b_.CreateSub(shorter_, b_.getInt64(bytes));
    Value* by_length = b_.CreateICmpULT(a_length_, b_length_);
    Value* by_last = Less(Key(type, a_text_, last), Key(type, b_text_, last), by_length);
    b_.CreateRet(Less(Key(type, a_text_, start), Key(type, b_text_, start), by_last));
    b_.SetInsertPoint(next);
  }

  // Up to three bytes: the first, the middle and the last one.
  void Tiny() {
    llvm::BasicBlock* empty = NewBlock("empty");
    llvm::BasicBlock* some = NewBlock("some");
    b_.CreateCondBr(b_.CreateICmpEQ(shorter_, b_.getInt64(0)), empty, some);
    b_.SetInsertPoint(some);
    auto key = [&](Value* base) {
      Value* result = nullptr;
      for (Value* offset : {static_cast<Value*>(b_.getInt64(0)), b_.CreateLShr(shorter_, 1),
                            b_.CreateSub(shorter_, b_.getInt64(1))}) {
        Value* byte = b_.CreateZExt(Load(b_.getInt8Ty(), base, offset), b_.getInt64Ty());
        result = result == nullptr ? byte : b_.CreateOr(b_.CreateShl(result, 8), byte);
      }
      return result;
    };
    b_.CreateRet(Less(key(a_text_), key(b_text_), b_.CreateICmpULT(a_length_, b_length_)));
    b_.SetInsertPoint(empty);
    b_.CreateRet(b_.CreateICmpULT(a_length_, b_length_));
  }

  llvm::Function* function_;
  llvm::IRBuilder<> b_;
  Value* a_text_ = nullptr;  // bytes
  Value* b_text_ = nullptr;
  Value* a_length_ = nullptr;
  Value* b_length_ = nullptr;
  Value* shorter_ = nullptr;
};

}  // namespace

void EmitOrderHelper(llvm::Module& module, Helpers& helpers) {
  llvm::Type* pointer = llvm::PointerType::getUnqual(module.getContext());
  llvm::Function* far =
      EmitFar(module, "str_less_far", offsetof(CallOuts, str_less), {pointer, pointer});
  helpers.str_less = NewFunction(module, llvm::Type::getInt1Ty(module.getContext()),
                                 {pointer, pointer, pointer, pointer}, "str_less");
  helpers.str_less->setLinkage(llvm::Function::InternalLinkage);
  StrLess(helpers.str_less).Emit(far);
}

}  // namespace cap::jit
