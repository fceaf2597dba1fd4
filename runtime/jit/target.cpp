#include "runtime/jit/target.h"

#include <fmt/format.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>

#include <mutex>

namespace cap::jit {
namespace {

void InitialiseOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
}

// LLVM only warns of a CPU that it does not know, and then makes code for another one.
bool KnowsCpu(const llvm::orc::JITTargetMachineBuilder& builder, const std::string& cpu) {
  std::string error;
  const std::string& triple = builder.getTargetTriple().str();
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (target == nullptr) return false;
  const std::unique_ptr<llvm::MCSubtargetInfo> info(target->createMCSubtargetInfo(triple, "", ""));
  return info != nullptr && info->isCPUStringValid(cpu);
}

}  // namespace

Error ToError(llvm::Error error) { return {"jit-failed", llvm::toString(std::move(error))}; }

Result<llvm::orc::JITTargetMachineBuilder> TargetFor(const Options& options) {
  InitialiseOnce();
  auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!builder) return Fail("jit-unavailable", llvm::toString(builder.takeError()));
  if (!options.cpu.empty()) {
    if (!KnowsCpu(*builder, options.cpu)) {
      return Fail("jit-unavailable",
                  fmt::format("this host's target knows no CPU '{}'; leave it empty for the host's",
                              options.cpu));
    }
    builder->setCPU(options.cpu);
    builder->getFeatures() = llvm::SubtargetFeatures();
  }
  builder->setCodeGenOptLevel(options.level == OptLevel::kO0 ? llvm::CodeGenOptLevel::None
                                                             : llvm::CodeGenOptLevel::Default);
  return std::move(*builder);
}

}  // namespace cap::jit
