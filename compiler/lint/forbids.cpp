// What forbids and the conditions of actions decide: nothing, everything, or what others do.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "compiler/lint/context.h"
#include "compiler/lint/rules.h"

namespace cap::lint {

namespace {

/// A forbid of several actions is several, and one that binds several policies has copies: what is
/// said of the statement has to be so of each.
struct Statement {
  const Forbid* first = nullptr;
  bool never = true;     // its condition
  bool always = true;    // its condition
  bool needless = true;  // another one acts wherever it does
  bool idle = true;      // no capability permits what it speaks of
  const Forbid* wider = nullptr;
};

class Forbids {
 public:
  explicit Forbids(Findings& findings) : findings_(findings), program_(findings.program()) {}

  void Run() {
    for (uint32_t i = 0; i < program_.tools.size(); ++i) {
      const ToolRules tool(findings_.compilation(), i);
      for (const Condition& guard : tool.guards()) ActionGuard(tool, guard);
      for (const Rule& rule : tool.rules()) Dead(tool, rule);
      for (const Condition& condition : tool.forbids()) Take(tool, condition);
    }
    for (const auto& [place, statement] : statements_) Say(statement);
    Unbound();
  }

 private:
  void ActionGuard(const ToolRules& tool, const Condition& guard) {
    const Action& action = program_.actions[guard.index];
    const Truths nothing(program_, tool.terms());
    if (IsNever(nothing, *guard.term)) {
      findings_.Add(
          diag::Code::kLintGuardNever, action.span,
          {fmt::format("the `when` of `{}` never holds: no call is this action", action.name),
           "no call is this", "mend the condition, or leave the action out"});
    } else if (nothing.Implies(*guard.term, true)) {
      findings_.Add(diag::Code::kLintGuardAlways, action.span,
                    {fmt::format("the `when` of `{}` always holds: every call of its tool is this "
                                 "action",
                                 action.name),
                     "always", "leave the `when` out, or mend it"});
    }
  }

  /// A capability of which a forbid that nothing lifts leaves nothing.
  void Dead(const ToolRules& tool, const Rule& rule) {
    const Capability& capability = *rule.capability;
    if (!findings_.IsOwn(capability.span) || findings_.IsCopy(capability)) return;
    const Truths truths = tool.Required(rule);
    if (truths.impossible()) return;
    for (const Condition& condition : tool.forbids()) {
      const Forbid& forbid = program_.forbids[condition.index];
      if (forbid.policy != capability.policy || forbid.action != capability.action ||
          forbid.unless_approvers != 0 || !HoldsAll(forbid, capability)) {
        continue;
      }
      if (condition.term && !truths.Implies(*condition.term, true)) continue;
      findings_.Add(diag::Code::kLintPermitsNothing, capability.span,
                    {fmt::format("`{}` permits nothing: a forbid denies whatever it would permit",
                                 capability.name),
                     "permits nothing", "leave it out, or mend the forbid",
                     findings_.NoteAt(forbid.info.span, "this denies it")});
      return;
    }
  }

  /// Whether the forbid speaks of every resource of the capability. A call with a list of resources
  /// may have none of them, and then no pattern meets it.
  bool HoldsAll(const Forbid& forbid, const Capability& capability) const {
    if (forbid.patterns.empty()) return true;
    if (program_.actions[forbid.action].resource.each_slot != kNone) return false;
    return IsCovered(capability.patterns, forbid.patterns);
  }

  bool IsCovered(const std::vector<Pattern>& narrow, const std::vector<Pattern>& wide) const {
    return std::ranges::all_of(narrow, [&](const Pattern& p) {
      return std::ranges::any_of(wide, [&](const Pattern& q) { return Covers(program_, q, p); });
    });
  }

  // --- statements ---

