// `limit NAME on actions { … }`: counters that all permits of these actions share; one SharedLimit
// an action. And `circuit_breaker`.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "compiler/check/policy.h"
#include "runtime/base/limits.h"

namespace cap::check {

std::vector<uint32_t> PolicyChecker::LimitActions(const ast::Limit& decl) {
  std::vector<uint32_t> found;
  for (uint32_t i = 0; decl.every_action && i < context_.program.actions.size(); ++i) {
    found.push_back(i);
  }
  for (const ast::Ident& name : decl.actions) {
    const uint32_t action = FindAction(name);
    if (action == kNone) continue;
    if (std::ranges::find(found, action) == found.end()) {
      found.push_back(action);
      continue;
    }
    context_.Error(diag::Code::kDeclaredTwice, name.span,
                   {.message = fmt::format("`{}` is limited twice here", name.text),
                    .label = "again",
                    .help = "leave it out",
                    .notes = {}});
  }
  return found;
}

/// False: something was reported.
bool PolicyChecker::LimitBody(const ast::Limit& decl, uint32_t action, Lowering& lowering) {
  Scope& scope = *actions_[action].scope;
  const size_t mark = scope.Mark();
  OpenParameters(layer_policy_, scope);
  ExprChecker checker(context_, *module_, scope);
  bool good = true;
  for (const ast::Stmt& statement : decl.body) {
    good = std::visit([&](const auto& s) { return Statement(s, checker, lowering); }, statement) &&
           good;
  }
  scope.Release(mark);
  return good;
}

std::optional<SharedLimit> PolicyChecker::LimitAction(const ast::Limit& decl, uint32_t action) {
  Lowering lowering(context_, shapes_, ShapeKind::kCapability,
                    context_.program.actions[action].tool, decl.name.span);
  BeginRule(decl.name.text);
  in_limit_ = true;
  const bool good = LimitBody(decl, action, lowering);
  in_limit_ = false;
  std::optional<Lowering::Rule> rule = lowering.Finish();
  if (!rule || !good) return std::nullopt;
  SharedLimit limit;
  limit.name = decl.name.text;
  limit.action = action;
  limit.shape = rule->shape;
  limit.consts = std::move(rule->consts);
  limit.first_inst_span = rule->first_inst_span;
  limit.clauses = std::move(clauses_);
  limit.terms = std::move(terms_);
  limit.span = context_.Place(decl.name.span);
  return limit;
}

/// One an action; nothing more after the first one that was reported.
std::vector<SharedLimit> PolicyChecker::CheckLimit(const ast::Limit& decl) {
  std::vector<SharedLimit> made;
  if (std::ranges::all_of(decl.body, [](const ast::Stmt& s) {
        return std::holds_alternative<ast::Let>(s);
      })) {
    if (context_.ReportedIn(decl.span)) return made;
    context_.Error(diag::Code::kEmptyConstraint, decl.name.span,
                   {.message = fmt::format("the limit `{}` counts nothing", decl.name.text),
                    .label = "no `consume`, `hold` or `require after`",
                    .help = "say what is counted: `maxPerDay(10)`, `consume 1 of …`",
                    .notes = {}});
    return made;
  }
  for (const uint32_t action : LimitActions(decl)) {
    if (!actions_[action].good) continue;
    std::optional<SharedLimit> limit = LimitAction(decl, action);
    if (!limit) break;
    made.push_back(std::move(*limit));
  }
  return made;
}

bool PolicyChecker::AddSharedLimit(SharedLimit limit, uint32_t origin, const SourceSpan& span) {
  Program& program = context_.program;
  if (Full(program.limits.size(), limits::kCapabilities, "limits", span)) return false;
  limit.policy = policy_;
  NoteBound({}, limit.consts);
  limits_.push_back(static_cast<uint32_t>(program.limits.size()));
  limit_origins_.push_back(origin);
  program.limits.push_back(std::move(limit));
  return true;
}

void PolicyChecker::OwnLimits(const ast::PolicyDecl& decl) {
  std::map<std::string_view, SourceSpan> names;
  for (const ast::Limit& limit : decl.limits) {
    const auto [first, added] = names.emplace(limit.name.text, limit.name.span);
    if (!added) {
      TwoLimits(limit.name, first->second);
      continue;
    }
    for (SharedLimit& made : CheckLimit(limit)) {
      const auto own = static_cast<uint32_t>(context_.program.limits.size());
      if (!AddSharedLimit(std::move(made), own, limit.span)) return;
    }
  }
}

void PolicyChecker::TwoLimits(const ast::Ident& name, const SourceSpan& first) {
  context_.Error(diag::Code::kDeclaredTwice, name.span,
                 {.message = fmt::format("two limits are named `{}`", name.text),
                  .label = "the name again",
                  .help = "a limit counts under its name: name one of them otherwise",
                  .notes = {{first, "the first"}}});
}

void PolicyChecker::CheckTopLimits() {
  std::map<std::string_view, SourceSpan> names;
  for (const ast::Module& module : context_.modules) {
    module_ = &module;
    for (const ast::Decl& decl : module.decls) {
      const auto* limit = std::get_if<ast::LimitDecl>(&decl.node);
      if (limit == nullptr) continue;
      const ast::Ident& name = limit->limit.name;
      const auto [first, added] = names.emplace(name.text, name.span);
      if (!added) {
        TwoLimits(name, first->second);
        continue;
      }
      std::ranges::move(CheckLimit(limit->limit), std::back_inserter(top_limits_));
    }
  }
}

/// Those of what a policy extends or includes, which keep their counters.
void PolicyChecker::InheritLimits(const Policy& other, const SourceSpan& span) {
  const std::vector<uint32_t> inherited = other.limits;
  for (const uint32_t limit : inherited) {
    const uint32_t origin = limit_origins_[limit];
    // Those of the top level are bound to this policy in their own way.
    if (origin == kNone || !limits_seen_.insert(origin).second) continue;
    const SharedLimit copy = context_.program.limits[limit];
    if (!AddSharedLimit(copy, origin, span)) return;
  }
}

/// A policy takes the limits of the top level for the actions that it has a capability of.
void PolicyChecker::BindTopLimits(const SourceSpan& span) {
  std::set<uint32_t> actions;
  for (const uint32_t capability : capabilities_) {
    actions.insert(context_.program.capabilities[capability].action);
  }
  for (const SharedLimit& limit : top_limits_) {
    if (actions.contains(limit.action) && !AddSharedLimit(limit, kNone, span)) return;
  }
}

/// What a limit holds: it counts, and does not ask.
bool PolicyChecker::OnlyCounts(const SourceSpan& span, std::string_view what) {
  context_.Error(diag::Code::kNotALimit, span,
                 {.message = fmt::format("a limit only counts, and {}", what),
                  .label = "no limit",
                  .help = "ask it in the capability, or in a `forbid`",
                  .notes = {}});
  return false;
}

// --- circuit breakers ---

/// False: something was reported.
bool PolicyChecker::BreakerSetting(const ast::ConstraintCall& setting, Breaker& breaker) {
  const auto bad = [&](const SourceSpan& span, std::string message, std::string help) {
    context_.Error(diag::Code::kBadBreaker, span,
                   {.message = std::move(message),
                    .label = "no setting",
                    .help = std::move(help),
                    .notes = {}});
    return false;
  };
  constexpr std::array<std::string_view, 3> kSettings = {"maxViolations", "window",
                                                         "suspendDuration"};
  const std::string& name = setting.name.text;
  const auto known = std::ranges::find(kSettings, name);
  if (known == kSettings.end()) {
    return bad(setting.name.span, fmt::format("a circuit breaker has no setting `{}`", name),
               MeantOrKnown(name, {kSettings.begin(), kSettings.end()}).text);
  }
  const bool plain = setting.arguments.size() == 1 && !setting.arguments[0].name &&
                     !setting.of && !setting.when;
  const ast::Expr* value = plain ? &(*module_)[setting.arguments[0].value] : nullptr;
  const bool count = known == kSettings.begin();
  const auto* number = value == nullptr ? nullptr : std::get_if<ast::IntExpr>(&value->node);
  const auto* time = value == nullptr ? nullptr : std::get_if<ast::DurationExpr>(&value->node);
  const int64_t given = count && number != nullptr ? number->value
                        : !count && time != nullptr ? time->us
                                                    : 0;
  const int64_t most = count ? int64_t{limits::kRecentTimes} : limits::kTimeUs;
  if (given <= 0 || given > most) {
    return bad(value == nullptr ? setting.span : value->span,
               count ? fmt::format("`maxViolations` is a number from 1 to {}", most)
                     : fmt::format("`{}` is a span of time above zero", name),
               count ? "write `maxViolations(3)`" : fmt::format("write `{}(5m)`", name));
  }
  int64_t max = breaker.max_violations;
  int64_t& into = count                          ? max
                  : known == kSettings.begin() + 1 ? breaker.window_us
                                                   : breaker.suspend_us;
  if (into != 0) {
    return bad(setting.name.span, fmt::format("`{}` is given twice", name), "keep one");
  }
  into = given;
  breaker.max_violations = static_cast<uint32_t>(max);
  return true;
}

/// The policy's own one, held against what it extends; then the strictest of all it is built on.
void PolicyChecker::SetBreaker(Policy& policy, const ast::PolicyDecl& decl,
                               const std::vector<uint32_t>& included) {
  if (decl.breaker) {
    bool good = true;
    for (const ast::ConstraintCall& setting : decl.breaker->settings) {
      good = BreakerSetting(setting, policy.breaker) && good;
    }
    const bool whole = policy.breaker.max_violations != 0 && policy.breaker.window_us != 0 &&
                       policy.breaker.suspend_us != 0;
    if (good && !whole && !context_.ReportedIn(decl.breaker->span)) {
      context_.Error(diag::Code::kBadBreaker, decl.breaker->span,
                     {.message = "a circuit breaker says how many, within what time, and for how "
                                 "long",
                      .label = "a setting is missing",
                      .help = "write `maxViolations(3) window(5m) suspendDuration(30m)`",
                      .notes = {}});
    }
    if (!good || !whole) policy.breaker = {};
    policy.breaker.span = context_.Place(decl.breaker->span);
  }
  const Program& program = context_.program;
  if (parent_ != kNone) {
    const Breaker& outer = program.policies[parent_].breaker;
    const Breaker& own = policy.breaker;
    const bool wider = own.max_violations != 0 && outer.max_violations != 0 &&
                       (own.max_violations > outer.max_violations ||
                        own.window_us < outer.window_us || own.suspend_us < outer.suspend_us);
    if (wider) {
      context_.Error(diag::Code::kBadBreaker, decl.breaker->span,
                     {.message = fmt::format("this breaks later, or for a shorter time, than the "
                                             "circuit breaker of `{}`",
                                             program.policies[parent_].name),
                      .label = "would permit more",
                      .help = "give no more violations, and no shorter times",
                      .notes = {}});
    }
    Strictest(outer, policy.breaker);
  }
  for (const uint32_t other : included) {
    if (other != kNone) Strictest(program.policies[other].breaker, policy.breaker);
  }
}

/// One that opens wherever either of them does.
void PolicyChecker::Strictest(const Breaker& other, Breaker& breaker) {
  if (other.max_violations == 0) return;
  if (breaker.max_violations == 0) {
    breaker = other;
    return;
  }
  breaker.max_violations = std::min(breaker.max_violations, other.max_violations);
  breaker.window_us = std::max(breaker.window_us, other.window_us);
  breaker.suspend_us = std::max(breaker.suspend_us, other.suspend_us);
}

}  // namespace cap::check
