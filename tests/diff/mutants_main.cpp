// Shows that the differential run would notice a mistake: one opcode is wrong at a time, first in
// native code, then in the interpreter (this program links the one built with CAPC_MUTANTS), and
// demands a disagreement each time. With no opcode wrong there must be none.
#include <fmt/core.h>

#include <cstdlib>

#include "runtime/interp/mutant.h"
#include "tests/diff/differ.h"
#include "tests/diff/generator.h"

namespace cap::diff {
namespace {

constexpr uint64_t kSeed = 4'711;
constexpr size_t kModules = 120;
constexpr size_t kPolicies = 40;
constexpr size_t kRequests = 24;

struct Prepared {
  Subject subject;
  std::unique_ptr<jit::CompiledProgram> native;
};

std::unique_ptr<jit::CompiledProgram> CompileNative(const Program& program, uint16_t mutant) {
  jit::Options options;
  options.level = jit::OptLevel::kO0;
  options.mutant_op = mutant;
  auto compiled = jit::CompiledProgram::Compile(program, options);
  if (!compiled) {
    fmt::print("native code: {}\n", compiled.error().message);
    std::exit(1);
  }
  return std::move(*compiled);
}

bool Uses(const Program& program, Op op) {
  for (const Inst& inst : program.insts) {
    if (inst.op == op) return true;
  }
  return false;
}

/// Disagreements of the same requests over again; stops at the first module that has one.
uint64_t Disagreements(const std::vector<Prepared>& prepared, uint16_t native_mutant,
                       uint16_t interp_mutant) {
  uint64_t found = 0;
  const uint16_t mutant = native_mutant != jit::kNoMutant ? native_mutant : interp_mutant;
  for (const Prepared& one : prepared) {
    if (mutant != jit::kNoMutant && !Uses(*one.subject.program, static_cast<Op>(mutant))) continue;
    std::unique_ptr<jit::CompiledProgram> own;
    if (native_mutant != jit::kNoMutant) own = CompileNative(*one.subject.program, native_mutant);
    Random random(kSeed);
    Differ differ(kRequests, random);
    interp::SetMutant(interp_mutant);
    differ.Run(one.subject, {{"native", &(own ? own : one.native)->code()}});
    interp::SetMutant(interp::kNoMutant);
    found += differ.totals.disagreements;
    if (found != 0) break;
  }
  return found;
}

int Run() {
  Random random(kSeed);
  std::map<std::string, uint64_t> refused;
  std::vector<Prepared> prepared;
  for (size_t i = 0; i < kModules; ++i) {
    Subject subject = MakeSubject(GenerateModule(random, 16, kPolicies), refused);
    if (!subject.problems.empty()) {
      fmt::print("{}\n", subject.problems[0]);
      return 1;
    }
    auto native = CompileNative(*subject.program, jit::kNoMutant);
    prepared.push_back({std::move(subject), std::move(native)});
  }
  const uint64_t honest = Disagreements(prepared, jit::kNoMutant, interp::kNoMutant);
  uint64_t missed = honest != 0;
  fmt::print("no mutant: {} disagreements\n", honest);
  for (uint16_t op = 0; op < kOpCount; ++op) {
    const uint64_t native = Disagreements(prepared, op, interp::kNoMutant);
    const uint64_t interp = Disagreements(prepared, jit::kNoMutant, op);
    missed += (native == 0) + (interp == 0);
    fmt::print("{:16} native {:6} interpreter {:6}{}\n", InfoOf(static_cast<Op>(op)).text, native,
               interp, native == 0 || interp == 0 ? "  NOT NOTICED" : "");
  }
  fmt::print("{} opcodes in two engines, {} mutants not noticed\n", kOpCount, missed);
  return missed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace cap::diff

int main() { return cap::diff::Run(); }