  void Take(const ToolRules& tool, const Condition& condition) {
    const Forbid& forbid = program_.forbids[condition.index];
    if (!findings_.IsOwn(forbid.info.span)) return;
    Statement& statement = statements_[{forbid.info.span.line, forbid.info.span.column}];
    if (statement.first == nullptr) statement.first = &forbid;
    const Truths nothing(program_, tool.terms());
    statement.never = statement.never && condition.term && IsNever(nothing, *condition.term);
    statement.always = statement.always && condition.term && nothing.Implies(*condition.term, true);
    const Forbid* wider = WiderThan(tool, condition);
    statement.needless = statement.needless && wider != nullptr;
    if (wider != nullptr) statement.wider = wider;
    // A policy without capabilities is there to be included.
    const Policy& policy = program_.policies[forbid.policy];
    const bool permitted = std::ranges::any_of(policy.capabilities, [&](uint32_t index) {
      return program_.capabilities[index].action == forbid.action;
    });
    statement.idle = statement.idle && !permitted && !policy.capabilities.empty();
  }

  /// Another forbid of the policy that acts wherever this one does, and is lifted by no less. Of
  /// two equal ones the later goes.
  const Forbid* WiderThan(const ToolRules& tool, const Condition& condition) const {
    const Forbid& forbid = program_.forbids[condition.index];
    for (const Condition& other : tool.forbids()) {
      const Forbid& wide = program_.forbids[other.index];
      if (&wide == &forbid || wide.policy != forbid.policy || wide.action != forbid.action ||
          wide.info.span == forbid.info.span) {
        continue;
      }
      if (Acts(other, condition) && (other.index < condition.index || !Acts(condition, other))) {
        return &wide;
      }
    }
    return nullptr;
  }

  /// Whether `wide` acts wherever `narrow` does: without a condition, or on the same one, so that
  /// it faults where that one faults.
  bool Acts(const Condition& wide, const Condition& narrow) const {
    const Forbid& one = program_.forbids[wide.index];
    const Forbid& other = program_.forbids[narrow.index];
    const bool lifted_alike =
        one.unless_approvers == 0 || one.unless_approvers == other.unless_approvers;
    const bool covered = one.patterns.empty() ||
                         (!other.patterns.empty() && IsCovered(other.patterns, one.patterns));
    return lifted_alike && covered && (!wide.term || wide.term == narrow.term);
  }

  void Say(const Statement& statement) {
    const Span& span = statement.first->info.span;
    if (statement.never) {
      findings_.Add(diag::Code::kLintGuardNever, span,
                    {"the `when` of this forbid never holds", "never forbids anything",
                     "mend the condition, or leave the forbid out"});
    } else if (statement.always) {
      findings_.Add(
          diag::Code::kLintGuardAlways, span,
          {"the `when` of this forbid always holds", "always", "leave the `when` out, or mend it"});
    }
    if (statement.idle) {
      Idle(findings_.SourceOf(span), "this policy");
    } else if (statement.needless) {
      findings_.Add(diag::Code::kLintForbidNeedless, span,
                    {"another forbid denies whatever this one denies", "needless",
                     "leave it out, or mend one of the two",
                     findings_.NoteAt(statement.wider->info.span, "denies it anyway")});
    }
  }

  void Idle(const SourceSpan& span, std::string_view of) {
    findings_.Add(diag::Code::kLintForbidIdle, span,
                  {fmt::format("no capability of {} permits a call that this forbid speaks of", of),
                   "nothing to forbid",
                   "without a capability a call is denied anyway; leave it out, or mend the "
                   "actions that it names"});
  }

  /// A forbid of the top level is in the policies that have a capability of its actions, and so
  /// perhaps in none. A file without policies is a library.
  void Unbound() {
    const bool has_policies = std::ranges::any_of(program_.policies, [&](const Policy& policy) {
      return findings_.IsOwn(policy.span) && !policy.capabilities.empty();
    });
    if (!has_policies) return;
    const Compilation& compilation = findings_.compilation();
    for (const ast::Decl& decl : compilation.modules[0].decls) {
      const auto* forbid = std::get_if<ast::ForbidDecl>(&decl.node);
      if (forbid == nullptr) continue;
      const Span place = compilation.sources.Resolve(forbid->forbid.span);
      if (!statements_.contains({place.line, place.column})) {
        Idle(forbid->forbid.span, "any policy here");
      }
    }
  }

  Findings& findings_;
  const Program& program_;
  std::map<std::pair<uint32_t, uint32_t>, Statement> statements_;  // by line and column
};

}  // namespace

void FindInForbids(Findings& findings) { Forbids(findings).Run(); }

}  // namespace cap::lint
