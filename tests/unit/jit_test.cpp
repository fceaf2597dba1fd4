// Native code against the interpreter: random expressions over every opcode, and the rules of
// clauses one by one.
#include "runtime/jit/jit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <span>
#include <string>

#include "runtime/interp/interp.h"
#include "tests/unit/jit_program.h"

namespace cap {
namespace {

using namespace cap::test;

struct Outcome {
  uint64_t verdict = 0;  // of admit or predicate
  ClauseMasks masks;
  bool operator==(const Outcome&) const = default;
};

Outcome Interpreted(const Program& p, const Shape& shape, const Case& c) {
  Outcome o;
  const CallOuts& calls = StandardCallOuts();
  if (shape.kind == ShapeKind::kPredicate) {
    o.verdict = interp::Predicate(p, shape, &c.frame.header, &c.record, calls);
    return o;
  }
  o.verdict = interp::Admit(p, shape, &c.frame.header, &c.record, calls);
  interp::Explain(p, shape, &c.frame.header, &c.record, calls, &o.masks);
  return o;
}

Outcome Native(const ShapeCode& code, const Case& c) {
  Outcome o;
  const CallOuts& calls = StandardCallOuts();
  if (code.predicate != nullptr) {
    o.verdict = code.predicate(&c.frame.header, &c.record, &calls);
    return o;
  }
  o.verdict = code.admit(&c.frame.header, &c.record, &calls);
  code.explain(&c.frame.header, &c.record, &calls, &o.masks);
  return o;
}

std::unique_ptr<jit::CompiledProgram> Compiled(const Program& p, const jit::Options& options) {
  auto compiled = jit::CompiledProgram::Compile(p, options);
  if (!compiled) FAIL(compiled.error().code << ": " << compiled.error().message);
  return std::move(*compiled);
}

jit::Options At(jit::OptLevel level) {
  jit::Options options;
  options.level = level;
  return options;
}

// Of memory that holds code and no file: what a JIT maps.
uint64_t ExecutableBytes() {
  std::ifstream maps("/proc/self/maps");
  uint64_t bytes = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    char access[5] = {};
    unsigned long inode = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx %4s %*s %*s %lu", &begin, &end, access, &inode) == 4 &&
        access[2] == 'x' && inode == 0) {
      bytes += end - begin;
    }
  }
  return bytes;
}

uint32_t Differences(const Program& p, const jit::CompiledProgram& code, uint32_t cases,
                     uint64_t seed) {
  uint32_t differences = 0;
  Random random(seed);
  for (uint32_t i = 0; i < cases; ++i) {
    const Case c(random);
    for (size_t s = 0; s < p.shapes.size(); ++s) {
      const Outcome native = Native(code.code()[s], c);
      if (!(native == Interpreted(p, p.shapes[s], c))) ++differences;
      if (p.shapes[s].kind != ShapeKind::kCapability) continue;
      if ((native.verdict == kAdmitted) != (native.masks == ClauseMasks{})) ++differences;
    }
  }
  return differences;
}

/// The same program with the first shapes that `op` stands in: enough of them to notice a mutant.
Program With(Op op, const Program& p) {
  constexpr size_t kShapes = 60;
  Program few = p;
  few.shapes.clear();
  for (const Shape& shape : p.shapes) {
    const auto insts = std::span(p.insts).subspan(shape.first_inst, shape.inst_count);
    if (few.shapes.size() < kShapes && std::ranges::find(insts, op, &Inst::op) != insts.end()) {
      few.shapes.push_back(shape);
    }
  }
  return few;
}

}  // namespace

TEST_CASE("native code agrees with the interpreter on random expressions at O0 and O2") {
  for (uint64_t seed : {1u, 2u}) {
    Random random(seed);
    const Program p = RandomProgram(150, random);
    for (jit::OptLevel level : {jit::OptLevel::kO0, jit::OptLevel::kO2}) {
      CHECK(Differences(p, *Compiled(p, At(level)), 100, seed + 100) == 0);
    }
  }
}

