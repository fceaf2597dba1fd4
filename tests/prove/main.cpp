// Random pairs of policies, one a mutant of the other, put to the prover both ways. A yes must
// survive every request that can be thought of: at and next to each constant of both policies,
// under the interpreter. A no must be confirmed by its request. What is not decided is counted.
#include <fmt/core.h>

#include <chrono>
#include <map>

#include "tests/diff/families.h"
#include "tests/diff/generator.h"
#include "tests/diff/witness.h"
#include "tests/prove/mutate.h"
#include "tests/prove/sides.h"
#include "tests/support/options.h"

namespace cap::diff {
namespace {

struct RunOptions {
  uint64_t seed = 20'261'127;
  uint64_t pairs = 150;
  uint64_t requests = 600;  // that a yes is held against
  uint64_t timeout_ms = 2000;
  uint64_t undecided = 12;  // percent of the answers that may be missing
};

class Run {
 public:
  explicit Run(const RunOptions& options) : options_(options) {}

  int Go() {
    const auto start = std::chrono::steady_clock::now();
    while (pairs_ < options_.pairs && problem_.empty()) Module();
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return Print();
  }

 private:
  void Module() {
    constexpr size_t kActions = 4;
    constexpr size_t kPolicies = 24;
    // Each has a seed of its own, so that what goes wrong in a long run is found again in a short
    // one.
    const uint64_t seed = options_.seed + modules_++;
    random_.seed(seed);
    family_random_.seed(seed);
    fmt::print(stderr, "{} of {} pairs; those of --seed {}\n", pairs_, options_.pairs, seed);
    Subject base = MakeSubject(GenerateModule(random_, kActions, kPolicies), refused_);
    WitnessTotals unused;
    if (base.problems.empty()) KeepWhatDecides(base, random_, refused_, unused);
    if (!base.problems.empty()) {
      problem_ = base.problems[0];
      return;
    }
    Children(base.module);
    ModuleModel changed = base.module;
    std::map<std::string, std::string> kinds;
    for (PolicyModel& policy : changed.policies) {
      kinds[policy.name] = MutatePolicy(policy, base.module, random_);
    }
    PrintModule(changed);
    const Subject mutant = MakeSubject(std::move(changed), refused_);
    if (!mutant.problems.empty()) {
      problem_ = mutant.problems[0];
      return;
    }
    EngineSide base_engine(base);
    EngineSide mutant_engine(mutant);
    for (const PolicyModel& policy : mutant.module.policies) {
      if (pairs_ >= options_.pairs) return;
      for (const PolicyModel& other : base.module.policies) {
        if (other.name != policy.name) continue;
        ++pairs_;
        kind_ = kinds[policy.name];
        Pair(mutant, policy, mutant_engine, base, other, base_engine);
        Pair(base, other, base_engine, mutant, policy, mutant_engine);
      }
    }
  }

  /// A policy that extends another one never permits more: the answer may be missing, but is no no.
  void Children(ModuleModel module) {
    AddChildren(module, family_random_);
    Subject subject = MakeSubject(std::move(module), refused_);
    if (!subject.problems.empty()) {
      problem_ = subject.problems[0];
      return;
    }
    const prove::Options limits{.timeout_ms = static_cast<uint32_t>(options_.timeout_ms)};
    for (const PolicyModel& child : subject.module.children) {
      const prove::Side own{subject.program, FindPolicy(*subject.program, child.name)};
      const prove::Side parent{subject.program, FindPolicy(*subject.program, child.extends)};
      const prove::Answer answer = prove::Narrows(own, parent, limits).answer;
      ++children_[static_cast<size_t>(answer)];
      if (answer != prove::Answer::kNo) continue;
      kind_ = "extends";
      Wrong("a child permits more than its parent", subject, child, subject, child);
    }
  }

  void Pair(const Subject& child, const PolicyModel& own, EngineSide& child_engine,
            const Subject& parent, const PolicyModel& other, EngineSide& parent_engine) {
    const prove::Side child_side{child.program, FindPolicy(*child.program, own.name)};
    const prove::Side parent_side{parent.program, FindPolicy(*parent.program, other.name)};
    const prove::Options limits{.timeout_ms = static_cast<uint32_t>(options_.timeout_ms)};
    const prove::Reply reply = prove::Narrows(child_side, parent_side, limits);
    switch (reply.answer) {
      case prove::Answer::kYes:
        ++yes_;
        return Challenge(child, own, child_engine, parent, other, parent_engine);
      case prove::Answer::kNo: {
        ++no_;
        const Verdict a = Again(child.program, reply.witness->child, *reply.witness);
        const Verdict b = Again(parent.program, reply.witness->parent, *reply.witness);
        if (a <= b) Wrong("a no is not confirmed", child, own, parent, other);
        return;
      }
      case prove::Answer::kUndecided:
        // Limits that differ are for no solver to decide: nobody misses these answers.
        ++(reply.counts ? counted_ : undecided_);
        ++reasons_[reply.why];
        return;
    }
  }

