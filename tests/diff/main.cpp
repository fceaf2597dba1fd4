// The differential run: random policies and requests through oracle, interpreter, native code at O0
// and O2, a bundle, and three engines whole. Prints a table; exits with 1 on any disagreement, and
// where the run did not reach what it is for.
#include "tests/diff/whole.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <string_view>

#include "runtime/program/ir.h"
#include "tests/diff/differ.h"
#include "tests/diff/families.h"
#include "tests/diff/flips.h"
#include "tests/diff/generator.h"
#include "tests/diff/shared.h"
#include "tests/support/options.h"

namespace cap::diff {
namespace {

struct RunOptions {
  uint64_t seed = 20'261'121;
  uint64_t programs = 5'200;
  uint64_t requests = 312'000;
  uint64_t gaps = 0;  // opcodes that may stay without an outcome: a small run does not reach all
};

/// Opcodes that never ended one way: rows of "name: true, fault", as far as the opcode can.
template <typename Counters>
uint64_t PrintGaps(std::string_view engine, const Counters& counters) {
  uint64_t gaps = 0;
  for (uint16_t op = 0; op < kOpCount; ++op) {
    const OpInfo& info = InfoOf(static_cast<Op>(op));
    const auto& seen = counters.seen[op];
    const bool is_bool = !info.typed_result && info.result == ValueClass::kBool;
    // What no program can make: `acts` and approvals (whose operand is a constant) that fault.
    const bool operands = info.a == OperandKind::kValue || info.b == OperandKind::kValue;
    const bool may_fault = (info.may_fault || operands) && static_cast<Op>(op) != Op::kActs &&
                           static_cast<Op>(op) != Op::kApproved;
    std::string gap;
    if (seen[0] == 0) gap += is_bool ? " true" : " value";
    if (is_bool && seen[1] == 0 && static_cast<Op>(op) != Op::kUsable) gap += " false";
    if (may_fault && seen[2] == 0) gap += " fault";
    if (gap.empty()) continue;
    ++gaps;
    fmt::print("  {}: {} was never{}\n", engine, info.text, gap);
  }
  return gaps;
}

/// Null where it cannot be made.
std::shared_ptr<jit::CompiledProgram> CodeOf(const Program& program, jit::OptLevel level,
                                             jit::OpCounters* counters = nullptr) {
  jit::Options options;
  options.level = level;
  options.counters = counters;
  auto compiled = jit::CompiledProgram::Compile(program, options);
  return compiled ? std::shared_ptr<jit::CompiledProgram>(std::move(*compiled)) : nullptr;
}

class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options), random_(options.seed),
        differ_(options.requests / options.programs, random_),
        family_random_(options.seed), families_(64, family_random_),
        shared_random_(options.seed), shared_(64, shared_random_) {
    interp::SetCounters(&interp_counters_);
  }

  int Go() {
    const auto start = std::chrono::steady_clock::now();
    while (differ_.totals.shown < options_.programs && good_) Module();
    for (int i = 0; i < 5 && good_; ++i) FlipModule();
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return Print();
  }

 private:
  void Module() {
    constexpr size_t kActions = 16;
    constexpr size_t kPolicies = 64;
    Subject subject = MakeSubject(GenerateModule(random_, kActions, kPolicies), refused_);
    if (!subject.problems.empty()) return Stop(subject.problems[0]);
    // Most modules keep only what decides something; some run as they came, with statements that
    // exclude or imply each other.
    const bool shown = modules_ % 10 != 9;
    Witnesses witnesses;
    if (shown) witnesses = KeepWhatDecides(subject, random_, refused_, witness_totals_);
    if (!subject.problems.empty()) return Stop(subject.problems[0]);
    const Program& program = *subject.program;
    // Nearly all of the time goes into native code, so both cores make it.
    auto later = std::async(std::launch::async,
                            [&program] { return CodeOf(program, jit::OptLevel::kO2); });
    const auto o0 = CodeOf(program, jit::OptLevel::kO0);
    const bool counts = modules_ % 2 == 0;
    const auto counted =
        counts ? CodeOf(program, jit::OptLevel::kO0, &jit_counters_) : nullptr;
    const auto o2 = later.get();
    if (o0 == nullptr || o2 == nullptr || (counts && counted == nullptr)) {
      return Stop("native code could not be made");
    }
    WholeEngines engines(subject, o0, o2);
    differ_.on_case = [&](const Case& at) {
      const std::string what = engines.Compare(at);
      ++decisions_;
      if (!what.empty()) differ_.Disagree(at, what);
    };
    std::vector<Native> natives = {{"O0", &o0->code()}, {"O2", &o2->code()}};
    if (counts) natives.push_back({"counted", &counted->code()});
    differ_.SetRequests(RequestsNext());
    differ_.Run(subject, natives, shown ? &witnesses : nullptr);
    differ_.on_case = nullptr;
    if (shown && modules_ % 5 == 0) Families(subject.module);
    if (shown && modules_ % 5 == 1) Shared(subject.module);
    ++modules_;
  }

