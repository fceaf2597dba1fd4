#include "runtime/jit/emitter.h"

#include <array>

namespace cap::jit {
namespace {

using Lowerer = void (*)(Emitter&, uint32_t);
constexpr std::array<Lowerer, kOpCount> kLowerers = {
#define INST(name, ...) Lower##name,
#include "runtime/program/inst_kind.def"
#undef INST
};

const SlotDesc& SlotOf(const Program& program, const Shape& shape, uint32_t slot) {
  return program.tools[shape.tool].slots[slot];
}

bool MayBeAbsent(const Program& program, const Shape& shape, uint32_t slot) {
  return SlotOf(program, shape, slot).optional;
}

}  // namespace

SlotMask TestedSlots(const Program& program, const Shape& shape) {
  SlotMask mask;
  for (uint32_t i = 0; i < shape.inst_count; ++i) {
    const Inst& inst = program.insts[shape.first_inst + i];
    const uint64_t bit = uint64_t{1} << (inst.a & 63);
    if (inst.op == Op::kPresent || inst.op == Op::kNull) mask.clean[inst.a >> 6] |= bit;
    if (inst.op != Op::kLoad || MayBeAbsent(program, shape, inst.a)) continue;
    mask.present[inst.a >> 6] |= bit;
  }
  return mask;
}

Emitter::Emitter(const Program& program, const Shape& shape, const Options& options, Rails roots,
                 Path path, llvm::Function* function, const Helpers& helpers)
    : program_(program),
      shape_(shape),
      options_(options),
      insts_(program.insts.data() + shape.first_inst),
      path_(path),
      plan_(MakePlan(program, shape, roots, options)),
      function_(function),
      helpers_(helpers),
      builder_(&function->back()),
      inputs_{function->getArg(0), function->getArg(1), function->getArg(2)},
      values_(shape.inst_count),
      elements_(shape.inst_count),
      branches_(shape.inst_count) {
  consts_ = builder_.CreateLoad(
      builder_.getPtrTy(), Offset(inputs_.record, offsetof(CapabilityRecord, consts)), "consts");
}

uint32_t Emitter::Next(uint32_t i) const {
  return i + 1 + (HasBody(insts_[i].op) ? insts_[i].b : 0);
}

uint32_t Emitter::ResultOf(uint32_t quantifier) const {
  uint32_t result = quantifier + 1;
  for (uint32_t i = result; i <= quantifier + insts_[quantifier].b; i = Next(i)) result = i;
  return result;
}

void Emitter::Emit(uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end;) {
    if (plan_.lazy_at[i] != kNone) Skip(plan_.lazy_at[i], A(plan_.lazy_at[i]));
    const uint32_t later = plan_.later_at[i];
    if (later == kNone) {
      EmitOne(i);
      i = Next(i);
      continue;
    }
    const uint32_t right = Next(insts_[later].a);
    EmitInOrder(right, later);
    Skip(later, B(later));
    EmitInOrder(i, right);
    EmitOne(later);
    i = Next(later);
  }
}

// A range in which no left operand is put off, and at whose start everything has been opened.
void Emitter::EmitInOrder(uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; i = Next(i)) {
    const uint32_t lazy = plan_.lazy_at[i];
    if (i != begin && lazy != kNone) Skip(lazy, A(lazy));
    EmitOne(i);
  }
}

void Emitter::EmitOne(uint32_t i) {
  if (plan_.need[i] == 0) return;
  kLowerers[static_cast<uint16_t>(insts_[i].op)](*this, i);
  if (static_cast<uint16_t>(insts_[i].op) == options_.mutant_op) Mutate(i);
  if (options_.counters != nullptr) Count(i);
}

void Emitter::SetBool(uint32_t i, llvm::Value* truth, llvm::Value* ok) {
  Lowered value;
  if (Needs(i, kTrueRail)) value.t = ok == nullptr ? truth : builder_.CreateAnd(ok, truth);
  if (Needs(i, kFalseRail)) {
    value.f = builder_.CreateNot(truth);
    if (ok != nullptr) value.f = builder_.CreateAnd(ok, value.f);
  }
  values_[i] = value;
}

void Emitter::SetSlot(uint32_t i, llvm::Value* address, llvm::Value* ok) {
  if (ClassOf(i) == ValueClass::kBool) {
    SetBool(i, builder_.CreateICmpNE(LoadWord(address, 0), Word(0)), ok);
  } else {
    values_[i] = {.address = address, .ok = ok};
  }
}

llvm::Value* Emitter::Lo(const Lowered& value) {
  return value.lo != nullptr ? value.lo : LoadWord(value.address, offsetof(Slot, lo));
}

llvm::Value* Emitter::Hi(const Lowered& value) {
  return value.hi != nullptr ? value.hi : LoadWord(value.address, offsetof(Slot, hi));
}

llvm::Value* Emitter::Offset(llvm::Value* base, uint64_t bytes) {
  if (bytes == 0) return base;
  return builder_.CreateGEP(builder_.getInt8Ty(), base, Word(bytes));
}

