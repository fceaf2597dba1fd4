// The differential run over sequences: random policies that count, random traces of calls, commits,
// releases and grants. The interpreter with counters in this process against native code, and
// against every other store that is asked for: the same decisions with all that they say, the same
// settlements, the same counters in the end; and all of them against an oracle that shares nothing
// with them. Exits with 1 on any disagreement, and where the run
// did not reach what it is for.
#include <fmt/core.h>

#include <chrono>
#include <map>
#include <optional>

#include "compiler/driver/compile.h"
#include "compiler/policytest/request_text.h"
#include "compiler/policytest/session.h"
#include "runtime/jit/jit.h"
#include "runtime/value/instant.h"
#include "tests/sequences/mutants.h"
#include "tests/sequences/oracle.h"
#include "tests/sequences/policies.h"
#include "tests/sequences/stores.h"
#include "tests/sequences/traces.h"

namespace cap::sequences {
namespace {

using policytest::EngineUnderTest;
using policytest::Outcome;
using policytest::Session;
using policytest::Step;
using policytest::StepOutcome;

Result<NativeCode> Native(const std::shared_ptr<const Program>& program) {
  Result<std::unique_ptr<jit::CompiledProgram>> compiled =
      jit::CompiledProgram::Compile(*program, {});
  if (!compiled.has_value()) return std::unexpected(compiled.error());
  const std::shared_ptr<const jit::CompiledProgram> code = std::move(*compiled);
  return NativeCode{code->code(), code};
}

std::vector<EngineUnderTest> Engines() {
  return {{"interp", [](const auto&) { return Result<NativeCode>(NativeCode{}); }},
          {"jit", [](const auto& program) { return Native(program); }}};
}

/// How long the first grant of each session lives.
constexpr int64_t kLongUs = int64_t{4000} * 86'400'000'000;

struct Totals {
  uint64_t policies = 0, refused = 0, traces = 0, steps = 0, calls = 0, repeated = 0;
  uint64_t permits = 0, step_ups = 0, settlements = 0, delegated = 0;
  std::map<std::string, uint64_t> codes;        // of denials
  std::map<std::string, uint64_t> settled;
  std::map<std::string, uint64_t> refusals;     // of the compiler
  std::map<std::string, uint64_t> grants;       // "given", codes of refusals
  uint64_t disagreements = 0;
};

class Run {
 public:
  explicit Run(const Options& options) : options_(options), random_(options.seed) {}

  int Go() {
    const auto start = std::chrono::steady_clock::now();
    while (totals_.traces < options_.traces && !IsEnough() && problem_.empty()) Policy();
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return Print();
  }

  /// After how many traces the interpreter with such a store is found out; 0: it is not.
  uint64_t FindOut(const Mutant& mutant) {
    own_ = {.name = mutant.what,
            .exact = true,
            .open = [mutant] { return Result<std::unique_ptr<state::Store>>(mutant.open()); }};
    engines_ = {Engines().front()};
    enough_ = 1;
    while (totals_.traces < options_.mutants && !IsEnough() && problem_.empty()) Policy();
    return totals_.disagreements == 0 ? 0 : totals_.traces;
  }

 private:
  bool IsEnough() const { return totals_.disagreements >= enough_; }

  void Policy() {
    policy_ = RandomPolicy(random_);
    const Compilation compilation = Compile({"random.cap", policy_.text});
    if (compilation.program == nullptr) {
      ++totals_.refused;
      for (const diag::Diagnostic& d : compilation.diagnostics) {
        ++totals_.refusals[std::string(diag::IdOf(d.code))];
      }
      if (totals_.refused > 100 + 20 * totals_.policies) {
        problem_ = "the compiler refuses nearly all policies:\n" + policy_.text;
      }
      return;
    }
    ++totals_.policies;
    start_ = RandomStart(random_);
    now_us_ = ParseInstant(start_)->us;
    GrantSpec grant;
    grant.policy = "p";
    grant.subject = "test";
    grant.ttl_us = kLongUs;
    Result<Session> session =
        Session::Open(compilation.program, grant, now_us_, engines_, options_.stores, own_);
    if (!session.has_value()) {
      problem_ = session.error().message;
      return;
    }
    for (uint64_t i = 0; i < options_.per_policy && !IsEnough(); ++i) {
      Trace(*session);
    }
  }

