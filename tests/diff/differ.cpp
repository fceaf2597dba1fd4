#include "tests/diff/differ.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/program/print.h"

namespace cap::diff {

namespace {

uint64_t HashOf(std::string_view text, uint64_t hash = 14695981039346656037u) {
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return hash;
}

uint64_t ShapeHash(const Program& program, const Shape& shape) {
  const std::string_view code(
      reinterpret_cast<const char*>(program.insts.data() + shape.first_inst),
      shape.inst_count * sizeof(Inst));
  return HashOf(code, HashOf(program.tools[shape.tool].name));
}

std::string Names(const ClauseMasks& masks) {
  return fmt::format("fail {:#b} fault {:#b} skipped {:#b}", masks.fail, masks.fault,
                     masks.skipped);
}

constexpr std::string_view kTriNames[] = {"false", "true", "fault"};

std::string_view TriName(uint64_t bits) {
  return bits == 1 ? "true" : bits == 2 ? "false" : "fault";
}

}  // namespace

void Differ::Disagree(const Case& at, const std::string& what) {
  ++totals.disagreements;
  if (totals.examples.size() >= 5) return;
  std::string text = fmt::format("policy {} grant {}: {}\n", at.policy.name, at.grant_number, what);
  size_t line = 1;
  size_t begin = 0;
  while (begin < at.subject.module.source.size()) {
    const size_t end = at.subject.module.source.find('\n', begin);
    if (line >= at.policy.first_line && line <= at.policy.last_line) {
      text += at.subject.module.source.substr(begin, end - begin + 1);
    }
    begin = end + 1;
    ++line;
  }
  const ActionModel& action = at.subject.module.actions[at.policy.action];
  for (size_t i = 0; i < action.arguments.size(); ++i) {
    const auto& given = at.request.arguments[i];
    text += fmt::format("  {}: {} = {}\n", action.arguments[i].name,
                        InfoOf(action.arguments[i].ty).text,
                        given ? PrintValue(*at.subject.program, *given) : "(left out)");
  }
  for (size_t i = 0; i < action.facts.size(); ++i) {
    text += fmt::format("  fact {} ({}) = {}\n", action.facts[i].name,
                        static_cast<int>(at.request.facts[i].state),
                        PrintValue(*at.subject.program, at.request.facts[i].value));
  }
  for (size_t i = 0; i < LiveFields().size(); ++i) {
    text += fmt::format("  live {} ({}) = {}\n", LiveFields()[i].name,
                        static_cast<int>(at.request.live[i].state),
                        PrintValue(*at.subject.program, at.request.live[i].value));
  }
  text += fmt::format("  approvals {} now {}\n", at.request.approvals, at.request.now_us);
  totals.examples.push_back(text);
}

void Differ::Run(const Subject& subject, const std::vector<Native>& natives,
                 const Witnesses* witnesses) {
  natives_ = &natives;
  for (const Shape& shape : subject.program->shapes) {
    totals.distinct_shapes.insert(ShapeHash(*subject.program, shape));
  }
  for (const PolicyModel& policy : subject.module.policies) {
    Running run(subject, policy);
    RunPolicy(run, witnesses == nullptr ? nullptr : &witnesses->at(policy.name));
  }
}

void Differ::RunPolicy(Running& run, const std::vector<Witness>* witnesses) {
  uint64_t hash = HashOf(run.action.name);
  for (const CapabilityModel& capability : run.policy.capabilities) {
    for (const Statement& statement : capability.statements) hash = HashOf(statement.text, hash);
  }
  for (const ForbidModel& forbid : run.policy.forbids) {
    hash = HashOf(forbid.when ? TextOf(*forbid.when) : "always", hash);
  }
  ++totals.policies;
  totals.distinct_policies.insert(hash);
  decided_ = {};
  for (size_t grant = 0; grant < BoundChoices().size(); ++grant) {
    run.Use(grant);
    RunGrant(run);
    if (witnesses == nullptr) continue;
    for (const Witness& witness : *witnesses) {
      if (witness.grant == grant) Execute(run, witness.request);
    }
  }
  if (witnesses == nullptr) return;
  ++totals.shown;
  totals.parts += AllParts(run).Count();
  totals.decisive += decided_.Count();
}

void Differ::RunGrant(Running& run) {
  const RequestModel base = Climb(run, random_);
  // A policy that is hard or impossible to satisfy says little; more requests go to the others.
  Oracle oracle(run.action, run.grant.bound, base);
  const bool permitted = oracle.Decide(run.policy) == Outcome::kPermit;
  const size_t share = permitted ? requests_ / 2 : requests_ / 8;
  for (size_t i = 0; i < share; ++i) Execute(run, Next(run, base));
}

RequestModel Differ::Next(const Running& run, const RequestModel& base) {
  RequestMaker maker(run.action, run.aims, random_);
  const uint64_t dice = Below(random_, 100);
  RequestModel request = base;
  if (dice < 48) {
    // Stay permitted, if it is: change as much as that allows.
    for (int i = 0; i < 4; ++i) {
      RequestModel changed = request;
      maker.Mutate(changed);
      Oracle oracle(run.action, run.grant.bound, changed);
      if (oracle.Decide(run.policy) == Outcome::kPermit) request = std::move(changed);
    }
  } else if (dice < 75) {
    for (uint64_t i = 0; i <= Below(random_, 2); ++i) maker.Mutate(request);
  } else if (dice < 81) {
    request = maker.Fresh();
  } else if (dice < 98) {
    // Something that the policy reads: until a statement faults.
    for (int i = 0; i < 6 && !MeetsFault(run, request); ++i) maker.Break(request);
  } else if (dice < 99) {
    request.undeclared = "surprise";
  } else {
    request.arguments[Below(random_, request.arguments.size())].reset();
  }
  return request;
}

bool Differ::MeetsFault(const Running& run, const RequestModel& request) {
  Oracle oracle(run.action, run.grant.bound, request);
  for (const CapabilityModel& capability : run.policy.capabilities) {
    for (const Statement& statement : capability.statements) {
      if (oracle.Judge(statement) == Tri::kFault) return true;
    }
  }
  return std::ranges::any_of(run.policy.forbids, [&](const ForbidModel& forbid) {
    return oracle.Condition(forbid.when) == Tri::kFault;
  });
}

namespace {

/// Whether the call would be decided otherwise without what all permits share: of the policy, or
/// of every policy.
bool DecidesShared(const PolicyModel& policy, Outcome expected, bool everywhere,
                   Oracle& oracle) {
  if (policy.limits.empty() || expected != Outcome::kDeny) return false;
  PolicyModel without = policy;
  std::erase_if(without.limits,
                [&](const LimitModel& limit) { return limit.everywhere == everywhere; });
  return oracle.Decide(without) != expected;
}

}  // namespace

void Differ::Execute(const Running& run, const RequestModel& request) {
  Oracle oracle(run.action, run.grant.bound, request);
  const Frame frame = BuildFrame(run.program, run.tool, run.action, request);
  const Case at{run.subject, run.policy, run.grant, run.grant_number, request, frame,
                oracle.Decide(run.policy)};
  ++totals.requests;
  totals.permits += at.expected == Outcome::kPermit;
  totals.step_ups += at.expected == Outcome::kStepUp;
  totals.denials += at.expected == Outcome::kDeny;
  totals.by_shared += DecidesShared(run.policy, at.expected, false, oracle);
  totals.by_everywhere += DecidesShared(run.policy, at.expected, true, oracle);
  if ((frame.header() == nullptr) != oracle.Malformed()) {
    Disagree(at, fmt::format("malformed: {} {}", frame.malformed().what, frame.malformed().detail));
  }
  if (frame.header() == nullptr) {
    ++totals.malformed;
  } else {
    bool fault = false;
    for (size_t i = 0; i < run.policy.capabilities.size(); ++i) {
      CompareCapability(run, at, i, fault);
    }
    for (size_t i = 0; i < run.policy.forbids.size(); ++i) CompareForbid(run, at, i, fault);
    totals.faults += fault;
    decided_.Add(DecidedBy(run, request, frame));
  }
  if (on_case) on_case(at);
}

void Differ::CompareCapability(const Running& run, const Case& at, size_t nth, bool& fault) {
  const Capability& capability = CompiledCapability(run, nth);
  const Shape& shape = run.program.shapes[capability.shape];
  const CapabilityRecord* record = run.grant.capabilities[nth].get();
  const FrameHeader* frame = at.frame.header();
  ClauseMasks masks;
  interp::Explain(run.program, shape, frame, record, StandardCallOuts(), &masks);
  const uint64_t admit = interp::Admit(run.program, shape, frame, record, StandardCallOuts());
  if ((admit == kAdmitted) != (masks == ClauseMasks{})) {
    Disagree(at, fmt::format("interp admit {:#x} and explain {}", admit, Names(masks)));
  }
  for (const Native& native : *natives_) {
    const ShapeCode& code = (*native.code)[capability.shape];
    ClauseMasks own;
    code.explain(frame, record, &StandardCallOuts(), &own);
    const uint64_t own_admit = code.admit(frame, record, &StandardCallOuts());
    totals.comparisons += 2;
    if (own_admit != admit || !(own == masks)) {
      Disagree(at, fmt::format("capability {}: interp {:#x} {}; {} {:#x} {}", capability.name,
                               admit, Names(masks), native.name, own_admit, Names(own)));
    }
  }
  fault = fault || masks.fault != 0;
  CheckStatements(run, at, nth, masks);
}

/// A call is charged where the guard is true or faults, and nowhere else.
void Differ::CheckCounted(const Case& at, const Statement& statement, uint64_t clause,
                          const ClauseMasks& masks) {
  const bool counts = statement.amount != nullptr || statement.past != Past::kNothing;
  if (!counts || (masks.skipped & clause) != 0) return;
  Oracle oracle(at.subject.module.actions[at.policy.action], at.grant.bound, at.request);
  const bool charged = (masks.fail & clause) != 0;
  ++totals.comparisons;
  if (charged == (oracle.Condition(statement.guard) != Tri::kFalse)) return;
  Disagree(at, fmt::format("line {} is {}charged", statement.line, charged ? "" : "not "));
}

void Differ::CheckStatements(const Running& run, const Case& at, size_t nth,
                             const ClauseMasks& masks) {
  const Capability& capability = CompiledCapability(run, nth);
  const CapabilityModel& model = run.policy.capabilities[nth];
  Oracle oracle(run.action, run.grant.bound, at.request);
  for (const Statement& statement : model.statements) {
    const uint64_t own = ClausesOf(capability, statement);
    const Tri expected = oracle.Judge(statement);
    CheckCounted(at, statement, LimitClauseOf(capability, statement), masks);
    const bool fail = (masks.fail & own) != 0;
    const bool fault = (masks.fault & own) != 0;
    const bool skipped = (masks.skipped & own) != 0;
    ++totals.comparisons;
    bool agree = false;
    if (own == 0) {
      agree = expected == Tri::kTrue;  // folded away
    } else if (fail) {
      agree = expected == Tri::kFalse;
    } else if (skipped) {
      agree = !fault || expected != Tri::kTrue;
    } else {
      agree = expected == (fault ? Tri::kFault : Tri::kTrue);
    }
    if (!agree) {
      Disagree(at, fmt::format("the oracle says {} of line {}, the interpreter {} (clauses {:#b})",
                               kTriNames[static_cast<size_t>(expected)], statement.line,
                               Names(masks), own));
    }
  }
}

void Differ::CompareForbid(const Running& run, const Case& at, size_t nth, bool& fault) {
  const Forbid* forbid = nullptr;
  size_t place = 0;
  for (size_t i = 0; i < run.compiled.forbids.size(); ++i) {
    const Forbid& each = run.program.forbids[run.compiled.forbids[i]];
    if (each.info.span.line != run.policy.forbids[nth].line) continue;
    forbid = &each;
    place = i;
  }
  if (forbid == nullptr) return Disagree(at, "a forbid has no place in the program");
  if (forbid->shape == kNone) return;
  const CapabilityRecord* record = run.grant.forbids[place].get();
  const FrameHeader* frame = at.frame.header();
  const uint64_t bits = interp::Predicate(run.program, run.program.shapes[forbid->shape], frame,
                                          record, StandardCallOuts());
  for (const Native& native : *natives_) {
    const uint64_t own =
        (*native.code)[forbid->shape].predicate(frame, record, &StandardCallOuts());
    ++totals.comparisons;
    if (own != bits) {
      Disagree(at, fmt::format("forbid {}: interp {}, {} {}", nth, TriName(bits), native.name,
                               TriName(own)));
    }
  }
  Oracle oracle(run.action, run.grant.bound, at.request);
  const Tri expected = oracle.Condition(run.policy.forbids[nth].when);
  ++totals.comparisons;
  if (TriName(bits) != kTriNames[static_cast<size_t>(expected)]) {
    Disagree(at, fmt::format("forbid {}: the oracle says {}, the interpreter {}", nth,
                             kTriNames[static_cast<size_t>(expected)], TriName(bits)));
  }
  fault = fault || bits == 0;
}

}  // namespace cap::diff