  /// Looks for a request that gives a yes the lie.
  void Challenge(const Subject& child, const PolicyModel& own, EngineSide& child_engine,
                 const Subject& parent, const PolicyModel& other, EngineSide& parent_engine) {
    for (size_t choice = 0; choice < BoundChoices().size(); ++choice) {
      Running run(child, own);
      for (const Value& literal : other.literals) run.aims.Add(literal);
      run.Use(choice);
      const Running parent_run(parent, other);
      RequestMaker maker(run.action, run.aims, random_);
      RequestModel base = Climb(run, random_);
      for (uint64_t i = 0; i < options_.requests; ++i) {
        RequestModel request = i == 0 ? base : Chance(random_, 0.1) ? maker.Fresh() : base;
        for (uint64_t changes = Below(random_, 4); i > 0 && changes > 0; --changes) {
          maker.Mutate(request);
        }
        if (Chance(random_, 0.1)) maker.Break(request);
        const Frame a = BuildFrame(run.program, run.tool, run.action, request);
        const Frame b = BuildFrame(parent_run.program, parent_run.tool, parent_run.action, request);
        const Verdict kind = child_engine.Decide(own.name, choice, a).verdict;
        ++requests_;
        if (kind == Verdict::kDeny) continue;
        ++let_through_;
        if (kind == Verdict::kPermit) base = request;
        if (kind > parent_engine.Decide(other.name, choice, b).verdict) {
          return Wrong("a yes has a counterexample", child, own, parent, other);
        }
      }
    }
  }

  static std::string PolicyText(const Subject& subject, const PolicyModel& policy) {
    std::string text;
    uint32_t line = 1;
    for (const char c : subject.module.source) {
      if (line >= policy.first_line && line <= policy.last_line) text += c;
      line += c == '\n';
    }
    return text;
  }

  void Wrong(const std::string& what, const Subject& child, const PolicyModel& own,
             const Subject& parent, const PolicyModel& other) {
    ++wrong_;
    if (wrong_ > 3) return;
    fmt::print("{} ({})\nchild {}parent {}\n", what, kind_, PolicyText(child, own),
               PolicyText(parent, other));
  }

  int Print() {
    const uint64_t answers = yes_ + no_ + undecided_;
    const auto share = [&](uint64_t part) {
      return answers == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(answers);
    };
    fmt::print("seed {}, {} pairs, both ways, {:.0f} s\n", options_.seed, pairs_, seconds_);
    fmt::print("yes        {:6} {:5.1f} %, held against {} requests, {} of them let through\n",
               yes_, share(yes_), requests_, let_through_);
    fmt::print("no         {:6} {:5.1f} %, each confirmed by its request\n", no_, share(no_));
    fmt::print("undecided  {:6} {:5.1f} %, and {} for what is counted\n", undecided_,
               share(undecided_), counted_);
    for (const auto& [why, count] : reasons_) fmt::print("  {:6} {}\n", count, why);
    fmt::print("children   {:6} yes, {} no, {} undecided\n", children_[0], children_[1],
               children_[2]);
    fmt::print("wrong      {:6}\n", wrong_);
    if (!problem_.empty()) fmt::print("the run stopped: {}\n", problem_);
    const bool reached = children_[0] > children_[2] && yes_ > 0 && no_ > 0 &&
                         undecided_ * 100 <= answers * options_.undecided;
    if (!reached) fmt::print("the run did not reach what it is for\n");
    return wrong_ == 0 && problem_.empty() && reached ? 0 : 1;
  }

  RunOptions options_;
  Random random_;
  Random family_random_;
  std::map<std::string, uint64_t> refused_;
  std::map<std::string, uint64_t> reasons_;
  std::string kind_;
  std::string problem_;
  uint64_t children_[3] = {0, 0, 0};  // by answer: yes, no, undecided
  uint64_t modules_ = 0;
  uint64_t pairs_ = 0;
  uint64_t yes_ = 0;
  uint64_t no_ = 0;
  uint64_t undecided_ = 0;
  uint64_t counted_ = 0;  // undecided for what is counted
  uint64_t wrong_ = 0;
  uint64_t requests_ = 0;
  uint64_t let_through_ = 0;
  double seconds_ = 0;
};

}  // namespace
}  // namespace cap::diff

int main(int argc, char** argv) {
  cap::diff::RunOptions options;
  const bool good = cap::test::ReadNumbers(argc, argv, {{"--seed", &options.seed},
                                                        {"--pairs", &options.pairs},
                                                        {"--requests", &options.requests},
                                                        {"--timeout-ms", &options.timeout_ms}});
  if (!good || options.pairs == 0) return 2;
  return cap::diff::Run(options).Go();
}
