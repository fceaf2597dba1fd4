// The functions of one shape: admit, explain and predicate of abi.h.
#pragma once

#include <llvm/IR/Module.h>

#include <string>
#include <vector>

#include "runtime/jit/jit.h"

namespace cap::jit {

/// Functions of a module that all its shapes call; none is visible outside. Strings and lists are
/// passed as the two words of their slots.
struct Helpers {
  llvm::Function* admit_checked = nullptr;  // (frame, record, calls, explain, step-ups) -> i64
  llvm::Function* bytes_equal = nullptr;    // (frame, a, calls, b, length) -> i1
  llvm::Function* str_in = nullptr;         // (text, list, frame, calls) -> i1
  llvm::Function* str_subset = nullptr;     // (set, set, frame, calls) -> i1
  llvm::Function* str_prefix = nullptr;     // (text, part, frame, calls) -> i1
  llvm::Function* str_suffix = nullptr;     // (text, part, frame, calls) -> i1
  llvm::Function* str_less = nullptr;       // (frame, text, calls, text) -> i1, texts by address
  llvm::Function* str_disjoint = nullptr;   // (frame, list, calls, list) -> i1, lists by address
  llvm::Function* word_in = nullptr;        // (word, list) -> i1
  llvm::Function* word_subset = nullptr;    // (set, set) -> i1
};
Helpers EmitHelpers(llvm::Module& module, OptLevel level);
void EmitListHelpers(llvm::Module& module, Helpers& helpers, OptLevel level);
void EmitOrderHelper(llvm::Module& module, Helpers& helpers);

/// The call-out at `offset` of CallOuts with its `arguments`, as (frame, first, calls, others) ->
/// i1. It saves every register that its caller may use, so that callers need none that survive
/// calls: what is decided without a call-out then pays for no pushes and pops. Frame and call-outs
/// stand where admit got them, the frame unread, so that neither has to move.
llvm::Function* EmitFar(llvm::Module& module, const char* name, uint64_t offset,
                        const std::vector<llvm::Type*>& arguments);

/// A function with an empty first block.
llvm::Function* NewFunction(llvm::Module& module, llvm::Type* result,
                            const std::vector<llvm::Type*>& arguments, const std::string& name);

std::string SymbolOf(const char* role, uint32_t shape);  // "admit_17"

void EmitCapability(llvm::Module& module, const Helpers& helpers, const Program& program,
                    uint32_t shape, const Options& options);
void EmitPredicate(llvm::Module& module, const Helpers& helpers, const Program& program,
                   uint32_t shape, const Options& options);

}  // namespace cap::jit