  /// Policies that extend those of the module, as the compiler joins them.
  void Families(ModuleModel module) {
    AddChildren(module, family_random_);
    Subject subject = MakeSubject(std::move(module), family_refused_);
    if (!subject.problems.empty()) return Stop(subject.problems[0]);
    const ModuleModel written = subject.module;
    subject.module.policies = WholeChildren(written);
    const auto o0 = CodeOf(*subject.program, jit::OptLevel::kO0);
    const auto o2 = CodeOf(*subject.program, jit::OptLevel::kO2);
    if (o0 == nullptr || o2 == nullptr) return Stop("native code could not be made");
    WholeEngines engines(subject, o0, o2);
    families_.on_case = [&](const Case& at) {
      std::string what = engines.Compare(at);
      Oracle oracle(written.actions[at.policy.action], at.grant.bound, at.request);
      const Outcome together = Together(written, at.policy.name, oracle);
      if (what.empty() && together != at.expected) what = "parent and child decide otherwise";
      if (!what.empty()) families_.Disagree(at, what);
    };
    families_.Run(subject, {{"O0", &o0->code()}, {"O2", &o2->code()}});
    families_.on_case = nullptr;
  }

  /// Policies with limits that several of their permits share, and questions to the past.
  void Shared(ModuleModel module) {
    AddShared(module, shared_random_);
    const Subject subject = MakeSubject(std::move(module), shared_refused_);
    if (!subject.problems.empty()) return Stop(subject.problems[0]);
    const auto o0 = CodeOf(*subject.program, jit::OptLevel::kO0);
    const auto o2 = CodeOf(*subject.program, jit::OptLevel::kO2);
    if (o0 == nullptr || o2 == nullptr) return Stop("native code could not be made");
    WholeEngines engines(subject, o0, o2);
    shared_.on_case = [&](const Case& at) {
      const std::string what = engines.Compare(at);
      if (!what.empty()) shared_.Disagree(at, what);
    };
    shared_.Run(subject, {{"O0", &o0->code()}, {"O2", &o2->code()}});
    shared_.on_case = nullptr;
  }

  /// A small module, damaged in many ways.
  void FlipModule() {
    const Subject subject = MakeSubject(GenerateModule(random_, 3, 6), refused_);
    if (!subject.problems.empty()) return Stop(subject.problems[0]);
    FlipBundle(*subject.program, random_, options_.programs / 10 + 1, flips_);
  }

  /// Policies take more or fewer requests than asked, so what is left is shared out anew.
  size_t RequestsNext() const {
    const Totals& t = differ_.totals;
    const uint64_t programs = options_.programs > t.shown ? options_.programs - t.shown : 1;
    const uint64_t left = options_.requests > t.requests ? options_.requests - t.requests : 0;
    return std::clamp<uint64_t>(left * 3 / 2 / programs, 16, 2000);
  }

  void Stop(const std::string& why) {
    fmt::print("the run stopped: {}\n", why);
    good_ = false;
  }

  void PrintWitnesses() const {
    const Totals& t = differ_.totals;
    const WitnessTotals& w = witness_totals_;
    fmt::print("decisive          {} of {} clauses and forbids of {} policies alone decided a "
               "request\n", t.decisive, t.parts, t.shown);
    fmt::print("  left out before {} of {} statements, {} of {} forbids, {} policies: without a\n"
               "                  request found that they alone decide; {} policies ran whole\n",
               w.left_out, w.statements, w.forbids_left_out, w.forbids, w.policies_left_out,
               t.policies - t.shown);
  }

  static uint64_t RefusedOf(const std::map<std::string, uint64_t>& codes) {
    uint64_t refused = 0;
    for (const auto& [code, count] : codes) refused += count;
    return refused;
  }

