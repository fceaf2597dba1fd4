#include "runtime/jit/function.h"

#include <fmt/format.h>
#include <llvm/IR/MDBuilder.h>

#include <algorithm>

#include "runtime/jit/emitter.h"

namespace cap::jit {
namespace {

constexpr unsigned kPointers = 3;  // frame, record, call-outs: the arguments of every function

uint32_t RootOf(const Emitter& e, const Clause& clause) {
  uint32_t root = clause.begin;
  for (uint32_t i = root; i < clause.end; i = e.Next(i)) root = i;
  return root;
}

// Emits admit's fast path. Clauses of class 0 first and without a branch, then what is dearer, so
// that the refused calls leave early and the others pay for every clause once.
class Admit {
 public:
  Admit(Emitter& e, const Program& program, const Shape& shape, const Options& options)
      : e_(e), b_(e.b()), program_(program), shape_(shape), options_(options) {
    refused_ = e.NewBlock("refused");
  }

  void Emit() {
    Cheap();
    for (uint32_t clause : equalities_) {
      const uint32_t root = RootOf(e_, At(clause));
      Require(e_.BytesEqual(e_.A(root), e_.B(root)));
    }
    for (uint32_t clause : branching_) {
      e_.Emit(At(clause).begin, At(clause).end);
      Require(e_.At(RootOf(e_, At(clause))).t);
    }
    for (uint32_t cost : {0u, 1u}) Rest(cost);
    b_.CreateRet(step_ups_ == nullptr ? e_.Word(kAdmitted) : step_ups_);
    b_.SetInsertPoint(refused_);
    b_.CreateRet(e_.Word(kRefused));
  }

 private:
  const Clause& At(uint32_t clause) const { return program_.clauses[shape_.first_clause + clause]; }

  bool IsEquality(uint32_t root) const {
    const auto op = static_cast<uint16_t>(Op::kStrEq);
    return e_.inst(root).op == Op::kStrEq && options_.counters == nullptr &&
           options_.mutant_op != op;
  }

  bool Branches(const Clause& clause) const {
    for (uint32_t i = clause.begin; i < clause.end; ++i) {
      const Op op = e_.inst(i).op;
      if (op == Op::kStrEq || op == Op::kEmailDomain) return true;
      if (op >= Op::kUrlScheme && op <= Op::kUrlPath) return true;
    }
    return false;
  }

  // The clauses of class 0 that a capability requires and that need no branch; of an equality of
  // strings the comparison of length and hash.
  void Cheap() {
    for (uint32_t c = 0; c < shape_.clause_count; ++c) {
      const Clause& clause = At(c);
      if (clause.kind != ClauseKind::kRequire || clause.cost != 0) continue;
      const uint32_t root = RootOf(e_, clause);
      if (IsEquality(root) && !Branches({.begin = clause.begin, .end = root})) {
        e_.Emit(clause.begin, root);
        equalities_.push_back(c);
      } else if (Branches(clause)) {
        branching_.push_back(c);
      } else {
        e_.Emit(clause.begin, clause.end);
        all_ = e_.Both(all_, e_.At(root).t);
      }
    }
    // Length and hash after the rest: they are the likelier to hold.
    for (uint32_t clause : equalities_) {
      const uint32_t root = RootOf(e_, At(clause));
      all_ = e_.Both(all_, e_.OperandsOk(root));
      all_ = e_.Both(all_, b_.CreateICmpEQ(e_.Hi(e_.A(root)), e_.Hi(e_.B(root))));
    }
    if (all_ != nullptr) Require(all_);
  }

  // What is left: step-ups of class 0, then the clauses of class 1.
  void Rest(uint32_t cost) {
    for (uint32_t c = 0; c < shape_.clause_count; ++c) {
      const Clause& clause = At(c);
      if (clause.cost != cost || (cost == 0 && clause.kind == ClauseKind::kRequire)) continue;
      if (IsForEach(clause)) {
        ForEach(c);
        continue;
      }
      e_.Emit(clause.begin, clause.end);
      llvm::Value* t = e_.At(RootOf(e_, clause)).t;
      if (clause.kind == ClauseKind::kRequire) {
        Require(t);
        continue;
      }
      llvm::Value* open = b_.CreateZExt(b_.CreateNot(t), b_.getInt64Ty());
      llvm::Value* bit = b_.CreateShl(open, c);
      step_ups_ = step_ups_ == nullptr ? bit : b_.CreateOr(step_ups_, bit);
    }
  }

