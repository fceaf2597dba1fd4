#include "tests/diff/flips.h"

#include <fmt/format.h>

#include "runtime/interp/interp.h"
#include "runtime/jit/jit.h"
#include "runtime/program/bundle.h"

namespace cap::diff {
namespace {

using test::Random;

class AcceptedRunner {
 public:
  AcceptedRunner(const Program& program, Random& random, FlipTotals& totals)
      : program_(program), hints_(program), slots_(program, hints_, random), totals_(totals) {}

  void Run() {
    jit::Options options;
    options.level = jit::OptLevel::kO0;
    auto native = jit::CompiledProgram::Compile(program_, options);
    if (!native) return Disagree("native code: " + native.error().message);
    native_ = &(*native)->code();
    for (const Capability& capability : program_.capabilities) {
      Rule(capability.shape, capability.consts);
    }
    for (const Forbid& forbid : program_.forbids) {
      if (forbid.shape != kNone) Rule(forbid.shape, forbid.consts);
    }
  }

 private:
  void Rule(uint32_t index, const std::vector<ConstSource>& consts) {
    const Shape& shape = program_.shapes[index];
    const ShapeCode& code = (*native_)[index];
    Arena arena;
    const test::RecordImage record(slots_.Consts(index, consts, arena));
    for (int i = 0; i < 3; ++i) {
      const test::FrameImage frame = slots_.Frame(shape.tool);
      ++totals_.runs;
      const CallOuts& calls = StandardCallOuts();
      if (shape.kind == ShapeKind::kPredicate) {
        const uint64_t bits =
            interp::Predicate(program_, shape, frame.get(), record.get(), calls);
        if (code.predicate(frame.get(), record.get(), &calls) != bits) Disagree("a predicate");
        continue;
      }
      ClauseMasks masks;
      ClauseMasks own;
      interp::Explain(program_, shape, frame.get(), record.get(), calls, &masks);
      code.explain(frame.get(), record.get(), &calls, &own);
      const uint64_t admit = interp::Admit(program_, shape, frame.get(), record.get(), calls);
      const bool same = code.admit(frame.get(), record.get(), &calls) == admit;
      if (!same || !(own == masks)) Disagree(fmt::format("shape {}", index));
    }
  }
  void Disagree(std::string what) {
    ++totals_.disagreements;
    if (totals_.example.empty()) totals_.example = std::move(what);
  }

  const Program& program_;
  const test::Hints hints_;
  test::RandomSlots slots_;
  FlipTotals& totals_;
  const std::vector<ShapeCode>* native_ = nullptr;
};

}  // namespace

void FlipBundle(const Program& program, Random& random, uint64_t count, FlipTotals& totals) {
  constexpr size_t kHeaderBytes = 52;
  const std::string good = WriteBundle(program);
  for (uint64_t i = 0; i < count; ++i) {
    std::string bytes = good;
    const uint64_t bit = test::Below(random, (good.size() - kHeaderBytes) * 8);
    char& byte = bytes[kHeaderBytes + bit / 8];
    byte = static_cast<char>(byte ^ 1 << bit % 8);
    RepairChecksum(bytes);
    const auto read = ReadBundle(bytes);
    ++totals.flips;
    if (read) {
      ++totals.accepted;
      AcceptedRunner(**read, random, totals).Run();
    } else {
      ++(read.error().code == "bundle-verify" ? totals.verifier : totals.decoder);
    }
  }
}

}  // namespace cap::diff
