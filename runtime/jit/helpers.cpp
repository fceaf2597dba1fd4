#include <llvm/IR/IRBuilder.h>
#include <llvm/Transforms/Utils/ModuleUtils.h>

#include "runtime/jit/function.h"

namespace cap::jit {
namespace {

using Builder = llvm::IRBuilder<>;

// The bytes of two strings of one length. Never reads outside of them: lengths that are no power of
// two are covered by two loads that overlap.
class BytesEqual {
 public:
  BytesEqual(llvm::Function* function, llvm::Function* far)
      : function_(function),
        far_(far),
        b_(&function->getEntryBlock()),
        x_(b_.CreateIntToPtr(function->getArg(1), b_.getPtrTy())),
        y_(b_.CreateIntToPtr(function->getArg(3), b_.getPtrTy())),
        length_(function->getArg(4)) {}

  void Emit() {
    llvm::BasicBlock* many = NewBlock("many");
    Split(b_.CreateICmpUGT(length_, b_.getInt64(16)), many);
    Words(b_.getInt64Ty(), 8);
    Words(b_.getInt32Ty(), 4);
    Tiny();
    b_.SetInsertPoint(many);
    llvm::BasicBlock* far = NewBlock("far");
    llvm::BasicBlock* more = NewBlock("more");
    Split(b_.CreateICmpUGT(length_, b_.getInt64(32)), more);
    TwoLoads(b_.getInt128Ty(), 16);
    b_.SetInsertPoint(more);
    Split(b_.CreateICmpUGT(length_, b_.getInt64(64)), far);
    FourLoads();
    b_.SetInsertPoint(far);
    llvm::Value* frame = function_->getArg(0);
    llvm::Value* calls = function_->getArg(2);
    llvm::CallInst* call = b_.CreateCall(far_, {frame, x_, calls, y_, length_});
    call->setCallingConv(far_->getCallingConv());
    b_.CreateRet(call);
  }

 private:
  llvm::BasicBlock* NewBlock(const char* name) {
    return llvm::BasicBlock::Create(b_.getContext(), name, function_);
  }

  // Goes to `taken` where `condition` holds, and on in a new block.
  void Split(llvm::Value* condition, llvm::BasicBlock* taken) {
    llvm::BasicBlock* next = NewBlock("next");
    b_.CreateCondBr(condition, taken, next);
    b_.SetInsertPoint(next);
  }

  llvm::Value* Differ(llvm::Type* type, llvm::Value* offset) {
    auto load = [&](llvm::Value* base) {
      llvm::Value* address = b_.CreateGEP(b_.getInt8Ty(), base, offset);
      return b_.CreateAlignedLoad(type, address, llvm::Align(1));
    };
    return b_.CreateXor(load(x_), load(y_));
  }

  void Return(llvm::Value* difference) {
    b_.CreateRet(b_.CreateICmpEQ(difference, llvm::Constant::getNullValue(difference->getType())));
  }

  // From `bytes`, the size of `type`, to twice as many.
  void TwoLoads(llvm::Type* type, uint64_t bytes) {
    llvm::Value* last = b_.CreateSub(length_, b_.getInt64(bytes));
    Return(b_.CreateOr(Differ(type, b_.getInt64(0)), Differ(type, last)));
  }

  // From 32 bytes to 64.
  void FourLoads() {
    llvm::Type* type = b_.getInt128Ty();
    llvm::Value* second = Differ(type, b_.getInt64(16));
    llvm::Value* third = Differ(type, b_.CreateSub(length_, b_.getInt64(32)));
    llvm::Value* last = Differ(type, b_.CreateSub(length_, b_.getInt64(16)));
    Return(
        b_.CreateOr(b_.CreateOr(Differ(type, b_.getInt64(0)), second), b_.CreateOr(third, last)));
  }

  void Words(llvm::Type* type, uint64_t bytes) {
    llvm::BasicBlock* here = NewBlock("words");
    Split(b_.CreateICmpUGE(length_, b_.getInt64(bytes)), here);
    Builder::InsertPointGuard guard(b_);
    b_.SetInsertPoint(here);
    TwoLoads(type, bytes);
  }

  // Up to three bytes: the first, the middle and the last one.
  void Tiny() {
    llvm::BasicBlock* empty = NewBlock("empty");
    Split(b_.CreateICmpEQ(length_, b_.getInt64(0)), empty);
    llvm::Type* byte = b_.getInt8Ty();
    llvm::Value* first = Differ(byte, b_.getInt64(0));
    llvm::Value* middle = Differ(byte, b_.CreateLShr(length_, 1));
    llvm::Value* last = Differ(byte, b_.CreateSub(length_, b_.getInt64(1)));
    Return(b_.CreateOr(b_.CreateOr(first, middle), last));
    b_.SetInsertPoint(empty);
    b_.CreateRet(b_.getTrue());
  }