  // `all(x in slot: …)` or `not any(x in slot: …)`, required, of a slot that is present.
  bool IsForEach(const Clause& clause) const {
    const uint32_t load = clause.begin;
    const uint32_t quantifier = load + 1;
    if (clause.kind != ClauseKind::kRequire || clause.end - clause.begin < 2 ||
        e_.inst(load).op != Op::kLoad || !e_.AlwaysPresent(e_.inst(load).a) ||
        !IsQuantifier(e_.inst(quantifier).op) || e_.inst(quantifier).a != load) {
      return false;
    }
    const bool is_any = e_.inst(quantifier).op == Op::kAny;
    const uint32_t after = e_.Next(quantifier);
    const bool negated =
        after + 1 == clause.end && e_.inst(after).op == Op::kNot && e_.inst(after).a == quantifier;
    return (is_any ? negated : after == clause.end) && options_.counters == nullptr &&
           options_.mutant_op == kNoMutant;
  }

  // Clause `first` with all later ones that say something of every element of the same list. Their
  // order does not matter: all of them are required.
  void ForEach(uint32_t first) {
    if (std::find(looped_.begin(), looped_.end(), first) != looped_.end()) return;
    std::vector<uint32_t> quantifiers;
    const uint32_t slot = e_.inst(At(first).begin).a;
    for (uint32_t c = first; c < shape_.clause_count; ++c) {
      const Clause& clause = At(c);
      if (!IsForEach(clause) || e_.inst(clause.begin).a != slot) continue;
      e_.Emit(clause.begin, clause.begin + 1);
      quantifiers.push_back(clause.begin + 1);
      looped_.push_back(c);
    }
    RequireEach(e_, quantifiers, refused_);
  }

  void Require(llvm::Value* t) {
    llvm::BasicBlock* next = e_.NewBlock("holds");
    b_.CreateCondBr(t, next, refused_);
    b_.SetInsertPoint(next);
  }

  Emitter& e_;
  llvm::IRBuilder<>& b_;
  const Program& program_;
  const Shape& shape_;
  const Options& options_;
  llvm::BasicBlock* refused_ = nullptr;
  llvm::Value* all_ = nullptr;
  llvm::Value* step_ups_ = nullptr;
  std::vector<uint32_t> equalities_;  // clauses whose bytes are still to be compared
  std::vector<uint32_t> branching_;   // … that are still to be emitted
  std::vector<uint32_t> looped_;      // … that ForEach() has emitted
};

// A function that tests the present bits in its first block: with all of `mask` it goes on in its
// last one, else it leaves to `checked`, which is a tail call, so that the fast path has no frame.
void TestSlots(llvm::Function* function, const SlotMask& mask, llvm::Function* checked,
               llvm::ArrayRef<llvm::Value*> more_arguments) {
  llvm::IRBuilder<> b(&function->back());
  llvm::Value* unusual = nullptr;
  auto add = [&](size_t offset, uint64_t bits, bool inverted) {
    if (bits == 0) return;
    llvm::Value* address = b.CreateGEP(b.getInt8Ty(), function->getArg(0), b.getInt64(offset));
    llvm::Value* word = b.CreateAlignedLoad(b.getInt64Ty(), address, llvm::Align(8));
    llvm::Value* wrong = b.CreateAnd(inverted ? b.CreateNot(word) : word, b.getInt64(bits));
    unusual = unusual == nullptr ? wrong : b.CreateOr(unusual, wrong);
  };
  for (size_t word : {size_t{0}, size_t{1}}) {
    add(offsetof(FrameHeader, present) + 8 * word, mask.present[word], true);
    add(offsetof(FrameHeader, poison) + 8 * word, mask.clean[word], false);
  }
  if (unusual == nullptr) return;
  llvm::LLVMContext& context = function->getContext();
  auto* slow = llvm::BasicBlock::Create(context, "checked", function);
  auto* fast = llvm::BasicBlock::Create(context, "fast", function);
  llvm::Value* all_there = b.CreateICmpEQ(unusual, b.getInt64(0));
  b.CreateCondBr(all_there, fast, slow, llvm::MDBuilder(context).createBranchWeights(2000, 1));
  b.SetInsertPoint(slow);
  std::vector<llvm::Value*> arguments;
  for (unsigned i = 0; i < kPointers; ++i) arguments.push_back(function->getArg(i));
  arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
  llvm::CallInst* call = b.CreateCall(checked, arguments);
  call->setTailCall();
  b.CreateRet(call);
}

// explain: what became of every clause, and nothing assumed about the frame's slots.
class Explain {
 public:
  Explain(Emitter& e, const Program& program, const Shape& shape)
      : e_(e), b_(e.b()), program_(program), shape_(shape) {}

