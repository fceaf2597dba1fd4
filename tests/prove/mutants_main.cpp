// The encoding of random policies, clause by clause, held against the interpreter on calls at and
// next to what they name: it must allow what the interpreter says. Then with one opcode encoded
// wrongly at a time, which some call must show.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>

#include "compiler/prove/mutant.h"
#include "tests/diff/generator.h"
#include "tests/diff/witness.h"
#include "tests/prove/pinned.h"
#include "tests/prove/sides.h"
#include "tests/support/options.h"

namespace cap::diff {
namespace {

using prove::Mutation;

struct RunOptions {
  uint64_t seed = 4'712;
  uint64_t modules = 24;
  uint64_t exact = 60;  // calls of which nothing else may be allowed, mostly
};

/// What an encoding leaves open (a date's weekday, how many of a long list's elements do something)
/// allows a wrong value beside the right one, and some faults need numbers that few calls have.
constexpr uint64_t kUnnoticedPercent = 45;

/// Calls that are kept for each outcome of an opcode.
constexpr size_t kKept = 8;

/// A call, and what it gets.
struct Call {
  const Running* run = nullptr;
  Frame frame;
  // None: a counter has no room for it, which the encoding says only of what is not computed; whose
  // counters have more room is a question of its own.
  std::optional<Verdict> verdict;
};

class Run {
 public:
  explicit Run(const RunOptions& options) : options_(options), random_(options.seed) {}

  int Go() {
    const auto start = std::chrono::steady_clock::now();
    for (uint64_t i = 0; i < options_.modules; ++i) {
      if (!Prepare()) return 1;
    }
    const bool honest = Honest();
    uint64_t missed = 0;
    uint64_t mutants = 0;
    for (uint16_t number = 0; number < kOpCount; ++number) {
      const auto op = static_cast<Op>(number);
      for (const Mutation mutation : MutationsOf(op)) {
        ++mutants;
        if (Noticed(op, mutation)) continue;
        ++missed;
        fmt::print("not noticed: {}, {}\n", InfoOf(op).text, NameOf(mutation));
      }
    }
    const auto took = std::chrono::steady_clock::now() - start;
    fmt::print("mutants   {} of {} opcodes, {} not noticed, at most {}%\n", mutants, kOpCount,
               missed, kUnnoticedPercent);
    fmt::print("{:.0f} s\n", std::chrono::duration<double>(took).count());
    return honest && missed * 100 <= mutants * kUnnoticedPercent ? 0 : 1;
  }

 private:
  bool Prepare() {
    constexpr size_t kActions = 8;
    constexpr size_t kPolicies = 30;
    subjects_.push_back(MakeSubject(GenerateModule(random_, kActions, kPolicies), refused_));
    const Subject& subject = subjects_.back();
    if (!subject.problems.empty()) {
      fmt::print("{}\n", subject.problems[0]);
      return false;
    }
    EngineSide engine(subject);
    for (const PolicyModel& policy : subject.module.policies) {
      runs_.emplace_back(subject, policy);
      Running& run = runs_.back();
      run.Use(Below(random_, BoundChoices().size()));
      AddCalls(run, engine);
    }
    return true;
  }

  void AddCalls(const Running& run, EngineSide& engine) {
    constexpr uint64_t kCalls = 8;
    RequestMaker maker(run.action, run.aims, random_);
    const RequestModel base = Climb(run, random_);
    for (uint64_t i = 0; i < kCalls; ++i) {
      RequestModel request = base;
      for (uint64_t changes = Below(random_, 4); i > 0 && changes > 0; --changes) {
        maker.Mutate(request);
      }
      if (i > 0 && Chance(random_, 0.3)) maker.Break(request);
      Call call{&run, BuildFrame(run.program, run.tool, run.action, request), {}};
      if (call.frame.header() == nullptr) continue;
      const Decision decision = engine.Decide(run.policy.name, run.grant_number, call.frame);
      if (decision.code != DecisionCode::kLimitExceeded) call.verdict = decision.verdict;
      Keep(std::move(call));
    }
  }