  llvm::Function* function_;
  llvm::Function* far_;
  Builder b_;
  llvm::Value* x_;
  llvm::Value* y_;
  llvm::Value* length_;
};

llvm::Value* LoadMask(Builder& b, llvm::Value* masks, size_t offset) {
  llvm::Value* address = b.CreateGEP(b.getInt8Ty(), masks, b.getInt64(offset));
  return b.CreateAlignedLoad(b.getInt64Ty(), address, llvm::Align(8));
}

// admit's answer for a frame that lacks something, from explain's: refused when a clause that is
// required is not true, else the bits of the step-ups that are not.
void EmitAdmitChecked(llvm::Function* function) {
  Builder b(&function->getEntryBlock());
  llvm::Value* masks = b.CreateAlloca(llvm::ArrayType::get(b.getInt64Ty(), 3));
  static_assert(sizeof(ClauseMasks) == 24);
  llvm::Type* pointer = b.getPtrTy();
  auto* type = llvm::FunctionType::get(b.getVoidTy(), {pointer, pointer, pointer, pointer}, false);
  llvm::CallInst* call =
      b.CreateCall(type, function->getArg(3),
                   {function->getArg(0), function->getArg(1), function->getArg(2), masks});
  call->setDoesNotThrow();
  llvm::Value* open = LoadMask(b, masks, offsetof(ClauseMasks, fail));
  open = b.CreateOr(open, LoadMask(b, masks, offsetof(ClauseMasks, fault)));
  open = b.CreateOr(open, LoadMask(b, masks, offsetof(ClauseMasks, skipped)));
  llvm::Value* required = b.CreateAnd(open, b.CreateNot(function->getArg(4)));
  b.CreateRet(b.CreateSelect(b.CreateICmpNE(required, b.getInt64(0)), b.getInt64(kRefused), open));
}

}  // namespace

llvm::Function* NewFunction(llvm::Module& module, llvm::Type* result,
                            const std::vector<llvm::Type*>& arguments, const std::string& name) {
  llvm::Function* function =
      llvm::Function::Create(llvm::FunctionType::get(result, arguments, false),
                             llvm::Function::ExternalLinkage, name, module);
  function->setDoesNotThrow();
  // The code must need no symbol, so LLVM must not turn a loop into memcmp or memset.
  function->addFnAttr("no-builtins");
  llvm::BasicBlock::Create(module.getContext(), "entry", function);
  return function;
}

llvm::Function* EmitFar(llvm::Module& module, const char* name, uint64_t offset,
                        const std::vector<llvm::Type*>& arguments) {
  llvm::LLVMContext& context = module.getContext();
  llvm::Type* pointer = llvm::PointerType::getUnqual(context);
  std::vector<llvm::Type*> types = arguments;
  types.insert(types.begin() + 1, pointer);
  types.insert(types.begin(), pointer);
  llvm::Function* function = NewFunction(module, llvm::Type::getInt1Ty(context), types, name);
  function->setCallingConv(llvm::CallingConv::PreserveMost);
  function->setLinkage(llvm::Function::InternalLinkage);
  function->addFnAttr(llvm::Attribute::NoInline);
  Builder b(&function->getEntryBlock());
  llvm::Value* address = b.CreateGEP(b.getInt8Ty(), function->getArg(2), b.getInt64(offset));
  std::vector<llvm::Value*> passed = {function->getArg(1)};
  for (unsigned i = 3; i < function->arg_size(); ++i) passed.push_back(function->getArg(i));
  auto* type = llvm::FunctionType::get(b.getInt64Ty(), arguments, false);
  llvm::CallInst* call = b.CreateCall(type, b.CreateLoad(pointer, address), passed);
  call->setDoesNotThrow();
  call->setOnlyReadsMemory();
  call->addFnAttr(llvm::Attribute::WillReturn);
  b.CreateRet(b.CreateICmpNE(call, b.getInt64(0)));
  llvm::appendToCompilerUsed(module, function);  // so that it keeps its unread argument
  return function;
}

Helpers EmitHelpers(llvm::Module& module, OptLevel level) {
  llvm::LLVMContext& context = module.getContext();
  llvm::Type* word = llvm::Type::getInt64Ty(context);
  llvm::Type* pointer = llvm::PointerType::getUnqual(context);
  Helpers helpers;
  helpers.bytes_equal = NewFunction(module, llvm::Type::getInt1Ty(context),
                                    {pointer, word, pointer, word, word}, "bytes_equal");
  llvm::Function* far =
      EmitFar(module, "bytes_equal_far", offsetof(CallOuts, bytes_equal), {pointer, pointer, word});
  BytesEqual(helpers.bytes_equal, far).Emit();
  helpers.admit_checked =
      NewFunction(module, word, {pointer, pointer, pointer, pointer, word}, "admit_checked");
  helpers.admit_checked->addFnAttr(llvm::Attribute::NoInline);
  helpers.admit_checked->addFnAttr(llvm::Attribute::Cold);
  EmitAdmitChecked(helpers.admit_checked);
  for (llvm::Function* function : {helpers.bytes_equal, helpers.admit_checked}) {
    function->setLinkage(llvm::Function::InternalLinkage);
  }
  EmitListHelpers(module, helpers, level);
  EmitOrderHelper(module, helpers);
  return helpers;
}

}  // namespace cap::jit