  void Emit(llvm::Value* masks) {
    fail_ = fault_ = e_.Word(0);
    Clauses(0);
    if (dear_ == 0) return Store(masks, e_.Word(0));
    llvm::Value* fail = fail_;
    llvm::Value* fault = fault_;
    llvm::BasicBlock* from = b_.GetInsertBlock();
    llvm::BasicBlock* more = e_.NewBlock("class1");
    llvm::BasicBlock* done = e_.NewBlock("done");
    b_.CreateCondBr(all_ == nullptr ? b_.getTrue() : all_, more, done);
    b_.SetInsertPoint(more);
    Clauses(1);
    more = b_.GetInsertBlock();
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    auto merge = [&](llvm::Value* evaluated, llvm::Value* skipped) {
      llvm::PHINode* phi = b_.CreatePHI(b_.getInt64Ty(), 2);
      phi->addIncoming(evaluated, more);
      phi->addIncoming(skipped, from);
      return phi;
    };
    fail_ = merge(fail_, fail);
    fault_ = merge(fault_, fault);
    Store(masks, merge(e_.Word(0), e_.Word(dear_)));
  }

 private:
  void Clauses(uint32_t cost) {
    for (uint32_t c = 0; c < shape_.clause_count; ++c) {
      const Clause& clause = program_.clauses[shape_.first_clause + c];
      if (clause.cost != cost) {
        if (cost == 0) dear_ |= uint64_t{1} << c;
        continue;
      }
      e_.Emit(clause.begin, clause.end);
      const Lowered& result = e_.At(RootOf(e_, clause));
      llvm::Value* neither = b_.CreateNot(b_.CreateOr(result.t, result.f));
      fail_ = b_.CreateOr(fail_, Bit(result.f, c));
      fault_ = b_.CreateOr(fault_, Bit(neither, c));
      if (clause.kind == ClauseKind::kRequire) all_ = e_.Both(all_, result.t);
    }
  }

  llvm::Value* Bit(llvm::Value* condition, uint32_t bit) {
    return b_.CreateShl(b_.CreateZExt(condition, b_.getInt64Ty()), bit);
  }

  void Store(llvm::Value* masks, llvm::Value* skipped) {
    auto put = [&](llvm::Value* value, size_t offset) {
      b_.CreateAlignedStore(value, e_.Offset(masks, offset), llvm::Align(8));
    };
    put(fail_, offsetof(ClauseMasks, fail));
    put(fault_, offsetof(ClauseMasks, fault));
    put(skipped, offsetof(ClauseMasks, skipped));
    b_.CreateRetVoid();
  }

