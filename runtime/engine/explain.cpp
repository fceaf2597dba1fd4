#include "runtime/engine/explain.h"

#include <algorithm>
#include <set>

#include "runtime/engine/show.h"
#include "runtime/interp/interp.h"

namespace cap::engine {
namespace {

/// Code that is evaluated, with the constants of one record.
struct Code {
  const Shape* shape = nullptr;
  const CapabilityRecord* record = nullptr;
  uint32_t first_inst_span = kNone;  // kNone: its instructions have no places
};

class Explainer {
 public:
  Explainer(const ProgramState& state, const GrantView& grant, const Frame& frame)
      : state_(state), program_(*state.program), grant_(grant), frame_(frame) {}

  CallExplanation Run();

 private:
  bool Action(uint32_t nth, uint32_t index);
  void Forbids(const PolicyAction& entry, const RecordFinder& finder,
               const ResourceView& resources);
  void Forbid(uint32_t index, const CapabilityRecord* record);
  void Capabilities(const PolicyAction& entry, const RecordFinder& finder,
                    const ResourceView& resources);
  void Clauses(const Capability& capability, const CapabilityRecord& record, ExplainedRule& rule);
  ExplainedClause Clause(const Code& code, uint32_t nth) const;
  void Part(const Code& code, const cap::Clause& clause,
            const std::vector<interp::InstValue>& values, uint32_t at, ExplainedPart& part) const;
  std::string TextOf(const Code& code, const Inst& inst) const;
  uint32_t Last(const Inst* insts, uint32_t begin, uint32_t end) const;