TEST_CASE("every opcode runs true, false and faulting, and a mutant of each is noticed") {
  Random random(13);
  const Program p = RandomProgram(500, random);
  jit::OpCounters counters;
  jit::Options options = At(jit::OptLevel::kO0);
  options.counters = &counters;
  CHECK(Differences(p, *Compiled(p, options), 250, 8) == 0);
  for (uint16_t op = 0; op < kOpCount; ++op) {
    const OpInfo& info = InfoOf(static_cast<Op>(op));
    CAPTURE(info.name);
    const bool boolean = !info.typed_result && info.result == ValueClass::kBool;
    CHECK(counters.seen[op][0] > 0);
    if (boolean && info.name != "Usable") CHECK(counters.seen[op][1] > 0);
    const bool faults = info.may_fault || (info.a == OperandKind::kValue && info.name != "Acts" &&
                                           info.name != "Approved");
    CHECK((counters.seen[op][2] > 0) == faults);
    jit::Options mutant = At(jit::OptLevel::kO0);
    mutant.mutant_op = op;
    const Program few = With(static_cast<Op>(op), p);
    const auto code = Compiled(few, mutant);
    uint32_t noticed = 0;
    for (uint64_t seed = 9; seed < 19 && noticed == 0; ++seed) {
      noticed = Differences(few, *code, 150, seed);
    }
    CHECK(noticed > 0);
  }
}

// One capability: a required clause of class 0, one of class 1, and step-ups of both classes.
TEST_CASE("clauses of class 1 are skipped, step-ups are counted, and refusal is one value") {
  Random random(1);
  Program p = EmptyProgram();
  Builder b(p, random);
  b.Begin(ShapeKind::kCapability);
  const auto text_in = [&](uint32_t slot) {
    const uint32_t text = b.Add(Op::kLoad, kTString, slot);
    const uint32_t list = b.Add(Op::kLoad, kTTextSet, 18);
    b.Add(Op::kStrIn, kTBool, text, list);
  };
  b.Add(Op::kLoad, kTBool, 0);
  b.EndClause(ClauseKind::kRequire);
  text_in(8);
  b.EndClause(ClauseKind::kRequire);
  b.Add(Op::kLoad, kTBool, 1);
  b.EndClause(ClauseKind::kStepUp);
  text_in(9);
  b.EndClause(ClauseKind::kStepUp);
  b.End();

  for (jit::OptLevel level : {jit::OptLevel::kO0, jit::OptLevel::kO2}) {
    const auto code = Compiled(p, At(level));
    Random values(2);
    Case c(values);
    c.frame.header.present[0] = ~uint64_t{0};
    c.frame.header.poison[0] = 0;
    const std::string member = "member";
    const std::string other = "other";
    const Slot list = StringSlot(member);
    c.frame.slots[18] = {reinterpret_cast<uintptr_t>(&list), PackPair(1, 1)};
    auto run = [&](bool first, const std::string& second, bool third, const std::string& fourth) {
      c.frame.slots[0] = {first, 0};
      c.frame.slots[8] = StringSlot(second);
      c.frame.slots[1] = {third, 0};
      c.frame.slots[9] = StringSlot(fourth);
      const Outcome native = Native(code->code()[0], c);
      CHECK(native == Interpreted(p, p.shapes[0], c));
      return native;
    };
    CHECK(run(true, member, true, member) == Outcome{kAdmitted, {}});
    CHECK(run(true, member, false, member) == Outcome{0b0100, {.fail = 0b0100}});
    CHECK(run(true, member, false, other) == Outcome{0b1100, {.fail = 0b1100}});
    CHECK(run(true, other, false, other) == Outcome{kRefused, {.fail = 0b1110}});
    CHECK(run(false, member, true, member) == Outcome{kRefused, {.fail = 1, .skipped = 0b1010}});
    c.frame.header.present[0] &= ~uint64_t{0b11};  // both booleans are missing: the checked path
    CHECK(run(true, member, true, member) ==
          Outcome{kRefused, {.fault = 0b0101, .skipped = 0b1010}});
    c.frame.header.present[0] |= 1;
    CHECK(run(true, member, true, member) == Outcome{0b0100, {.fault = 0b0100}});
  }
}

