// A batch of shapes as one LLVM module, verified and optimised.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>

#include "runtime/jit/jit.h"

namespace cap::jit {

/// Shapes [begin, end) of `program`. Error "jit-failed": the IR does not verify.
Result<std::unique_ptr<llvm::Module>> BuildModule(llvm::LLVMContext& context,
                                                  const Program& program, uint32_t begin,
                                                  uint32_t end, const Options& options,
                                                  llvm::TargetMachine& target);

}  // namespace cap::jit