  const ProgramState& state_;
  const Program& program_;
  const GrantView& grant_;
  const Frame& frame_;
  CallExplanation explanation_;
};

bool SamePlace(const SourcePlace& a, const SourcePlace& b) {
  return a.file == b.file && a.line == b.line && a.column == b.column && a.length == b.length;
}

bool IsQuantifier(const Inst& inst) { return InfoOf(inst.op).b == OperandKind::kLength; }

/// The last instruction directly in [begin, end), not in a body: what the range comes to.
uint32_t Explainer::Last(const Inst* insts, uint32_t begin, uint32_t end) const {
  uint32_t last = begin;
  for (uint32_t at = begin; at < end; at += 1 + (IsQuantifier(insts[at]) ? insts[at].b : 0)) {
    last = at;
  }
  return last;
}

CallExplanation Explainer::Run() {
  const Tool& tool = program_.tools[frame_.tool()];
  for (uint32_t nth = 0; nth < tool.actions.size(); ++nth) {
    const uint32_t index = tool.actions[nth];
    if (!Action(nth, index)) continue;
    const PolicyAction* entry = state_.plan->Find(grant_.policy, index);
    if (entry == nullptr) continue;
    const cap::Action& action = program_.actions[index];
    const RecordFinder finder(state_, grant_.id, index);
    const ResourceView resources =
        ResourcesOf(action.has_resource, EveryHole(action), frame_, nth);
    Forbids(*entry, finder, resources);
    Capabilities(*entry, finder, resources);
  }
  return std::move(explanation_);
}

/// Whether the call is the action.
bool Explainer::Action(uint32_t nth, uint32_t index) {
  const cap::Action& action = program_.actions[index];
  const bool is = IsAction(state_, frame_.header(), nth);
  ExplainedRule& rule = explanation_.rules.emplace_back();
  rule.kind = ExplainedRule::Kind::kAction;
  rule.index = index;
  rule.name = rule.action = action.name;
  rule.stage = is ? "yes" : "no";
  rule.place = PlaceOf(program_, action.span);
  if (action.guard != kNone) {
    const ActionPlan& plan = state_.plan->tools()[frame_.tool()].actions[nth];
    ExplainedClause& clause = rule.clauses.emplace_back(
        Clause({&program_.shapes[action.guard], &plan.guard_record}, 0));
    clause.name = "when";
    clause.place = rule.place;
  }
  return is;
}

void Explainer::Forbids(const PolicyAction& entry, const RecordFinder& finder,
                        const ResourceView& resources) {
  std::set<uint32_t> seen;
  ForEachForbid(entry, finder, program_.actions[entry.action], resources.all,
                [&](uint32_t index, const CapabilityRecord& record) {
                  if (seen.insert(index).second) Forbid(index, &record);
                });
  for (const uint32_t index : program_.policies[entry.policy].forbids) {
    const bool other = program_.forbids[index].action != entry.action;
    if (!other && !seen.contains(index)) Forbid(index, nullptr);
  }
}

/// Without a record: of other resources than the call's.
void Explainer::Forbid(uint32_t index, const CapabilityRecord* record) {
  const cap::Forbid& forbid = program_.forbids[index];
  ExplainedRule& rule = explanation_.rules.emplace_back();
  rule.kind = ExplainedRule::Kind::kForbid;
  rule.index = index;
  rule.name = forbid.info.name;
  rule.action = program_.actions[forbid.action].name;
  rule.place = PlaceOf(program_, forbid.info.span);
  rule.stage = "resource";
  if (record == nullptr) return;
  bool acts = true;
  if (forbid.shape != kNone) {
    ExplainedClause& clause = rule.clauses.emplace_back(
        Clause({&program_.shapes[forbid.shape], record, forbid.first_inst_span}, 0));
    clause.name = forbid.info.name;
    clause.place = rule.place;
    acts = clause.outcome != ClauseOutcome::kFalse;
  }
  const uint64_t unless = forbid.unless_approvers;
  const bool lifted = unless != 0 && (unless & ~frame_.header()->approvals) == 0;
  rule.stage = !acts ? "no" : lifted ? "lifted" : "acts";
}

void Explainer::Capabilities(const PolicyAction& entry, const RecordFinder& finder,
                             const ResourceView& resources) {
  std::vector<const CapabilityRecord*> covering(entry.capabilities.size(), nullptr);
  if (resources.derived) {
    const Coverage coverage(*state_.plan, finder, entry, resources.all, frame_.header()->now_us);
    if (coverage.covered() == resources.all.size()) {
      finder.ForEachCapability(entry, resources.all[0], [&](const CapabilityRecord& record) {
        if (!coverage.Has(record.capability)) return;
        covering[state_.plan->PositionOf(record.capability)] = &record;
      });
    }
  }
  for (size_t nth = 0; nth < covering.size(); ++nth) {
    const Capability& capability = program_.capabilities[entry.capabilities[nth]];
    ExplainedRule& rule = explanation_.rules.emplace_back();
    rule.kind = ExplainedRule::Kind::kCapability;
    rule.index = entry.capabilities[nth];
    rule.name = capability.name;
    rule.action = program_.actions[capability.action].name;
    rule.place = PlaceOf(program_, capability.span);
    rule.stage = "resource";
    if (covering[nth] != nullptr) Clauses(capability, *covering[nth], rule);
  }
}

void Explainer::Clauses(const Capability& capability, const CapabilityRecord& record,
                        ExplainedRule& rule) {
  const Shape& shape = program_.shapes[record.shape];
  const ClauseMasks masks = state_.evaluator.Explain(frame_.header(), record);
  const uint64_t require = state_.plan->RequireMask(record.shape);
  const uint64_t not_true =
      (masks.fail | masks.fault | masks.skipped) & ~state_.plan->PassMask(record.shape);
  rule.stage = (not_true & require) != 0 ? "clauses" : not_true != 0 ? "step-up" : "permit";
  for (uint32_t i = 0; i < capability.clauses.size(); ++i) {
    const uint64_t bit = uint64_t{1} << i;
    ExplainedClause& clause =
        rule.clauses.emplace_back(Clause({&shape, &record, capability.first_inst_span}, i));
    clause.name = capability.clauses[i].name;
    clause.place = PlaceOf(program_, capability.clauses[i].span);
    if (capability.clauses[i].limit_term != kNone) {
      // A clause that counts is false where the call is charged: that decides nothing by itself.
      for (ExplainedPart& part : clause.parts) {
        if (!SamePlace(part.place, clause.place)) continue;
        part.value = (masks.fail & bit) != 0 ? "counted" : "not counted";
      }
      clause.outcome = ClauseOutcome::kTrue;
    }
    const bool step_up = (not_true & bit) != 0 && (require & bit) == 0;
    if ((masks.skipped & bit) != 0) {
      clause.outcome = ClauseOutcome::kSkipped;
    } else if (step_up) {
      clause.outcome = ClauseOutcome::kStepUp;
    }
  }
}

ExplainedClause Explainer::Clause(const Code& code, uint32_t nth) const {
  const cap::Clause& clause = program_.clauses[code.shape->first_clause + nth];
  const Inst* insts = program_.insts.data() + code.shape->first_inst;
  const std::vector<interp::InstValue> values =
      interp::Values(program_, *code.shape, nth, frame_.header(), code.record,
                     *state_.evaluator.call_outs);
  ExplainedClause explained;
  explained.parts.resize(values.size());
  for (uint32_t at = clause.begin; at < clause.end; ++at) {
    Part(code, clause, values, at, explained.parts[at - clause.begin]);
  }
  // Bodies stand behind their quantifier, so that those of one that did not run are known by then.
  for (uint32_t at = clause.begin; at < clause.end; ++at) {
    if (!IsQuantifier(insts[at])) continue;
    const interp::InstValue& list = values[insts[at].a - clause.begin];
    const bool ran = explained.parts[at - clause.begin].ran && !list.fault &&
                     CountOf(list.value) > 0;
    for (uint32_t in = at + 1; !ran && in <= at + insts[at].b; ++in) {
      explained.parts[in - clause.begin].ran = false;
    }
  }
  explained.root = Last(insts, clause.begin, clause.end) - clause.begin;
  const interp::InstValue& result = values[explained.root];
  explained.outcome = result.fault                    ? ClauseOutcome::kFault
                      : (result.value.lo & 1) != 0 ? ClauseOutcome::kTrue
                                                   : ClauseOutcome::kFalse;
  return explained;
}

void Explainer::Part(const Code& code, const cap::Clause& clause,
                     const std::vector<interp::InstValue>& values, uint32_t at,
                     ExplainedPart& part) const {
  const Inst* insts = program_.insts.data() + code.shape->first_inst;
  const Inst& inst = insts[at];
  const OpInfo& info = InfoOf(inst.op);
  const interp::InstValue& value = values[at - clause.begin];
  part.text = TextOf(code, inst);
  part.fault = value.fault;
  const bool boolean = program_.types[inst.type].kind == TypeKind::kBool;
  if (!value.fault) {
    part.value = boolean ? ((value.value.lo & 1) != 0 ? "true" : "false")
                         : ShowSlot(program_, inst.type, value.value);
  }
  if (code.first_inst_span != kNone) {
    part.place = PlaceOf(program_, program_.spans[code.first_inst_span + at]);
  }
  if (info.a == OperandKind::kValue) part.parts.push_back(inst.a - clause.begin);
  if (info.b == OperandKind::kValue) part.parts.push_back(inst.b - clause.begin);
  if (!IsQuantifier(inst)) return;
  part.parts.push_back(Last(insts, at + 1, at + 1 + inst.b) - clause.begin);
  // Which element decided it stands, one higher, in the half that a bool does not use.
  if (value.value.hi != 0) part.element = static_cast<uint32_t>(value.value.hi - 1);
}

std::string Explainer::TextOf(const Code& code, const Inst& inst) const {
  const OpInfo& info = InfoOf(inst.op);
  const std::string text(info.text);
  if (info.a != OperandKind::kSlot) return text;
  const std::string& path = program_.tools[code.shape->tool].slots[inst.a].path;
  return inst.op == Op::kLoad ? path : path + " " + text;
}

}  // namespace

CallExplanation ExplainCall(const ProgramState* state, const GrantRows& rows, GrantId grant,
                            const Frame& frame) {
  if (state == nullptr || frame.header() == nullptr) return {};
  if (frame.tool() >= state->program->tools.size()) return {};
  const bool same = frame.header()->layout_hash == state->plan->tools()[frame.tool()].layout_hash;
  GrantView view;
  if (!same || OpenGrant(*state, rows, grant, frame.header()->now_us, view) !=
                   DecisionCode::kPermit) {
    return {};
  }
  return Explainer(*state, view, frame).Run();
}

}  // namespace cap::engine

namespace cap {

std::string_view NameOf(ExplainedRule::Kind kind) {
  switch (kind) {
    case ExplainedRule::Kind::kAction: return "action";
    case ExplainedRule::Kind::kForbid: return "forbid";
    case ExplainedRule::Kind::kCapability: return "capability";
  }
  return "";
}

}  // namespace cap