// Three required clauses over one list, which native code joins into one loop.
TEST_CASE("quantifiers over one list are required together") {
  Random random(1);
  Program p = EmptyProgram();
  Builder b(p, random);
  constexpr uint32_t kItemsSlot = 20;
  b.Begin(ShapeKind::kCapability);
  const auto count_below = [&](Op quantifier, uint32_t constant) {
    const uint32_t list = b.Add(Op::kLoad, kTItems, kItemsSlot);
    const uint32_t q = b.Add(quantifier, kTBool, list, 3);
    const uint32_t count = b.Add(Op::kElement, kTInt, q, 1);
    const uint32_t limit = b.Add(Op::kLoad, kTInt, constant);
    b.Add(Op::kWordLt, kTBool, count, limit);
    if (quantifier == Op::kAny) b.Add(Op::kNot, kTBool, q);
    b.EndClause(ClauseKind::kRequire);
  };
  count_below(Op::kAll, 2);
  count_below(Op::kAny, 3);
  count_below(Op::kAll, 2 + kOptionalFrom);
  b.End();
  for (jit::OptLevel level : {jit::OptLevel::kO0, jit::OptLevel::kO2}) {
    const auto code = Compiled(p, At(level));
    CHECK(Differences(p, *code, 2000, 5) == 0);
  }
}

// Every length around those at which native code changes its loads, every byte that may differ. The
// hashes are made equal, as an attacker would, so that only the bytes can tell.
TEST_CASE("bytes decide, whatever the hashes say") {
  Random random(1);
  Program p = EmptyProgram();
  Builder b(p, random);
  for (Op op : {Op::kStrEq, Op::kStrLt, Op::kStrPrefix, Op::kStrSuffix}) {
    b.Begin(ShapeKind::kPredicate);
    const uint32_t left = b.Add(Op::kLoad, kTString, 8);
    const uint32_t right = b.Add(Op::kLoad, kTString, 9);
    b.Add(op, kTBool, left, right);
    b.EndClause(ClauseKind::kRequire);
    b.End();
  }
  const auto code = Compiled(p, At(jit::OptLevel::kO2));
  Case c(random);
  c.frame.header.present[0] = ~uint64_t{0};
  uint32_t wrong = 0;
  for (size_t length = 0; length <= 70; ++length) {
    const std::string text(length, 'm');
    for (size_t at = 0; at <= length; ++at) {
      for (const char byte : {'a', 'z', '\xff'}) {
        std::string other = text;
        if (at < length) other[at] = byte;
        c.frame.slots[8] = StringSlot(text);
        c.frame.slots[9] = {StringSlot(other).lo, c.frame.slots[8].hi};
        wrong += code->code()[0].predicate(&c.frame.header, &c.record, &StandardCallOuts()) !=
                 (text == other ? 1u : 2u);
        for (size_t s = 0; s < p.shapes.size(); ++s) {
          wrong += !(Native(code->code()[s], c) == Interpreted(p, p.shapes[s], c));
        }
        c.frame.slots[9] = StringSlot(std::string_view(other).substr(0, at));
        for (size_t s = 1; s < p.shapes.size(); ++s) {
          wrong += !(Native(code->code()[s], c) == Interpreted(p, p.shapes[s], c));
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a thousand shapes compile in batches, and their memory is given back") {
  Random random(11);
  const Program p = RandomProgram(1000, random);
  jit::Options options = At(jit::OptLevel::kO0);
  options.batch_shapes = 300;
  const uint64_t before = ExecutableBytes();
  {
    const auto code = Compiled(p, options);
    CHECK(Differences(p, *code, 2, 12) == 0);
    CHECK(ExecutableBytes() > before);
  }
  CHECK(ExecutableBytes() == before);
}

TEST_CASE("an unknown CPU is an error, and LLVM IR has the shapes' functions") {
  Random random(13);
  const Program p = RandomProgram(2, random);
  jit::Options options = At(jit::OptLevel::kO2);
  options.cpu = "no-such-cpu";
  const auto refused = jit::CompiledProgram::Compile(p, options);
  REQUIRE(!refused);
  CHECK(refused.error().code == "jit-unavailable");
  // At O2 the passes add flags that they have proved; none may stand in what the lowering writes.
  const auto text = jit::EmitLlvm(p, At(jit::OptLevel::kO0));
  REQUIRE(text);
  for (const char* name : {"@predicate_0(", "@admit_1(", "@explain_1("}) {
    CHECK(text->find(name) != std::string::npos);
  }
  for (const char* banned : {" nsw ", "inbounds", "noundef", "llvm.assume", "exact "}) {
    CAPTURE(std::string(banned));
    CHECK(text->find(banned) == std::string::npos);
  }
}

}  // namespace cap