llvm::Value* Emitter::LoadWord(llvm::Value* base, uint64_t bytes) {
  return builder_.CreateAlignedLoad(builder_.getInt64Ty(), Offset(base, bytes), llvm::Align(8));
}

llvm::Value* Emitter::Length(const Lowered& value) {
  return builder_.CreateAnd(Hi(value), Word(0xFFFF'FFFF));
}

llvm::Value* Emitter::TestBits(llvm::Value* word, uint64_t bits) {
  return builder_.CreateICmpNE(builder_.CreateAnd(word, Word(bits)), Word(0));
}

llvm::Value* Emitter::PresentBit(uint32_t slot) {
  llvm::Value* word = LoadWord(inputs_.frame, offsetof(FrameHeader, present) + 8 * (slot >> 6));
  return TestBits(word, uint64_t{1} << (slot & 63));
}

llvm::Value* Emitter::PoisonBit(uint32_t slot) {
  llvm::Value* word = LoadWord(inputs_.frame, offsetof(FrameHeader, poison) + 8 * (slot >> 6));
  return TestBits(word, uint64_t{1} << (slot & 63));
}

bool Emitter::AlwaysPresent(uint32_t slot) const {
  return path_ == Path::kFast && !MayBeAbsent(program_, shape_, slot);
}

bool Emitter::IsSorted(uint32_t i) const {
  if (TypeOf(i).kind != TypeKind::kSet) return false;
  return insts_[i].op != Op::kLoad ||
         SlotOf(program_, shape_, insts_[i].a).source != SlotSource::kLet;
}

llvm::Value* Emitter::Both(llvm::Value* x, llvm::Value* y) {
  if (x == nullptr) return y;
  return y == nullptr ? x : builder_.CreateAnd(x, y);
}

llvm::BasicBlock* Emitter::NewBlock(std::string_view name) {
  return llvm::BasicBlock::Create(builder_.getContext(), llvm::StringRef(name), function_);
}

llvm::Value* Emitter::Guarded(llvm::Value* condition, const std::function<llvm::Value*()>& body) {
  if (condition == nullptr) return body();
  llvm::BasicBlock* from = builder_.GetInsertBlock();
  llvm::BasicBlock* then = NewBlock("then");
  llvm::BasicBlock* join = NewBlock("join");
  builder_.CreateCondBr(condition, then, join);
  builder_.SetInsertPoint(then);
  llvm::Value* inside = body();
  then = builder_.GetInsertBlock();
  builder_.CreateBr(join);
  builder_.SetInsertPoint(join);
  llvm::PHINode* result = builder_.CreatePHI(builder_.getInt1Ty(), 2);
  result->addIncoming(builder_.getFalse(), from);
  result->addIncoming(inside, then);
  return result;
}

Emitter::Words Emitter::GuardedWords(llvm::Value* condition, const std::function<Words()>& body) {
  if (condition == nullptr) return body();
  llvm::BasicBlock* from = builder_.GetInsertBlock();
  llvm::BasicBlock* then = NewBlock("then");
  llvm::BasicBlock* join = NewBlock("join");
  builder_.CreateCondBr(condition, then, join);
  builder_.SetInsertPoint(then);
  Words words = body();
  then = builder_.GetInsertBlock();
  builder_.CreateBr(join);
  builder_.SetInsertPoint(join);
  for (llvm::Value*& word : words) {
    llvm::PHINode* joined = builder_.CreatePHI(builder_.getInt64Ty(), 2);
    joined->addIncoming(Word(0), from);
    joined->addIncoming(word, then);
    word = joined;
  }
  return words;
}

llvm::Value* Emitter::CallHelper(llvm::Function* helper, llvm::ArrayRef<llvm::Value*> arguments) {
  llvm::CallInst* call = builder_.CreateCall(helper, arguments);
  if (path_ == Path::kFast && options_.level != OptLevel::kO0) {
    call->addFnAttr(llvm::Attribute::AlwaysInline);
  }
  return call;
}

llvm::Value* Emitter::BytesEqual(const Lowered& x, const Lowered& y) {
  return CallHelper(helpers_.bytes_equal, {inputs_.frame, Lo(x), inputs_.calls, Lo(y), Length(x)});
}

llvm::Value* Emitter::CallWord(uint64_t offset, std::initializer_list<llvm::Value*> arguments) {
  llvm::SmallVector<llvm::Type*, 3> types;
  for (llvm::Value* argument : arguments) types.push_back(argument->getType());
  auto* type = llvm::FunctionType::get(builder_.getInt64Ty(), types, false);
  llvm::Value* callee = builder_.CreateLoad(builder_.getPtrTy(), Offset(inputs_.calls, offset));
  llvm::CallInst* call =
      builder_.CreateCall(type, callee, llvm::SmallVector<llvm::Value*, 3>(arguments));
  call->setDoesNotThrow();
  call->setOnlyReadsMemory();  // abi.h: call-outs are pure and bounded
  call->addFnAttr(llvm::Attribute::WillReturn);
  return call;
}

llvm::Value* Emitter::CallOut(uint64_t offset, std::initializer_list<llvm::Value*> arguments) {
  return builder_.CreateICmpNE(CallWord(offset, arguments), Word(0));
}

llvm::Value* Emitter::AddressOf(const Lowered& value) {
  if (value.address != nullptr) return value.address;
  llvm::BasicBlock& entry = function_->getEntryBlock();
  llvm::IRBuilder<> at_entry(&entry, entry.getFirstInsertionPt());
  auto* pair = llvm::ArrayType::get(builder_.getInt64Ty(), 2);
  llvm::AllocaInst* slot = at_entry.CreateAlloca(pair);
  slot->setAlignment(llvm::Align(8));
  builder_.CreateAlignedStore(value.lo, slot, llvm::Align(8));
  builder_.CreateAlignedStore(value.hi, Offset(slot, offsetof(Slot, hi)), llvm::Align(8));
  return slot;
}

// Before the first instruction of the operand of `i` that is put off: it is entered only where the
// other one, `first`, does not decide every rail that is asked of `i`.
void Emitter::Skip(uint32_t i, const Lowered& first) {
  const bool is_and = insts_[i].op == Op::kAnd;
  llvm::Value* enter = nullptr;
  if (is_and) {
    enter = Needs(i, kFalseRail) ? builder_.CreateNot(first.f) : first.t;
  } else {
    enter = Needs(i, kTrueRail) ? builder_.CreateNot(first.t) : first.f;
  }
  Branch& branch = branches_[i];
  branch.from = builder_.GetInsertBlock();
  llvm::BasicBlock* later = NewBlock("later");
  branch.join = NewBlock("join");
  builder_.CreateCondBr(enter, later, branch.join);
  builder_.SetInsertPoint(later);
}

void Emitter::Join(uint32_t i, Lowered& evaluated) {
  const Branch& branch = branches_[i];
  llvm::BasicBlock* right = builder_.GetInsertBlock();
  builder_.CreateBr(branch.join);
  builder_.SetInsertPoint(branch.join);
  // Skipped: an And is not true and, if that was asked, false; an Or the other way round.
  const bool is_and = insts_[i].op == Op::kAnd;
  for (llvm::Value** rail : {&evaluated.t, &evaluated.f}) {
    if (*rail == nullptr) continue;
    llvm::PHINode* phi = builder_.CreatePHI(builder_.getInt1Ty(), 2);
    phi->addIncoming(builder_.getInt1((rail == &evaluated.f) == is_and), branch.from);
    phi->addIncoming(*rail, right);
    *rail = phi;
  }
}

void Emitter::Mutate(uint32_t i) {
  Lowered& value = values_[i];
  if (value.t != nullptr) {
    std::swap(value.t, value.f);
    return;
  }
  const ValueClass value_class =
      InfoOf(insts_[i].op).typed_result ? ClassOf(i) : InfoOf(insts_[i].op).result;
  if (value_class == ValueClass::kTable) {
    value.ok = builder_.getFalse();  // the words that another address would lead to are unknown
    return;
  }
  value.lo = Lo(value);
  if (value_class != ValueClass::kWord) value.hi = Hi(value);
  value.address = nullptr;
  if (value_class == ValueClass::kStr || value_class == ValueClass::kList) {
    // One byte or element less, so that the altered value still lies within the true one.
    llvm::Value* some = builder_.CreateICmpNE(Length(value), Word(0));
    value.hi = builder_.CreateSub(value.hi, builder_.CreateZExt(some, builder_.getInt64Ty()));
  } else if (value_class == ValueClass::kMask) {
    value.lo = builder_.CreateNot(value.lo);
  } else {
    value.lo = builder_.CreateAdd(value.lo, Word(1));
  }
}

void Emitter::Count(uint32_t i) {
  const Lowered& value = values_[i];
  llvm::Value* column = Word(0);
  if (value.t != nullptr) {
    llvm::Value* not_true = builder_.CreateSelect(value.f, Word(1), Word(2));
    column = builder_.CreateSelect(value.t, Word(0), not_true);
  } else if (value.ok != nullptr) {
    column = builder_.CreateSelect(value.ok, Word(0), Word(2));
  }
  const auto* row = options_.counters->seen[static_cast<uint16_t>(insts_[i].op)];
  llvm::Value* base =
      builder_.CreateIntToPtr(Word(reinterpret_cast<uintptr_t>(row)), builder_.getPtrTy());
  llvm::Value* cell = builder_.CreateGEP(builder_.getInt64Ty(), base, column);
  llvm::Value* seen = LoadWord(cell, 0);
  builder_.CreateAlignedStore(builder_.CreateAdd(seen, Word(1)), cell, llvm::Align(8));
}

}  // namespace cap::jit
