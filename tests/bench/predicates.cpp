#include "tests/bench/predicates.h"

#include <algorithm>
#include <bit>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/interp/interp.h"
#include "runtime/jit/jit.h"
#include "tests/bench/baseline/baselines.h"
#include "tests/bench/meter.h"
#include "tests/bench/values.h"

namespace cap::bench {
namespace {

constexpr double kBadShare = 0.5;
constexpr uint64_t kSeed = 20260601;

constexpr double kInstructionsGoal = 1.10;
constexpr double kTimeGoal = 1.15;

const CallOuts& Calls() { return StandardCallOuts(); }

struct Mix {
  size_t permit = 0, step_up = 0, fail = 0, fault = 0;
};

/// One shape with its code on every side and its requests.
struct Case {
  const Baseline* baseline = nullptr;
  std::shared_ptr<const Program> program;
  const Shape* shape = nullptr;
  std::unique_ptr<jit::CompiledProgram> o0, o2;
  ShapeCode o0_code, o2_code;
  Arena arena;
  std::vector<Slot> consts;
  CapabilityRecord record;
  std::vector<Frame> permit, mixed;
  Mix mix;
};

void CheckLayout(const Layout& layout, const Program& program, const Capability& capability) {
  const Shape& shape = program.shapes[capability.shape];
  const Tool& tool = program.tools[shape.tool];
  const std::string at = std::string("layout of ") + layout.shape + ": ";
  if (tool.slots.size() != layout.slots.size()) {
    Die(at + fmt::format("{} slots, not {}", tool.slots.size(), layout.slots.size()));
  }
  for (size_t i = 0; i < layout.slots.size(); ++i) {
    if (tool.slots[i].path != layout.slots[i]) {
      Die(at + fmt::format("slot {} is {}, not {}", i, tool.slots[i].path, layout.slots[i]));
    }
  }
  if (shape.const_types.size() != layout.consts.size()) {
    Die(at + fmt::format("{} constants, not {}", shape.const_types.size(), layout.consts.size()));
  }
  for (size_t i = 0; i < layout.consts.size(); ++i) {
    if (ClassOf(program, shape.const_types[i]) != layout.consts[i]) {
      Die(at + fmt::format("constant {} is of another class", i));
    }
  }
}

std::unique_ptr<jit::CompiledProgram> CompileNative(const Program& program, jit::OptLevel level) {
  auto compiled = jit::CompiledProgram::Compile(program, {.level = level, .cpu = "x86-64-v3"});
  if (!compiled) Die(compiled.error().message);
  return std::move(*compiled);
}

uint64_t Interpret(const Case& c, const Frame& frame) {
  return interp::Admit(*c.program, *c.shape, frame.header(), &c.record, Calls());
}

void DrawRequests(Case& c, const nlohmann::json& values, size_t requests) {
  RequestSource source(*c.program, c.shape->tool, values, kSeed);
  for (int tries = 0; c.permit.size() < requests; ++tries) {
    if (tries > 100'000) Die(std::string(c.baseline->layout->shape) + ": nothing is permitted");
    Frame frame = source.Draw(0);
    if (frame.header() != nullptr && Interpret(c, frame) == kAdmitted) {
      c.permit.push_back(std::move(frame));
    }
  }
  for (int tries = 0; c.mixed.size() < requests; ++tries) {
    if (tries > 100'000) Die(std::string(c.baseline->layout->shape) + ": all is malformed");
    Frame frame = source.Draw(kBadShare);
    if (frame.header() == nullptr) continue;
    ClauseMasks masks;
    interp::Explain(*c.program, *c.shape, frame.header(), &c.record, Calls(), &masks);
    const uint64_t verdict = Interpret(c, frame);
    ++(verdict == kAdmitted ? c.mix.permit
       : verdict != kRefused ? c.mix.step_up
       : masks.fault != 0 ? c.mix.fault : c.mix.fail);
    c.mixed.push_back(std::move(frame));
  }
}

std::unique_ptr<Case> MakeCase(const Baseline& baseline, size_t requests) {
  auto c = std::make_unique<Case>();
  const std::string path = std::string(CAPC_BENCH_DIR "/shapes/") + baseline.layout->shape;
  c->baseline = &baseline;
  c->program = CompileFile(path + ".cap");
  const auto& all = c->program->capabilities;
  const auto found = std::find_if(all.begin(), all.end(), [&](const Capability& capability) {
    return capability.name == baseline.layout->action;
  });
  if (found == all.end()) Die(path + ": no capability");
  c->shape = &c->program->shapes[found->shape];
  CheckLayout(*baseline.layout, *c->program, *found);
  const auto values = nlohmann::json::parse(ReadText(path + ".json"));
  c->consts = EncodeConstants(*c->program, found->consts, c->shape->const_types,
                              values.value("bound", nlohmann::json::object()), c->arena);
  c->record.consts = c->consts.data();
  c->record.shape = found->shape;
  c->o0 = CompileNative(*c->program, jit::OptLevel::kO0);
  c->o2 = CompileNative(*c->program, jit::OptLevel::kO2);
  c->o0_code = c->o0->code()[found->shape];
  c->o2_code = c->o2->code()[found->shape];
  DrawRequests(*c, values, requests);
  return c;
}

/// Every engine and the baseline, on every request that will be timed.
void CheckAgreement(const Case& c) {
  for (const std::vector<Frame>* frames : {&c.permit, &c.mixed}) {
    for (size_t i = 0; i < frames->size(); ++i) {
      const FrameHeader* frame = (*frames)[i].header();
      const uint64_t verdict = Interpret(c, (*frames)[i]);
      ClauseMasks want;
      interp::Explain(*c.program, *c.shape, frame, &c.record, Calls(), &want);
      const auto check = [&](const char* side, AdmitFn admit, ExplainFn explain) {
        ClauseMasks got;
        explain(frame, &c.record, &Calls(), &got);
        const uint64_t admitted = admit(frame, &c.record, &Calls());
        if (admitted == verdict && got == want) return;
        Die(fmt::format("{}: request {}: {} says {:x} (fail {:x} fault {:x} skipped {:x}), the "
                        "interpreter {:x} (fail {:x} fault {:x} skipped {:x})",
                        c.baseline->layout->shape, i, side, admitted, got.fail, got.fault,
                        got.skipped, verdict, want.fail, want.fault, want.skipped));
      };
      check("the baseline", c.baseline->admit, c.baseline->explain);
      check("O0", c.o0_code.admit, c.o0_code.explain);
      check("O2", c.o2_code.admit, c.o2_code.explain);
    }
  }
}

std::vector<std::unique_ptr<Case>> MakeCases(const RunOptions& options) {
  std::vector<std::unique_ptr<Case>> cases;
  for (const Baseline& baseline : Baselines()) {
    if (!options.only.empty() && options.only != baseline.layout->shape) continue;
    cases.push_back(MakeCase(baseline, options.requests));
    CheckAgreement(*cases.back());
  }
  if (cases.empty()) Die("no shape named " + options.only);
  return cases;
}

Side NativeSide(const std::string& name, AdmitFn admit, const Case& c,
                const std::vector<Frame>& frames) {
  std::vector<const FrameHeader*> headers;
  for (const Frame& frame : frames) headers.push_back(frame.header());
  return {name, [admit, record = &c.record, headers] {
            const CallOuts* calls = &Calls();
            uint64_t sum = 0;
            for (const FrameHeader* header : headers) sum += admit(header, record, calls);
            return sum;
          }};
}

Side InterpreterSide(const Case& c, const std::vector<Frame>& frames) {
  return {"interpreter", [&c, &frames] {
            uint64_t sum = 0;
            for (const Frame& frame : frames) sum += Interpret(c, frame);
            return sum;
          }};
}

uint64_t AdmitNothing(const FrameHeader*, const CapabilityRecord*, const CallOuts*) { return 0; }

struct Row {
  std::string name;
  Comparison permit, mixed, control;
};

void PrintHeader() {
  fmt::print("{:<20}{:>8}{:>8} | {:>8}{:>8}{:>7} {:<15}| {:>8}{:>8}{:>7} {:<15}| {:>9}  {}\n",
             "G1 shape", "clauses", "insts", "permit", "hand", "ratio", "", "mixed", "hand",
             "ratio", "", "interp", "mix % (permit step-up false fault)");
}

void PrintRow(const Case& c, const Row& r) {
  const auto share = [&](size_t n) { return 100 * n / c.mixed.size(); };
  fmt::print("{:<20}{:>8}{:>8} | {:>6.1f}ns{:>6.1f}ns{:>7.3f} [{:.3f}, {:.3f}] | {:>6.1f}ns"
             "{:>6.1f}ns{:>7.3f} [{:.3f}, {:.3f}] | {:>8.1f}×  {} {} {} {}\n",
             r.name, c.shape->clause_count, c.shape->inst_count, r.permit.a_ns, r.permit.b_ns,
             r.permit.ratio, r.permit.low, r.permit.high, r.mixed.a_ns, r.mixed.b_ns, r.mixed.ratio,
             r.mixed.low, r.mixed.high, r.control.ratio, share(c.mix.permit), share(c.mix.step_up),
             share(c.mix.fail), share(c.mix.fault));
}

void PrintJson(const Row& r) {
  nlohmann::json out = {{"goal", "G1"}, {"shape", r.name}};
  const auto put = [&](const char* key, const Comparison& c) {
    out[key] = {{"ns", c.a_ns}, {"hand_ns", c.b_ns}, {"ratio", c.ratio}, {"low", c.low},
                {"high", c.high}};
  };
  put("permit", r.permit);
  put("mixed", r.mixed);
  put("control_interpreter", r.control);
  fmt::print("{}\n", out.dump());
}

double MedianRatio(const std::vector<Row>& rows, Comparison Row::*which) {
  std::vector<double> ratios;
  for (const Row& r : rows) ratios.push_back((r.*which).ratio);
  std::sort(ratios.begin(), ratios.end());
  return (ratios[(ratios.size() - 1) / 2] + ratios[ratios.size() / 2]) / 2;
}

const Row& Worst(const std::vector<Row>& rows, Comparison Row::*which) {
  return *std::max_element(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return (a.*which).ratio < (b.*which).ratio;
  });
}

}  // namespace

int RunPredicates(const RunOptions& options) {
  const auto cases = MakeCases(options);
  std::vector<Row> rows;
  if (!options.json) PrintHeader();
  for (const auto& c : cases) {
    Row row{c->baseline->layout->shape, {}, {}, {}};
    const auto pair = [&](const std::vector<Frame>& frames) {
      return Compare(NativeSide("native", c->o2_code.admit, *c, frames),
                     NativeSide("hand", c->baseline->admit, *c, frames), frames.size(),
                     options.pairs);
    };
    row.permit = pair(c->permit);
    row.mixed = pair(c->mixed);
    row.control = Compare(InterpreterSide(*c, c->mixed),
                          NativeSide("hand", c->baseline->admit, *c, c->mixed),
                          c->mixed.size(), 3);
    options.json ? PrintJson(row) : PrintRow(*c, row);
    rows.push_back(std::move(row));
  }
  const Row& worst = Worst(rows, &Row::mixed);
  const double median = MedianRatio(rows, &Row::mixed);
  const auto control = std::min_element(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.control.ratio < b.control.ratio;
  });
  if (!options.json) {
    fmt::print("G1 mixed time: median {:.3f}, worst {:.3f} ({}), goal {:.2f}; permit time: median "
               "{:.3f}, worst {:.3f} ({}); control (interpreter) at least {:.1f}\n",
               median, worst.mixed.ratio, worst.name, kTimeGoal, MedianRatio(rows, &Row::permit),
               Worst(rows, &Row::permit).permit.ratio, Worst(rows, &Row::permit).name,
               control->control.ratio);
  }
  return worst.mixed.ratio <= kTimeGoal && control->control.ratio > kTimeGoal ? 0 : 4;
}

int CountPredicates(const RunOptions& options) {
  constexpr uint32_t kRounds = 2;
  for (const auto& c : MakeCases(options)) {
    const std::string name = c->baseline->layout->shape;
    for (const auto* frames : {&c->permit, &c->mixed}) {
      const std::string mix = frames == &c->permit ? "permit" : "mixed";
      const auto count = [&](const std::string& side, AdmitFn admit) {
        CountInstructions(fmt::format("g1 {} {} {} {}", name, mix, side, kRounds * frames->size()),
                          NativeSide(side, admit, *c, *frames), kRounds);
      };
      count("nothing", AdmitNothing);
      count("hand", c->baseline->admit);
      count("native", c->o2_code.admit);
      count("o0", c->o0_code.admit);
    }
  }
  return 0;
}

int SmokePredicates() {
  const size_t shapes = MakeCases({}).size();
  fmt::print("G1: {} shapes, {} requests each: interpreter, O0, O2 and baseline agree\n", shapes,
             2 * RunOptions{}.requests);
  return 0;
}

}  // namespace cap::bench