  /// If it shows an opcode in an outcome of which there are too few.
  void Keep(Call call) {
    bool kept = false;
    for (const auto& outcome : Outcomes(*call.run, call.frame)) {
      std::vector<size_t>& of = shows_[outcome];
      if (of.size() >= kKept) continue;
      of.push_back(calls_.size());
      kept = true;
    }
    if (kept) calls_.push_back(std::move(call));
  }

  /// Everything is encoded as it should be.
  bool Honest() {
    uint64_t fits[4] = {};
    uint64_t looked = 0;
    const uint64_t exact = std::max<uint64_t>(1, options_.exact);
    const uint64_t every = std::max<uint64_t>(1, calls_.size() / exact);
    for (const Call& call : calls_) {
      // Whether something else is allowed is asked of some.
      const bool asked = looked % every == 0;
      ++looked;
      std::string why;
      const Fit fit = Pin(*call.run, call.frame, call.verdict, asked, &why);
      if (asked || fit == Fit::kWrong) ++fits[static_cast<size_t>(fit)];
      if (fit != Fit::kWrong) continue;
      fmt::print("the encoding does not allow that {}: line {} of\n{}\n", why,
                 call.run->policy.first_line, call.run->subject.module.source);
      break;
    }
    fmt::print("calls     {}: what is decided is allowed; of {} nothing else, of {} more\n",
               looked, fits[0], fits[1]);
    return fits[2] == 0 && fits[1] * 5 <= fits[0];
  }

  static std::vector<Mutation> MutationsOf(Op op) {
    std::vector<Mutation> out = {Mutation::kResult};
    if (InfoOf(op).may_fault) out.push_back(Mutation::kNoFault);
    const bool order = op == Op::kWordLt || op == Op::kStrLt || op == Op::kMoneyLt ||
                       op == Op::kDecLt;
    if (order) out.push_back(Mutation::kEdge);
    return out;
  }

  static const char* NameOf(Mutation mutation) {
    switch (mutation) {
      case Mutation::kNone: return "nothing";
      case Mutation::kResult: return "another result";
      case Mutation::kNoFault: return "no fault";
      case Mutation::kEdge: return "equals are in order";
    }
    return "";
  }

  bool Noticed(Op op, Mutation mutation) const {
    prove::SetMutant(op, mutation);
    bool noticed = false;
    // A dropped fault shows where there is one; what is wrong with a value, where there is none.
    for (const Came came : {Came::kFault, Came::kTrue, Came::kFalse, Came::kValue}) {
      if (noticed || (came == Came::kFault) != (mutation == Mutation::kNoFault)) continue;
      const auto shows = shows_.find({op, came});
      if (shows == shows_.end()) continue;
      noticed = std::ranges::any_of(shows->second, [&](size_t at) {
        const Call& call = calls_[at];
        return Pin(*call.run, call.frame, call.verdict, false) == Fit::kWrong;
      });
    }
    prove::SetMutant(op, Mutation::kNone);
    return noticed;
  }

  RunOptions options_;
  Random random_;
  std::map<std::string, uint64_t> refused_;
  std::deque<Subject> subjects_;
  std::deque<Running> runs_;
  std::vector<Call> calls_;
  std::map<std::pair<Op, Came>, std::vector<size_t>> shows_;  // places in calls_
};

}  // namespace
}  // namespace cap::diff

int main(int argc, char** argv) {
  cap::diff::RunOptions options;
  const bool good = cap::test::ReadNumbers(argc, argv, {{"--seed", &options.seed},
                                                        {"--modules", &options.modules},
                                                        {"--exact", &options.exact}});
  if (!good || options.modules == 0) return 2;
  return cap::diff::Run(options).Go();
}