  void Trace(Session& session) {
    const policytest::Sequence sequence = RandomTrace(random_);
    ++totals_.traces;
    const Result<void> renewed = session.Renew();
    if (!renewed.has_value()) {
      problem_ = renewed.error().message;
      return;
    }
    int64_t now_us = now_us_;
    Oracle oracle(policy_, "test", now_us_, kLongUs);
    std::string wrong;
    for (const Step& step : sequence.steps) {
      now_us += step.later_us;
      ++totals_.steps;
      wrong = Take(session, oracle, step, now_us);
      if (!wrong.empty()) {
        wrong = fmt::format("step {}: {}", step.line, wrong);
        break;
      }
    }
    if (wrong.empty()) wrong = session.CountersDisagree(now_us);
    if (wrong.empty()) wrong = CountersAreWrong(session, oracle);
    if (wrong.empty()) return;
    ++totals_.disagreements;
    if (enough_ == 1) return;  // a mutant is no news
    fmt::print("{}\n\n--- policy\n{}--- now: {}\n{}\n", wrong, policy_.text, start_,
               CaptText(sequence));
  }

  static std::string CountersAreWrong(Session& session, const Oracle& oracle) {
    const Result<std::vector<state::CounterView>> counters = session.Counters();
    return counters.has_value() ? oracle.Counters(*counters) : counters.error().message;
  }

  std::string Take(Session& session, Oracle& oracle, const Step& step, int64_t now_us) {
    switch (step.kind) {
      case Step::Kind::kCall:
        return Call(session, oracle, step, now_us);
      case Step::Kind::kCommit:
      case Step::Kind::kRelease:
        return Settle(session, oracle, step, now_us);
      case Step::Kind::kGrant: {
        const StepOutcome outcome = session.Grant(step.name, step.by, step.json, now_us);
        ++totals_.grants[outcome.status.empty() ? "given" : outcome.status];
        if (outcome.status.empty() && !step.by.empty()) ++totals_.delegated;
        const std::string wrong = oracle.Grant(step, now_us, outcome.status);
        return outcome.disagrees.empty() ? wrong : outcome.disagrees;
      }
      case Step::Kind::kRevoke:
        session.Revoke(step.name);
        oracle.Revoke(step.name);
        return {};
      case Step::Kind::kWait:
        return {};
    }
    return {};
  }

  static std::string Request(Session& session, const policytest::Test& call, int64_t now_us,
                             const std::string& grant) {
    policytest::Test bare = call;
    bare.approvals.clear();
    const std::string request = policytest::RequestText(bare, now_us, {});
    if (call.approvals.empty()) return request;
    const std::string digest = session.DigestOf(request, now_us, grant);
    return policytest::RequestText(
        call, now_us, std::vector<std::string>(call.approvals.size(), digest));
  }

  std::string Call(Session& session, Oracle& oracle, const Step& step, int64_t now_us) {
    const std::string grant = step.by.empty() ? "root" : step.by;
    const std::string request = Request(session, step.call, now_us, grant);
    const Outcome outcome = session.Decide(
        request, now_us, {.grant = grant, .operation = step.name, .peek = step.peek});
    ++totals_.calls;
    const DecisionReport& report = outcome.report;
    if (report.verdict == Verdict::kPermit) ++totals_.permits;
    if (report.verdict == Verdict::kStepUp) ++totals_.step_ups;
    if (report.verdict == Verdict::kDeny) ++totals_.codes[std::string(NameOf(report.code))];
    const std::string wrong = oracle.Call(step, now_us, report);
    return outcome.disagrees.empty() ? wrong : outcome.disagrees;
  }