  Emitter& e_;
  llvm::IRBuilder<>& b_;
  const Program& program_;
  const Shape& shape_;
  llvm::Value* fail_ = nullptr;
  llvm::Value* fault_ = nullptr;
  llvm::Value* all_ = nullptr;  // the clauses of class 0 that gate those of class 1
  uint64_t dear_ = 0;           // clauses of class 1
};

llvm::Function* EmitExplain(llvm::Module& module, const Helpers& helpers, const Program& program,
                            uint32_t index, const Options& options) {
  const Shape& shape = program.shapes[index];
  llvm::LLVMContext& context = module.getContext();
  llvm::Function* function =
      NewFunction(module, llvm::Type::getVoidTy(context),
                  std::vector<llvm::Type*>(kPointers + 1, llvm::PointerType::getUnqual(context)),
                  SymbolOf("explain", index));
  function->addFnAttr(llvm::Attribute::NoInline);
  function->addFnAttr(llvm::Attribute::OptimizeForSize);  // cold
  Emitter e(program, shape, options, kBothRails, Path::kChecked, function, helpers);
  Explain(e, program, shape).Emit(function->getArg(kPointers));
  return function;
}

// The two bits of a condition, on one of the two paths.
llvm::Function* NewPredicate(llvm::Module& module, const std::string& name) {
  llvm::LLVMContext& context = module.getContext();
  return NewFunction(module, llvm::Type::getInt64Ty(context),
                     std::vector<llvm::Type*>(kPointers, llvm::PointerType::getUnqual(context)),
                     name);
}

void EmitBits(llvm::Function* function, const Helpers& helpers, const Program& program,
              const Shape& shape, const Options& options, Path path) {
  Emitter e(program, shape, options, kBothRails, path, function, helpers);
  const Clause& clause = program.clauses[shape.first_clause];
  e.Emit(clause.begin, clause.end);
  const Lowered& result = e.At(RootOf(e, clause));
  llvm::Value* t = e.b().CreateZExt(result.t, e.b().getInt64Ty());
  llvm::Value* f = e.b().CreateZExt(result.f, e.b().getInt64Ty());
  e.b().CreateRet(e.b().CreateOr(t, e.b().CreateShl(f, 1)));
}

}  // namespace

std::string SymbolOf(const char* role, uint32_t shape) { return fmt::format("{}_{}", role, shape); }

void EmitCapability(llvm::Module& module, const Helpers& helpers, const Program& program,
                    uint32_t index, const Options& options) {
  const Shape& shape = program.shapes[index];
  llvm::Function* explain = EmitExplain(module, helpers, program, index, options);
  llvm::Function* admit = NewPredicate(module, SymbolOf("admit", index));
  uint64_t step_ups = 0;
  for (uint32_t c = 0; c < shape.clause_count; ++c) {
    const bool step_up = program.clauses[shape.first_clause + c].kind != ClauseKind::kRequire;
    step_ups |= static_cast<uint64_t>(step_up) << c;
  }
  auto* word = llvm::Type::getInt64Ty(module.getContext());
  admit->setAlignment(
      llvm::Align(64));  // a cache line: its branches do not move with its neighbours
  TestSlots(admit, TestedSlots(program, shape), helpers.admit_checked,
            {explain, llvm::ConstantInt::get(word, step_ups)});
  Emitter e(program, shape, options, kTrueRail, Path::kFast, admit, helpers);
  Admit(e, program, shape, options).Emit();
}

void EmitPredicate(llvm::Module& module, const Helpers& helpers, const Program& program,
                   uint32_t index, const Options& options) {
  const Shape& shape = program.shapes[index];
  const SlotMask mask = TestedSlots(program, shape);
  llvm::Function* predicate = NewPredicate(module, SymbolOf("predicate", index));
  if (!mask.IsEmpty()) {
    llvm::Function* checked = NewPredicate(module, SymbolOf("predicate_checked", index));
    checked->setLinkage(llvm::Function::InternalLinkage);
    checked->addFnAttr(llvm::Attribute::NoInline);
    checked->addFnAttr(llvm::Attribute::OptimizeForSize);
    EmitBits(checked, helpers, program, shape, options, Path::kChecked);
    TestSlots(predicate, mask, checked, {});
  }
  EmitBits(predicate, helpers, program, shape, options, Path::kFast);
}

}  // namespace cap::jit
