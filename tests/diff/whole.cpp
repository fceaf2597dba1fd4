#include "tests/diff/whole.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace cap::diff {
namespace {

template <typename T>
T Must(Result<T> result, std::string_view what) {
  if (!result) throw std::runtime_error(fmt::format("{}: {}", what, result.error().message));
  return std::move(*result);
}

Outcome OutcomeOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kDeny: return Outcome::kDeny;
    case Verdict::kStepUp: return Outcome::kStepUp;
    case Verdict::kPermit: return Outcome::kPermit;
  }
  return Outcome::kDeny;
}

/// Whether some policy may ask later if such a call was carried out.
bool IsRemembered(const Case& at) {
  const Program& program = *at.subject.program;
  const std::string& name = at.subject.module.actions[at.policy.action].name;
  return std::ranges::any_of(program.histories, [&](const History& history) {
    return program.actions[history.action].name == name;
  });
}

}  // namespace

WholeEngines::WholeEngines(const Subject& subject, std::shared_ptr<const jit::CompiledProgram> o0,
                           std::shared_ptr<const jit::CompiledProgram> o2) {
  Add(subject, {});
  Add(subject, {.shapes = o0->code(), .owner = o0});
  Add(subject, {.shapes = o2->code(), .owner = o2});
}

void WholeEngines::Add(const Subject& subject, NativeCode native) {
  One one;
  one.engine = Must(Engine::Create(), "create");
  Must(one.engine->Load(subject.program, std::move(native)), "load");
  for (const PolicyModel& model : subject.module.policies) {
    const Policy& policy = subject.program->policies[FindPolicy(*subject.program, model.name)];
    for (size_t choice = 0; choice < BoundChoices().size(); ++choice) {
      GrantSpec spec;
      spec.policy = model.name;
      spec.subject = std::string(kSubject);
      spec.ttl_us = 4'000'000'000'000'000;  // beyond what zones know
      spec.bound = MintValues(*subject.program, policy, choice);
      one.grants[{model.name, choice}] =
          Must(one.engine->Mint(spec, kNowUs - 1'000'000'000), "mint " + model.name);
    }
  }
  one.reader = std::make_unique<Reader>(one.engine->NewReader());
  engines_.push_back(std::move(one));
}

std::string WholeEngines::Compare(const Case& at) {
  std::vector<Decision> decisions;
  for (One& one : engines_) {
    const GrantId grant = one.grants.at({at.policy.name, at.grant_number});
    // Counters that nobody touches, so that every call is the first.
    decisions.push_back(one.reader->Peek(grant, at.frame));
  }
  for (size_t i = 1; i < decisions.size(); ++i) {
    if (!SameDecision(decisions[0], decisions[i])) {
      return fmt::format("engine {} decides {} {}, the interpreter {} {}", i,
                         NameOf(decisions[i].verdict), NameOf(decisions[i].code),
                         NameOf(decisions[0].verdict), NameOf(decisions[0].code));
    }
  }
  // What is to be remembered of a call is asked of a store, which is told no such time.
  Oracle oracle(at.subject.module.actions[at.policy.action], at.grant.bound, at.request);
  const bool refused = IsRemembered(at) && !oracle.IsTold();
  const Outcome expected = refused ? Outcome::kDeny : at.expected;
  if (OutcomeOf(decisions[0].verdict) == expected) return "";
  return fmt::format("the engine decides {} {} (clause {}, forbid {}), the oracle expects {}",
                     NameOf(decisions[0].verdict), NameOf(decisions[0].code),
                     decisions[0].clause, decisions[0].forbid, static_cast<int>(expected));
}

}  // namespace cap::diff