  int Print() {
    const Totals& t = differ_.totals;
    const auto share = [&](uint64_t part) {
      return t.requests == 0 ? 0.0 : 100.0 * static_cast<double>(part) /
                                         static_cast<double>(t.requests);
    };
    fmt::print("seed {}, {:.0f} s\n", options_.seed, seconds_);
    fmt::print("programs          {} policies in {} modules; distinct: {} policies, {} shapes\n",
               t.policies, modules_, t.distinct_policies.size(), t.distinct_shapes.size());
    fmt::print("refused           {} policies by the checker:", RefusedOf(refused_));
    for (const auto& [code, count] : refused_) fmt::print(" {} {}", code, count);
    fmt::print("\nrequests          {}\n", t.requests);
    fmt::print("  permit          {:.1f} %\n  step-up         {:.1f} %\n"
               "  deny            {:.1f} %\n",
               share(t.permits), share(t.step_ups), share(t.denials));
    fmt::print("  met a fault     {:.1f} %\n  malformed       {:.1f} %\n", share(t.faults),
               share(t.malformed));
    PrintWitnesses();
    fmt::print("compared          {} results of shapes, {} whole decisions, three engines each\n",
               t.comparisons, decisions_);
    const uint64_t gaps =
        PrintGaps("interpreter", interp_counters_) + PrintGaps("native", jit_counters_);
    fmt::print("opcodes           {}, {} without an outcome that they can have\n", kOpCount, gaps);
    fmt::print("bundle bits       {} flipped, the checksum repaired: {} refused by the decoder,\n"
               "                  {} by the verifier, {} run ({} times)\n",
               flips_.flips, flips_.decoder, flips_.verifier, flips_.accepted, flips_.runs);
    const Totals& f = families_.totals;
    fmt::print("extended          {} policies ({} refused), {} requests: {} permit, {} step-up, "
               "{} deny;\n                  {} disagreements\n",
               f.policies, RefusedOf(family_refused_), f.requests, f.permits, f.step_ups, f.denials,
               f.disagreements);
    const Totals& s = shared_.totals;
    fmt::print("shared limits     {} policies ({} refused), {} requests: {} permit, {} step-up, "
               "{} deny,\n                  {} of them by a limit of the policy alone, {} by one "
               "of all;\n                  {} disagreements\n",
               s.policies, RefusedOf(shared_refused_), s.requests, s.permits, s.step_ups,
               s.denials, s.by_shared, s.by_everywhere, s.disagreements);
    fmt::print("disagreements     {}, of flipped bundles {} {}\n", t.disagreements,
               flips_.disagreements, flips_.example);
    for (const std::string& example : t.examples) fmt::print("\n{}", example);
    for (const std::string& example : f.examples) fmt::print("\n{}", example);
    for (const std::string& example : s.examples) fmt::print("\n{}", example);
    const bool shared = modules_ < 2 || (s.permits > 0 && s.by_shared > 0 && s.by_everywhere > 0);
    const bool reached = shared && share(t.permits) >= 25 && share(t.faults) >= 10 &&
                         gaps <= options_.gaps && t.decisive == t.parts &&
                         t.distinct_policies.size() >= options_.programs * 49 / 50 &&
                         t.requests >= options_.requests * 49 / 50;
    if (!reached) fmt::print("the run did not reach what it is for\n");
    const uint64_t wrong =
        t.disagreements + flips_.disagreements + f.disagreements + s.disagreements;
    return good_ && reached && f.permits > 0 && wrong == 0 ? 0 : 1;
  }

  RunOptions options_;
  Random random_;
  Differ differ_;
  Random family_random_;  // of its own, so that what extends changes nothing else of a run
  Differ families_;
  Random shared_random_;  // likewise
  Differ shared_;
  interp::OpCounters interp_counters_;
  jit::OpCounters jit_counters_;
  std::map<std::string, uint64_t> refused_;
  std::map<std::string, uint64_t> family_refused_;
  std::map<std::string, uint64_t> shared_refused_;
  FlipTotals flips_;
  WitnessTotals witness_totals_;
  uint64_t modules_ = 0;
  uint64_t decisions_ = 0;
  double seconds_ = 0;
  bool good_ = true;
};

}  // namespace
}  // namespace cap::diff

int main(int argc, char** argv) {
  cap::diff::RunOptions options;
  const bool good = cap::test::ReadNumbers(argc, argv, {{"--seed", &options.seed},
                                                        {"--programs", &options.programs},
                                                        {"--requests", &options.requests},
                                                        {"--gaps", &options.gaps}});
  if (!good || options.programs == 0) return 2;
  return cap::diff::Run(options).Go();
}
