// What the handlers of opcodes write with: one Emitter turns the instructions of one shape into
// LLVM IR inside one function. A handler reads its operands with At(), and sets its own result with
// SetBool() or SetValue(). Control flow comes from few constructs only, all of which join again:
// Guarded(), GuardedWords(), Equal(), operands put off and the loop of a quantifier. So every value
// that the verifier lets an instruction read dominates it.
//
// Emitted code carries no nsw, exact, inbounds, assume or noundef, and reads through a pointer of a
// slot only where that slot is known to be present.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <functional>
#include <string_view>
#include <vector>

#include "runtime/jit/demand.h"
#include "runtime/jit/function.h"
#include "runtime/jit/jit.h"

namespace cap::jit {

/// What an instruction has become.
struct Lowered {
  llvm::Value* t = nullptr;  // booleans: the rails that are needed
  llvm::Value* f = nullptr;
  llvm::Value* lo = nullptr;  // others: the words of a slot, hi not for words …
  llvm::Value* hi = nullptr;
  llvm::Value* address = nullptr;  // … or where that slot stands in memory
  llvm::Value* ok = nullptr;       // not a fault; null = never a fault
};

/// The arguments that all emitted functions share.
struct Inputs {
  llvm::Value* frame = nullptr;
  llvm::Value* record = nullptr;
  llvm::Value* calls = nullptr;
};

/// kFast: what TestedSlots() says has been tested. kChecked: nothing is known.
enum class Path : uint8_t { kChecked, kFast };

class Emitter {
 public:
  Emitter(const Program& program, const Shape& shape, const Options& options, Rails roots,
          Path path, llvm::Function* function, const Helpers& helpers);

  /// Emits [begin, end), one scope. Recursion only by nesting quantifiers:
  /// limits::kQuantifierDepth.
  void Emit(uint32_t begin, uint32_t end);

  // --- for handlers ---
  llvm::IRBuilder<>& b() { return builder_; }
  const Inst& inst(uint32_t i) const { return insts_[i]; }
  const Type& TypeOf(uint32_t i) const { return program_.types[insts_[i].type]; }
  ValueClass ClassOf(uint32_t i) const { return cap::ClassOf(program_, insts_[i].type); }
  const Program& program() const { return program_; }
  const Inputs& inputs() const { return inputs_; }
  const Lowered& At(uint32_t i) const { return values_[i]; }
  const Lowered& A(uint32_t i) const { return values_[insts_[i].a]; }
  const Lowered& B(uint32_t i) const { return values_[insts_[i].b]; }
  bool Needs(uint32_t i, Rails rail) const { return (plan_.need[i] & rail) != 0; }

  void Set(uint32_t i, const Lowered& value) { values_[i] = value; }
  /// A comparison whose operands are `ok`.
  void SetBool(uint32_t i, llvm::Value* truth, llvm::Value* ok);
  /// The slot at `address`, read as instruction i's type says.
  void SetSlot(uint32_t i, llvm::Value* address, llvm::Value* ok);

  /// A word of a slot, loaded where it is used and not before: a value that waits in a register is
  /// dearer than a load.
  llvm::Value* Lo(const Lowered& value);
  llvm::Value* Hi(const Lowered& value);
  llvm::Value* Word(uint64_t value) { return builder_.getInt64(value); }
  llvm::Value* Offset(llvm::Value* base, uint64_t bytes);
  llvm::Value* LoadWord(llvm::Value* base, uint64_t bytes);
  llvm::Value* Length(const Lowered& value);  // low half of hi
  /// `bit` of `mask` is set.
  llvm::Value* TestBits(llvm::Value* word, uint64_t bits);
  llvm::Value* PresentBit(uint32_t slot);
  llvm::Value* PoisonBit(uint32_t slot);
  bool AlwaysPresent(uint32_t slot) const;
  /// Instruction i is a set, which is sorted, and not a list, nor a `let` put together from sets.
  bool IsSorted(uint32_t i) const;
  bool NeverPoisoned() const { return path_ == Path::kFast; }  // of a slot whose presence is asked
  llvm::Value* Consts() const { return consts_; }