  std::string Settle(Session& session, Oracle& oracle, const Step& step, int64_t now_us) {
    std::optional<state::Actual> actual;
    if (!step.actual.empty()) actual = *policytest::ParseActual(step.actual);
    const StepOutcome outcome = step.kind == Step::Kind::kCommit
                                    ? session.Commit(step.name, actual, now_us)
                                    : session.Release(step.name, now_us);
    ++totals_.settlements;
    ++totals_.settled[outcome.status];
    const std::string wrong = oracle.Settle(step, now_us, outcome.status);
    return outcome.disagrees.empty() ? wrong : outcome.disagrees;
  }

  static void PrintCounts(const char* what, const std::map<std::string, uint64_t>& counts) {
    fmt::print("{:<18}", what);
    for (const auto& [name, count] : counts) fmt::print(" {} {}", name, count);
    fmt::print("\n");
  }

  int Print() {
    const Totals& t = totals_;
    fmt::print("seed {}, {:.0f} s; interpreter and native code, counters in this process",
               options_.seed, seconds_);
    for (const policytest::StoreUnderTest& store : options_.stores) fmt::print(", {}", store.name);
    fmt::print("\npolicies           {} ({} refused by the compiler)\n", t.policies, t.refused);
    if (!t.refusals.empty()) PrintCounts("  refused", t.refusals);
    fmt::print("traces             {}, {} steps, {} calls\n", t.traces, t.steps, t.calls);
    fmt::print("  permitted        {}, stepped up {}\n", t.permits, t.step_ups);
    PrintCounts("  denied", t.codes);
    PrintCounts("  settled", t.settled);
    PrintCounts("  grants", t.grants);
    fmt::print("disagreements      {}\n", t.disagreements);
    if (!problem_.empty()) fmt::print("the run stopped: {}\n", problem_);
    const bool reached = Reached();
    if (!reached) fmt::print("the run did not reach what it is for\n");
    return problem_.empty() && reached && t.disagreements == 0 ? 0 : 1;
  }

  /// Every way in which a call or a settlement can end was there.
  bool Reached() const {
    const Totals& t = totals_;
    const auto has = [](const auto& counts, const char* name) { return counts.contains(name); };
    return t.traces >= options_.traces && t.permits * 4 >= t.calls && t.step_ups > 0 &&
           has(t.codes, "limit_exceeded") && has(t.codes, "constraint_failed") &&
           has(t.codes, "circuit_open") && has(t.codes, "grant_revoked") &&
           has(t.settled, "settled") && has(t.settled, "already") && has(t.settled, "conflict") &&
           has(t.settled, "bad_request") && t.delegated > 0;
  }

  const Options& options_;
  std::vector<EngineUnderTest> engines_ = Engines();
  policytest::StoreUnderTest own_ = policytest::MemoryUnderTest();
  uint64_t enough_ = 5;  // disagreements
  Random random_;
  Totals totals_;
  PolicyModel policy_;
  std::string start_;
  int64_t now_us_ = 0;
  std::string problem_;
  double seconds_ = 0;
};

/// Stores that count wrongly: each has to be found out by the oracle alone.
int RunMutants(const Options& options) {
  uint64_t survived = 0;
  const std::vector<Mutant> mutants = Mutants();
  for (const Mutant& mutant : mutants) {
    const uint64_t traces = Run(options).FindOut(mutant);
    survived += traces == 0 ? 1 : 0;
    fmt::print("{:<14} {}\n", traces == 0 ? "NOT FOUND OUT" : fmt::format("trace {}", traces),
               mutant.what);
  }
  fmt::print("{} passed, {} failed\n", mutants.size() - survived, survived);
  return survived == 0 ? 0 : 1;
}

}  // namespace
}  // namespace cap::sequences

int main(int argc, char** argv) {
  const std::optional<cap::sequences::Options> options = cap::sequences::ReadOptions(argc, argv);
  if (!options.has_value()) return 2;
  return options->mutants > 0 ? cap::sequences::RunMutants(*options)
                              : cap::sequences::Run(*options).Go();
}
