// The functions of one shape: admit, explain and predicate of abi.h.
#pragma once

#include <string>
#include <vector>

#include <llvm/IR/Module.h>

#include "runtime/jit/jit.h"

namespace cap::jit {

/// Functions of a module that all its shapes call; none is visible outside.
struct Helpers {
  llvm::Function* bytes_equal = nullptr;     // (a, b, length, calls) -> i1
  llvm::Function* admit_checked = nullptr;   // (frame, record, calls, explain, step-ups) -> i64
};
Helpers EmitHelpers(llvm::Module& module);

/// A function with an empty first block.
llvm::Function* NewFunction(llvm::Module& module, llvm::Type* result,
                            const std::vector<llvm::Type*>& arguments, const std::string& name);

std::string SymbolOf(const char* role, uint32_t shape);  // "admit_17"

void EmitCapability(llvm::Module& module, const Helpers& helpers, const Program& program,
                    uint32_t shape, const Options& options);
void EmitPredicate(llvm::Module& module, const Helpers& helpers, const Program& program,
                   uint32_t shape, const Options& options);

}  // namespace cap::jit