  /// Conjunction where null is true.
  llvm::Value* Both(llvm::Value* x, llvm::Value* y);
  llvm::Value* OperandsOk(uint32_t i) { return Both(A(i).ok, B(i).ok); }
  /// `body` where `condition` (null = always) holds, else false.
  llvm::Value* Guarded(llvm::Value* condition, const std::function<llvm::Value*()>& body);
  /// The words that `body` reads where `condition` holds (null = always), else zeros.
  using Words = llvm::SmallVector<llvm::Value*, 3>;
  Words GuardedWords(llvm::Value* condition, const std::function<Words()>& body);
  const Helpers& helpers() const { return helpers_; }
  /// Copied into the caller on the fast path.
  llvm::Value* CallHelper(llvm::Function* helper, llvm::ArrayRef<llvm::Value*> arguments);
  /// The bytes of two strings of the same length.
  llvm::Value* BytesEqual(const Lowered& x, const Lowered& y);
  /// Result of the call-out at `offset` in CallOuts, as a word, and as a truth.
  llvm::Value* CallWord(uint64_t offset, std::initializer_list<llvm::Value*> arguments);
  llvm::Value* CallOut(uint64_t offset, std::initializer_list<llvm::Value*> arguments);
  llvm::Value* AddressOf(const Lowered& value);  // of the slot; written to the stack if need be

  /// Closes the branch of a lazy And or Or: its rails there and where an operand was skipped.
  void Join(uint32_t i, Lowered& evaluated);
  bool IsLazy(uint32_t i) const { return plan_.lazy[i] != 0; }

  struct Element {
    llvm::Value* address = nullptr;
    bool is_record = false;
  };
  Element& ElementOf(uint32_t quantifier) { return elements_[quantifier]; }
  llvm::BasicBlock* NewBlock(std::string_view name);
  uint32_t Next(uint32_t i) const;
  /// The last instruction that stands directly in the body of `quantifier`.
  uint32_t ResultOf(uint32_t quantifier) const;

 private:
  struct Branch {  // around an operand that is put off
    llvm::BasicBlock* from = nullptr;
    llvm::BasicBlock* join = nullptr;
  };
  void EmitInOrder(uint32_t begin, uint32_t end);
  void EmitOne(uint32_t i);
  void Skip(uint32_t i, const Lowered& first);
  void Mutate(uint32_t i);
  void Count(uint32_t i);

  const Program& program_;
  const Shape& shape_;
  const Options& options_;
  const Inst* insts_;
  Path path_;
  Plan plan_;
  llvm::Function* function_;
  const Helpers& helpers_;
  llvm::IRBuilder<> builder_;
  Inputs inputs_;
  llvm::Value* consts_ = nullptr;
  std::vector<Lowered> values_;
  std::vector<Element> elements_;
  std::vector<Branch> branches_;
};

/// What kFast takes for granted, as bits of slots. Optional slots may well be absent: their loads
/// are checked on both paths.
struct SlotMask {
  uint64_t present[2] = {0, 0};  // loaded and not optional
  uint64_t clean[2] = {0, 0};    // not poisoned: their presence is asked
  bool IsEmpty() const { return (present[0] | present[1] | clean[0] | clean[1]) == 0; }
};
SlotMask TestedSlots(const Program& program, const Shape& shape);

/// Goes to `otherwise` unless the bodies of all `quantifiers`, which range over one list that is
/// present, hold for every element: the body of an All is true, of an Any false. One loop for all.
void RequireEach(Emitter& e, llvm::ArrayRef<uint32_t> quantifiers, llvm::BasicBlock* otherwise);

/// Emits instruction i. One a row of inst_kind.def; the linker says which is missing.
#define INST(name, ...) void Lower##name(Emitter& e, uint32_t i);
#include "runtime/program/inst_kind.def"
#undef INST

}  // namespace cap::jit
