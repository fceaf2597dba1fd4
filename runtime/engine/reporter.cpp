#include "runtime/engine/reporter.h"

#include <algorithm>
#include <bit>

#include "runtime/engine/clause_view.h"
#include "runtime/engine/delegation.h"
#include "runtime/engine/limit_report.h"
#include "runtime/engine/obligations.h"
#include "runtime/engine/show.h"
#include "runtime/program/print.h"
#include "runtime/value/quote.h"

namespace cap::engine {
namespace {

constexpr size_t kShownResource = 200;

std::string Hex(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

class Reporter {
 public:
  Reporter(const ProgramState& state, const GrantView& grant, const Decision& decision,
           const Frame& frame, FullReport& full)
      : state_(state),
        program_(*state.program),
        grant_(grant),
        decision_(decision),
        frame_(frame),
        full_(full),
        report_(full.report) {}

  void Names();
  void Action();

 private:
  void Candidates(const PolicyAction& entry, const std::vector<const CapabilityRecord*>& covering);
  void Capability(const CapabilityRecord& record);
  void Forbid(const PolicyAction& entry, const RecordFinder& finder, const ResourceView& resources);
  void SharedLimit(const PolicyAction& entry, const RecordFinder& finder);
  void NotDelegated();
  void Take(ClauseView view, const ClauseInfo& info);
  void Underived(const Resource& resource, uint32_t nth);
  void Uncovered(const PolicyAction& entry);
  void UnusedApproval();
  void AddStepUps(const CapabilityRecord& record, uint64_t bits);
  bool ResourceIsPublic(const Resource& resource) const;
  std::vector<const CapabilityRecord*> Covering(const PolicyAction& entry,
                                                const RecordFinder& finder,
                                                const ResourceView& resources) const;

  const ProgramState& state_;
  const Program& program_;
  const GrantView& grant_;
  const Decision& decision_;
  const Frame& frame_;
  FullReport& full_;
  DecisionReport& report_;
  std::string unused_;  // an approval that does not count
};

void Reporter::Names() {
  report_.place = PlaceOf(program_, decision_.span);
  if (decision_.tool != kNone) report_.tool = program_.tools[decision_.tool].name;
  if (decision_.policy != kNone) report_.policy = program_.policies[decision_.policy].name;
  if (decision_.capability != kNone) {
    const cap::Capability& capability = program_.capabilities[decision_.capability];
    report_.capability = capability.name;
    if (report_.place.line == 0) report_.place = PlaceOf(program_, capability.span);
  }
  if (grant_.specification != nullptr) {
    report_.subject = std::string(grant_.specification->subject());
  }
}

bool Reporter::ResourceIsPublic(const Resource& resource) const {
  const Tool& tool = program_.tools[decision_.tool];
  const auto is_argument = [&](uint32_t slot) {
    return tool.slots[slot].source == SlotSource::kArgument;
  };
  if (resource.each_slot != kNone && !is_argument(resource.each_slot)) {
    const auto let = std::ranges::find(tool.lets, resource.each_slot, &LetDesc::slot);
    if (let == tool.lets.end() || !std::ranges::all_of(let->source_slots, is_argument)) {
      return false;
    }
  }
  return std::ranges::all_of(resource.holes, [&](const ResourceHole& hole) {
    return hole.source == HoleSource::kElement || is_argument(hole.index);
  });
}

void Reporter::Action() {
  const uint32_t nth = decision_.action_nth;
  const uint32_t index = program_.tools[decision_.tool].actions[nth];
  const cap::Action& action = program_.actions[index];
  report_.action = action.name;
  const ResourceView resources = ResourcesOf(action.has_resource, EveryHole(action), frame_, nth);
  if (action.has_resource && decision_.resource < resources.all.size()) {
    report_.resource =
        QuoteCut(frame_.ResourceText(program_, nth, decision_.resource), kShownResource);
    full_.resource_public = ResourceIsPublic(action.resource);
  }
  const PolicyAction* entry = state_.plan->Find(decision_.policy, index);
  if (entry == nullptr) return;
  const RecordFinder finder(state_, grant_.id, index);
  if (decision_.forbid != kNone) Forbid(*entry, finder, resources);
  if (decision_.verdict == Verdict::kStepUp) UnusedApproval();
  if (decision_.code == DecisionCode::kNoResource) Underived(action.resource, nth);
  if (decision_.code == DecisionCode::kNoCapability) Uncovered(*entry);
  if (!resources.derived) return;
  const std::vector<const CapabilityRecord*> covering = Covering(*entry, finder, resources);
  Candidates(*entry, covering);
  if (decision_.capability != kNone) {
    const CapabilityRecord* record = covering[state_.plan->PositionOf(decision_.capability)];
    if (record != nullptr) Capability(*record);
  }
  if (decision_.limit != kNone) SharedLimit(*entry, finder);
  if (decision_.code == DecisionCode::kNotDelegated) NotDelegated();
  if (decision_.obligations.count > 0) {
    const Result<std::vector<Obligation>> obligations =
        ObligationsOf(state_, grant_, frame_, decision_);
    report_.complete = report_.complete && obligations.has_value();
    if (!obligations.has_value()) return;
    for (const Obligation& obligation : *obligations) {
      report_.obligations.push_back(ShowObligation(obligation));
    }
  }
  if (report_.fault.empty() && !unused_.empty()) {
    report_.fault = unused_;
    full_.fault_public = true;  // what the host gave, and no value of a fact
  }
}

/// Which value is none that a resource can be made of.
void Reporter::Underived(const Resource& resource, uint32_t nth) {
  report_.place = PlaceOf(program_, resource.span);
  const Tool& tool = program_.tools[decision_.tool];
  uint32_t slot = resource.each_slot;
  const std::span<const ResourceTexts> all = frame_.resources(nth);
  const uint64_t every_hole = (uint64_t{1} << resource.holes.size()) - 1;
  for (const ResourceTexts& texts : all) {
    if (texts.valid == every_hole) continue;
    const auto hole = static_cast<size_t>(std::countr_one(texts.valid));
    if (resource.holes[hole].source == HoleSource::kSlot) slot = resource.holes[hole].index;
    break;
  }
  if (slot == kNone) return;
  const SlotDesc& desc = tool.slots[slot];
  const std::string note(frame_.note_text(slot));
  full_.fault_public = desc.source == SlotSource::kArgument;
  full_.observed_public = full_.fault_public;
  if (BitOf(frame_.header()->present, slot)) {
    report_.observed = ShowSlot(program_, desc.type, SlotsOf(frame_.header())[slot]);
    report_.fault = "`" + desc.path + "` is no name of one thing: " + report_.observed;
    if (all.empty()) report_.fault = "`" + desc.path + "` is empty";
  } else {
    report_.fault = "`" + desc.path + "` " + (note.empty() ? "has no value" : note);
  }
}

/// Why an approval that came with the call is none of this call.
void Reporter::UnusedApproval() {
  if (frame_.approval_notes().empty()) return;
  const ApprovalNote& note = frame_.approval_notes().front();
  const std::string approver = "`" + note.approver + "`";
  switch (note.reason) {
    case ApprovalNote::Reason::kOtherCall:
      unused_ = "the approval by " + approver + " is of another call";
      return;
    case ApprovalNote::Reason::kUnknownApprover:
      unused_ = approver + " is no approver of this policy";
      return;
    case ApprovalNote::Reason::kUnknownKind:
      unused_ = "the approval by " + approver + " is of an unknown kind";
      return;
  }
}

/// What the nearest capability covers, by the name that stands first.
void Reporter::Uncovered(const PolicyAction& entry) {
  report_.observed = report_.resource;
  full_.observed_public = full_.resource_public;
  const cap::Capability* nearest = nullptr;
  for (const uint32_t index : entry.capabilities) {
    const cap::Capability& capability = program_.capabilities[index];
    if (nearest == nullptr || capability.name < nearest->name) nearest = &capability;
  }
  if (nearest == nullptr || nearest->patterns.empty()) return;
  report_.place = PlaceOf(program_, nearest->span);
  for (const Pattern& pattern : nearest->patterns) {
    if (pattern.text.empty()) continue;
    report_.place = PlaceOf(program_, pattern.span);
    report_.limit += (report_.limit.empty() ? "" : ", ") + QuoteCut(pattern.text);
  }
  full_.limit_public = true;
}

/// A record of each capability of the entry, in its order; null where one does not cover all.
std::vector<const CapabilityRecord*> Reporter::Covering(const PolicyAction& entry,
                                                        const RecordFinder& finder,
                                                        const ResourceView& resources) const {
  std::vector<const CapabilityRecord*> covering(entry.capabilities.size(), nullptr);
  const Coverage coverage(*state_.plan, finder, entry, resources.all, frame_.header()->now_us);
  if (coverage.covered() < resources.all.size()) return covering;
  finder.ForEachCapability(entry, resources.all[0], [&](const CapabilityRecord& record) {
    if (!coverage.Has(record.capability)) return;
    covering[state_.plan->PositionOf(record.capability)] = &record;
  });
  return covering;
}

void Reporter::Candidates(const PolicyAction& entry,
                          const std::vector<const CapabilityRecord*>& covering) {
  for (size_t nth = 0; nth < covering.size(); ++nth) {
    const uint32_t index = entry.capabilities[nth];
    const cap::Capability& capability = program_.capabilities[index];
    CandidateReport& candidate = report_.candidates.emplace_back();
    candidate.capability = capability.name;
    candidate.place = PlaceOf(program_, capability.span);
    candidate.stage = "resource";
    const CapabilityRecord* record = covering[nth];
    if (record == nullptr) continue;
    const ClauseMasks masks = state_.evaluator.Explain(frame_.header(), *record);
    const uint64_t require = state_.plan->RequireMask(record->shape);
    const uint64_t not_true =
        (masks.fail | masks.fault | masks.skipped) & ~state_.plan->PassMask(record->shape);
    candidate.stage = (not_true & require) != 0 ? "clauses" : not_true != 0 ? "step-up" : "permit";
    for (uint32_t i = 0; i < capability.clauses.size(); ++i) {
      const uint64_t bit = uint64_t{1} << i;
      ClauseReport& clause = candidate.clauses.emplace_back();
      clause.name = capability.clauses[i].name;
      clause.place = PlaceOf(program_, capability.clauses[i].span);
      // An obligation admits, whatever it asks; a limit, unless it is the one that was spent.
      if (capability.clauses[i].obligation != kNone) continue;
      if (capability.clauses[i].limit_term != kNone) {
        const bool decided = index == decision_.capability && i == decision_.clause &&
                             decision_.verdict == Verdict::kDeny;
        if (decided) clause.outcome = ClauseOutcome::kFalse;
        continue;
      }
      if ((masks.skipped & bit) != 0) {
        clause.outcome = ClauseOutcome::kSkipped;
      } else if ((not_true & bit) != 0 && (require & bit) == 0) {
        clause.outcome = ClauseOutcome::kStepUp;
      } else if ((masks.fault & bit) != 0) {
        clause.outcome = ClauseOutcome::kFault;
      } else if ((masks.fail & bit) != 0) {
        clause.outcome = ClauseOutcome::kFalse;
      }
    }
  }
}

void Reporter::Take(ClauseView view, const ClauseInfo& info) {
  report_.clause = info.name;
  report_.observed = std::move(view.observed);
  report_.limit = std::move(view.limit);
  report_.text = std::move(view.text);
  report_.fault = std::move(view.fault);
  report_.source = std::move(view.fault_place);
  full_.observed_public = view.observed_public;
  full_.limit_public = view.limit_public;
  full_.fault_public = view.fault_public;
  if (report_.text.empty() && !view.subject.empty() && !report_.observed.empty()) {
    report_.message = "`" + view.subject + "` is " + report_.observed;
    full_.text_public = view.observed_public;
  }
}

void Reporter::Capability(const CapabilityRecord& record) {
  const cap::Capability& capability = program_.capabilities[record.capability];
  if (decision_.verdict == Verdict::kStepUp) AddStepUps(record, decision_.step_up);
  if (decision_.clause >= capability.clauses.size()) return;
  const ClauseInfo& info = capability.clauses[decision_.clause];
  if (decision_.verdict == Verdict::kStepUp && !report_.clause.empty()) return;  // a forbid's
  Take(ViewClause(state_, frame_,
                  {.shape = &program_.shapes[record.shape],
                   .clause = decision_.clause,
                   .info = &info,
                   .record = &record,
                   .consts = capability.consts,
                   .first_inst_span = capability.first_inst_span}),
       info);
}

void Reporter::AddStepUps(const CapabilityRecord& record, uint64_t bits) {
  const cap::Capability& capability = program_.capabilities[record.capability];
  for (; bits != 0; bits &= bits - 1) {
    const auto clause = static_cast<size_t>(std::countr_zero(bits));
    if (clause >= capability.clauses.size()) return;
    const ClauseInfo& info = capability.clauses[clause];
    const uint64_t wanted =
        info.approvers_const == kNone ? info.approvers : record.consts[info.approvers_const].lo;
    report_.step_ups.push_back(
        {.clause = info.name,
         .kind = info.step_up,
         .approvers = ApproverNames(program_, wanted & ~frame_.header()->approvals),
         .place = PlaceOf(program_, info.span)});
  }
}

void Reporter::Forbid(const PolicyAction& entry, const RecordFinder& finder,
                      const ResourceView& resources) {
  const cap::Forbid& forbid = program_.forbids[decision_.forbid];
  const CapabilityRecord* found = nullptr;
  ForEachForbid(entry, finder, program_.actions[forbid.action], resources.all,
                [&](uint32_t index, const CapabilityRecord& record) {
                  if (index == decision_.forbid) found = &record;
                });
  report_.clause = forbid.info.name;
  if (decision_.verdict == Verdict::kStepUp) {
    const uint64_t missing = forbid.unless_approvers & ~frame_.header()->approvals;
    report_.step_ups.push_back({.clause = forbid.info.name,
                                .kind = "approval",
                                .approvers = ApproverNames(program_, missing),
                                .place = PlaceOf(program_, forbid.info.span)});
  }
  if (found == nullptr || forbid.shape == kNone) return;
  Take(ViewClause(state_, frame_,
                  {.shape = &program_.shapes[forbid.shape],
                   .clause = 0,
                   .info = &forbid.info,
                   .record = found,
                   .consts = forbid.consts,
                   .first_inst_span = forbid.first_inst_span}),
       forbid.info);
}

void Reporter::SharedLimit(const PolicyAction& entry, const RecordFinder& finder) {
  const cap::SharedLimit& limit = program_.limits[decision_.limit];
  report_.clause = limit.name;
  if (decision_.clause >= limit.clauses.size()) return;
  CapabilityRecord record;
  for (const LimitPlan& plan : entry.limits) {
    if (plan.limit == decision_.limit) record = plan.record;
  }
  finder.ForEach(kLimitSkeleton, 0, kNoTexts, [&](const CapabilityRecord& each) {
    if (each.capability == decision_.limit) record = each;
  });
  if (grant_.delegation != nullptr && !grant_.delegation->blocks.back().limits.empty()) {
    record.consts = grant_.delegation->blocks.back().OfLimit(decision_.limit);
  }
  if (record.consts == nullptr && !limit.consts.empty()) return;
  record.shape = limit.shape;
  const ClauseInfo& info = limit.clauses[decision_.clause];
  Take(ViewClause(state_, frame_,
                  {.shape = &program_.shapes[limit.shape],
                   .clause = decision_.clause,
                   .info = &info,
                   .record = &record,
                   .consts = limit.consts,
                   .first_inst_span = limit.first_inst_span}),
       info);
  report_.clause = limit.name + "." + info.name;
}

/// Which argument is outside of what was delegated. What it is confined to is the delegator's.
void Reporter::NotDelegated() {
  for (const OnlyTest& test : grant_.delegation->only) {
    if (test.tool != frame_.tool() || Holds(program_, test, frame_.header())) continue;
    report_.clause = "only";
    report_.fault = "the delegation does not have a call with this `" + test.argument + "`";
    full_.fault_public = true;
    if (test.kind == OnlyTest::Kind::kNever) return;
    if (!BitOf(frame_.header()->present, test.slot)) return;
    report_.observed = ShowSlot(program_, test.type, SlotsOf(frame_.header())[test.slot]);
    full_.observed_public = true;
    return;
  }
}

/// A call that is none: what the action declares, beside what was given.
void Malformation(const Program& program, const Frame& frame, FullReport& full) {
  DecisionReport& report = full.report;
  const Malformed& malformed = frame.malformed();
  report.place = PlaceOf(program, malformed.span);
  full.limit_public = true;
  if (frame.tool() >= program.tools.size()) return;
  const Tool& tool = program.tools[frame.tool()];
  report.tool = tool.name;
  if (report.place.line == 0 && !tool.actions.empty()) {
    report.place = PlaceOf(program, program.actions[tool.actions.front()].span);
  }
  for (const ArgumentDesc& argument : tool.arguments) {
    if (malformed.kind == MalformedKind::kUndeclaredArgument) {
      report.limit += (report.limit.empty() ? "" : ", ") + argument.name;
    } else if (argument.name == malformed.what) {
      report.limit = PrintType(program, argument.type);
    }
  }
}

/// One sentence, from the most telling part that there is.
void AddMessage(FullReport& full, const Frame& frame) {
  DecisionReport& report = full.report;
  const Malformed& malformed = frame.malformed();
  std::string told = std::move(report.message);
  bool told_public = full.text_public;
  if (!report.fault.empty()) {
    told = report.fault;
    told_public = full.fault_public;
  } else if (!report.text.empty()) {
    told = report.text;
    told_public = true;
  } else if (frame.header() == nullptr && !malformed.what.empty()) {
    told = "`" + malformed.what + "`" + (malformed.detail.empty() ? "" : ": ") + malformed.detail;
    told_public = true;  // arguments, or names that the caller wrote itself
  } else if (report.code == DecisionCode::kNoCapability && !report.resource.empty()) {
    told = report.resource;
    told_public = full.resource_public;
  }
  full.text_public = told_public;
  report.message = std::string(SummaryOf(report.code)) + (told.empty() ? "" : ": ") + told;
}

}  // namespace

FullReport MakeReport(const ProgramState* state, const GrantRows& rows, const Decision& decision,
                      GrantId grant, const Frame& frame, const Reservation* answer) {
  FullReport full;
  DecisionReport& report = full.report;
  report.id = ToHex(decision.id);
  report.verdict = decision.verdict;
  report.code = decision.code;
  report.escalate = decision.escalate;
  report.uncounted = decision.uncounted();
  report.retry_after_us = decision.retry_after_us;
  report.place.line = decision.span.line;
  report.place.column = decision.span.column;
  report.place.length = decision.span.length;
  report.wrapped_in = frame.wrappers();
  if (frame.header() != nullptr) report.call_digest = Hex(frame.digest());
  if (frame.header() == nullptr) {
    report.observed = frame.malformed().detail;
    full.observed_public = true;
    if (state != nullptr) Malformation(*state->program, frame, full);
  } else if (decision.program != 0) {
    GrantView view;
    report.complete =
        state != nullptr && state->number == decision.program &&
        OpenGrant(*state, rows, grant, frame.header()->now_us, view) == DecisionCode::kPermit;
    if (state != nullptr && state->number == decision.program) {
      Reporter reporter(*state, view, decision, frame, full);
      reporter.Names();
      if (report.complete && decision.action_nth != 0xFF) reporter.Action();
      if (answer != nullptr) ReportLimits(*state, decision, *answer, full);
    }
  }
  AddMessage(full, frame);
  return full;
}

AgentDecisionReport ForAgent(const FullReport& full) {
  const DecisionReport& report = full.report;
  AgentDecisionReport agent;
  agent.id = report.id;
  agent.verdict = report.verdict;
  agent.code = report.code;
  agent.escalate = report.escalate;
  agent.uncounted = report.uncounted;
  agent.clause = report.clause;
  agent.step_ups = report.step_ups;
  agent.message = full.text_public ? report.message : std::string(SummaryOf(report.code));
  if (full.observed_public) agent.observed = report.observed;
  if (full.limit_public) agent.limit = report.limit;
  agent.retry_after_us = report.retry_after_us;
  for (size_t i = 0; i < full.limits_public.size(); ++i) {
    if (!full.limits_public[i]) continue;
    LimitReport& limit = agent.limits.emplace_back(report.limits[i]);
    if (full.limits_own[i]) continue;
    // What remains of it says what others did.
    limit.remains.clear();
    limit.limit.clear();
  }
  for (StepUpNeed& need : agent.step_ups) need.place = {};
  if (!agent.step_ups.empty()) agent.call_digest = report.call_digest;
  return agent;
}

}  // namespace cap::engine
