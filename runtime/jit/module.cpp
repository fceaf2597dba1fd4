#include "runtime/jit/module.h"

#include <fmt/format.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/raw_ostream.h>

#include <map>

#include "runtime/jit/function.h"

namespace cap::jit {
namespace {

void Optimise(llvm::Module& module, OptLevel level, llvm::TargetMachine& target) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager calls;
  llvm::ModuleAnalysisManager modules;
  // No library function is known: the code links to nothing.
  llvm::TargetLibraryInfoImpl library(
      module.getTargetTriple().empty() ? llvm::Triple() : llvm::Triple(module.getTargetTriple()));
  library.disableAllFunctions();
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
  // Lists have few elements: unrolled and vectorised loops would only be more code.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopUnrolling = false;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  llvm::PassBuilder builder(&target, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(calls);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, calls, modules);
  llvm::ModulePassManager passes =
      level == OptLevel::kO0 ? builder.buildO0DefaultPipeline(llvm::OptimizationLevel::O0)
                             : builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2);
  passes.run(module, modules);
}

// Helpers that no shape of this module calls, before any time is spent on them.
void DropUnused(llvm::Module& module) {
  for (bool dropped = true; dropped;) {
    dropped = false;
    for (llvm::Function& function : llvm::make_early_inc_range(module)) {
      if (!function.hasLocalLinkage() || !function.use_empty()) continue;
      function.eraseFromParent();
      dropped = true;
    }
  }
}

// Gives every constant that a function can return its own return block. The passes join all returns
// into one, and the constant of the cold ones would then wait in a register on the hot path.
void SplitReturns(llvm::Function& function) {
  for (llvm::BasicBlock& block : function) {
    auto* phi = llvm::dyn_cast<llvm::PHINode>(&block.front());
    auto* leave = llvm::dyn_cast<llvm::ReturnInst>(block.getTerminator());
    if (phi == nullptr || leave == nullptr || leave->getReturnValue() != phi ||
        phi->getNextNode() != leave || phi->hasNUsesOrMore(2)) {
      continue;
    }
    std::map<llvm::Constant*, llvm::BasicBlock*> returns;
    for (unsigned i = phi->getNumIncomingValues(); i-- > 0;) {
      auto* constant = llvm::dyn_cast<llvm::Constant>(phi->getIncomingValue(i));
      if (constant == nullptr || phi->getNumIncomingValues() == 1) continue;
      llvm::BasicBlock*& target = returns[constant];
      if (target == nullptr) {
        target = llvm::BasicBlock::Create(function.getContext(), "return", &function);
        llvm::ReturnInst::Create(function.getContext(), constant, target);
      }
      llvm::BasicBlock* from = phi->getIncomingBlock(i);
      from->getTerminator()->replaceSuccessorWith(&block, target);
      phi->removeIncomingValue(i, false);
    }
    return;  // the list of blocks has changed, and there is one such block
  }
}

}  // namespace

Result<std::unique_ptr<llvm::Module>> BuildModule(llvm::LLVMContext& context,
                                                  const Program& program, uint32_t begin,
                                                  uint32_t end, const Options& options,
                                                  llvm::TargetMachine& target) {
  auto module = std::make_unique<llvm::Module>(fmt::format("shapes_{}", begin), context);
  module->setTargetTriple(target.getTargetTriple().str());
  module->setDataLayout(target.createDataLayout());
  const Helpers helpers = EmitHelpers(*module, options.level);
  for (uint32_t shape = begin; shape < end; ++shape) {
    switch (program.shapes[shape].kind) {
      case ShapeKind::kCapability:
        EmitCapability(*module, helpers, program, shape, options);
        break;
      case ShapeKind::kPredicate:
        EmitPredicate(*module, helpers, program, shape, options);
        break;
    }
  }
  DropUnused(*module);
  std::string reason;
  llvm::raw_string_ostream out(reason);
  if (llvm::verifyModule(*module, &out)) {
    return Fail("jit-failed", fmt::format("the lowering made invalid code: {}", out.str()));
  }
  Optimise(*module, options.level, target);
  for (llvm::Function& function : *module) SplitReturns(function);
  return module;
}

}  // namespace cap::jit
