// Policies, capabilities, forbids: what is bound to shapes, and what decisions say.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/program/verify_context.h"
#include "runtime/program/verify_rule.h"
#include "runtime/value/text.h"

namespace cap::verify {
namespace {

/// What an engine writes for the enforcement point: everything else would be read as a text.
bool HasJson(const Program& program, TypeIndex index) {
  const Type& type = program.types[index];
  const bool many = type.kind == TypeKind::kSet || type.kind == TypeKind::kList;
  const TypeKind kind = many ? program.types[type.element].kind : type.kind;
  return kind == TypeKind::kBool || kind == TypeKind::kInt || kind == TypeKind::kEnum ||
         IsTextKind(kind);
}

bool VerifyObligations(Context& context) {
  const Program& program = context.program;
  std::set<std::pair<std::string_view, uint32_t>> seen;
  for (size_t i = 0; i < program.obligations.size(); ++i) {
    const ObligationType& obligation = program.obligations[i];
    const std::string where = fmt::format("obligations[{}]", i);
    if (obligation.name.empty() || !IsUtf8(obligation.name) ||
        !seen.emplace(obligation.name, obligation.version).second) {
      return context.Fail(where, "the name is empty, doubled or not UTF-8");
    }
    for (const ObligationParameter& parameter : obligation.parameters) {
      if (!IsUtf8(parameter.name) || parameter.type >= program.types.size()) {
        return context.Fail(where, "a parameter has no name or type");
      }
      if (!HasJson(program, parameter.type)) {
        return context.Fail(where, "a parameter's type has no JSON form");
      }
    }
  }
  return true;
}

/// What a delegation narrows by name: no name twice.
bool VerifyParameters(Context& context, const Capability& capability, const RuleVerifier& rule) {
  const Shape& shape = context.program.shapes[capability.shape];
  std::set<std::pair<std::string_view, std::string_view>> names;
  for (const CapabilityParameter& parameter : capability.parameters) {
    if (parameter.constraint.empty() || parameter.name.empty() || !IsUtf8(parameter.constraint) ||
        !IsUtf8(parameter.name) || !IsPlain(parameter.constraint) || !IsPlain(parameter.name) ||
        !names.emplace(parameter.constraint, parameter.name).second) {
      return rule.Fail("the name of a parameter is empty, doubled or not plain");
    }
    if (parameter.const_index >= shape.const_types.size() ||
        parameter.type >= context.program.types.size()) {
      return rule.Fail("a parameter is no constant");
    }
    // The constant of a spacing's time is the rate that it makes.
    const TypeIndex constant = shape.const_types[parameter.const_index];
    const bool interval = context.TypeAt(parameter.type).kind == TypeKind::kDuration &&
                          context.TypeAt(constant).kind == TypeKind::kRate;
    if (!interval && !context.SameRepresentation(parameter.type, constant)) {
      return rule.Fail("a parameter is no constant, or one of another type");
    }
    if (parameter.order > ParameterOrder::kWithin) return rule.Fail("there is no such order");
  }
  return true;
}

bool VerifyCapability(Context& context, uint32_t index) {
  const Program& program = context.program;
  const Capability& capability = program.capabilities[index];
  const RuleVerifier rule(context, fmt::format("capabilities[{}]", index), capability.policy,
                          capability.action);
  if (!rule.Owners() ||
      !rule.ShapeOf(capability.shape, ShapeKind::kCapability, capability.first_inst_span)) {
    return false;
  }
  const Shape& shape = program.shapes[capability.shape];
  if (!rule.Consts(capability.consts, shape.const_types)) return false;
  if (!rule.Infos(capability.clauses, shape) ||
      !rule.Terms(capability.terms, capability.clauses, shape, capability.consts) ||
      !VerifyParameters(context, capability, rule)) {
    return false;
  }
  if (capability.name.empty() || !IsUtf8(capability.name)) {
    return rule.Fail("the name is empty or not UTF-8");
  }
  if (capability.patterns.empty()) return rule.Fail("it has no pattern");
  if (!context.SpanOk(capability.span)) return rule.Fail("there is no such file");
  return rule.Patterns(capability.patterns);
}

bool VerifyForbid(Context& context, uint32_t index) {
  const Forbid& forbid = context.program.forbids[index];
  const RuleVerifier rule(context, fmt::format("forbids[{}]", index), forbid.policy,
                          forbid.action);
  if (!rule.Owners()) return false;
  static const std::vector<TypeIndex> kNoConsts;
  const std::vector<TypeIndex>* types = &kNoConsts;
  if (forbid.shape != kNone) {
    if (!rule.ShapeOf(forbid.shape, ShapeKind::kPredicate, forbid.first_inst_span)) return false;
    types = &context.program.shapes[forbid.shape].const_types;
  }
  if (!context.ApproversOk(forbid.unless_approvers)) return rule.Fail("there is no such approver");
  return rule.Consts(forbid.consts, *types) && rule.Patterns(forbid.patterns) &&
         rule.Info(forbid.info, ClauseKind::kRequire, *types);
}

template <typename Item>
bool Owns(const std::vector<uint32_t>& listed, const std::vector<Item>& items, uint32_t policy) {
  std::unordered_set<uint32_t> seen;
  return std::ranges::all_of(listed, [&](uint32_t index) {
    return index < items.size() && items[index].policy == policy && seen.insert(index).second;
  });
}

/// What a mint gives, and what the policy fixes: nothing twice, no name twice.
bool VerifyBound(Context& context, const Policy& policy, const std::string& where) {
  const Program& program = context.program;
  if (policy.bound.size() > limits::kConstants || policy.fixed.size() > limits::kConstants) {
    return context.Fail(where, "too many bound values");
  }
  std::unordered_set<uint32_t> bound;
  std::unordered_set<std::string_view> names;
  for (uint32_t value : policy.bound) {
    if (value >= program.bound.size() || !bound.insert(value).second) {
      return context.Fail(where, "a bound value is missing or doubled");
    }
    if (!names.insert(program.bound[value].name).second) {
      return context.Fail(where, "two bound values have one name");
    }
  }
  uint32_t next = 0;
  for (const FixedBound& fixed : policy.fixed) {
    if (fixed.bound < next || fixed.bound >= program.bound.size() || bound.contains(fixed.bound) ||
        !program.bound[fixed.bound].is_parameter()) {
      return context.Fail(where, "what it fixes is out of order, or no parameter");
    }
    next = fixed.bound + 1;
    const TypeIndex type = program.bound[fixed.bound].type;
    const bool fits = fixed.value.bound
                          ? bound.contains(fixed.value.index) &&
                                context.SameRepresentation(
                                    program.bound[fixed.value.index].type, type)
                          : context.ValueConforms(fixed.value.index, type);
    if (!fits) return context.Fail(where, "a value that it fixes does not fit its type");
  }
  return true;
}

bool VerifyPolicy(Context& context, uint32_t index) {
  const Program& program = context.program;
  const Policy& policy = program.policies[index];
  const std::string where = fmt::format("policies[{}]", index);
  if (policy.name.empty() || !IsUtf8(policy.name) || !IsUtf8(policy.version)) {
    return context.Fail(where, "the name is empty, or a text is not UTF-8");
  }
  for (uint32_t purpose : policy.purposes) {
    if (purpose >= program.purposes.size()) return context.Fail(where, "no such purpose");
  }
  if (!VerifyBound(context, policy, where)) return false;
  if (!VerifyBreaker(context, policy, where)) return false;
  if (policy.max_ttl_us < 0) return context.Fail(where, "the time to live is negative");
  if (!context.SpanOk(policy.span)) return context.Fail(where, "there is no such file");
  if (!Owns(policy.capabilities, program.capabilities, index) ||
      !Owns(policy.forbids, program.forbids, index) ||
      !Owns(policy.limits, program.limits, index)) {
    return context.Fail(where, "it lists a rule that is missing, doubled or another policy's");
  }
  std::unordered_set<std::string_view> names;
  std::map<uint32_t, std::set<uint32_t>> skeletons;  // of an action
  for (uint32_t capability : policy.capabilities) {
    const Capability& listed = program.capabilities[capability];
    if (!names.insert(listed.name).second) {
      return context.Fail(where, fmt::format("two capabilities are named {}", listed.name));
    }
    std::set<uint32_t>& used = skeletons[listed.action];
    for (const Pattern& pattern : listed.patterns) used.insert(pattern.skeleton);
    if (used.size() > limits::kSkeletons) return context.Fail(where, "too many skeletons");
  }
  return true;
}

/// A guard chooses the action before any policy is asked, so it reads no bound value.
bool VerifyGuard(Context& context, size_t index) {
  const Program& program = context.program;
  const Action& action = program.actions[index];
  const std::string where = fmt::format("actions[{}].guard", index);
  if (action.guard == kNone) {
    return action.guard_consts.empty() || context.Fail(where, "constants without a guard");
  }
  if (action.guard >= program.shapes.size()) return context.Fail(where, "no such shape");
  const Shape& shape = program.shapes[action.guard];
  if (shape.kind != ShapeKind::kPredicate || shape.tool != action.tool) {
    return context.Fail(where, "the shape is no predicate of this tool");
  }
  if (action.guard_consts.size() != shape.const_types.size()) {
    return context.Fail(where, "its constants are not those of its shape");
  }
  for (size_t i = 0; i < shape.const_types.size(); ++i) {
    const ConstSource& source = action.guard_consts[i];
    if (source.bound || !context.ValueConforms(source.index, shape.const_types[i])) {
      return context.Fail(where, fmt::format("constant {} does not fit its type", i));
    }
  }
  return true;
}

template <typename Item, typename Lists>
bool AllListed(const std::vector<Policy>& policies, const std::vector<Item>& items, Lists lists) {
  size_t listed = 0;
  for (const Policy& policy : policies) listed += lists(policy).size();
  return listed == items.size();  // no policy lists one twice, nor another policy's
}

template <typename Item>
bool PlainNames(Context& context, std::string_view table, const std::vector<Item>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (IsPlain(items[i].name)) continue;
    return context.Fail(fmt::format("{}[{}]", table, i), "the name has a control character");
  }
  return true;
}

bool VerifyPlainNames(Context& context) {
  const Program& program = context.program;
  for (const std::string& approver : program.approvers) {
    if (!IsPlain(approver)) {
      return context.Fail("approvers", "the name has a control character");
    }
  }
  for (const Tool& tool : program.tools) {
    if (!PlainNames(context, "arguments", tool.arguments) ||
        !PlainNames(context, "facts", tool.facts) || !PlainNames(context, "live", tool.live)) {
      return false;
    }
  }
  for (const RecordType& record : program.records) {
    if (!PlainNames(context, "fields", record.fields)) return false;
  }
  for (const Capability& capability : program.capabilities) {
    if (!PlainNames(context, "clauses", capability.clauses)) return false;
  }
  return PlainNames(context, "records", program.records) &&
         PlainNames(context, "enums", program.enums) &&
         PlainNames(context, "purposes", program.purposes) &&
         PlainNames(context, "bound", program.bound) &&
         PlainNames(context, "actions", program.actions) &&
         PlainNames(context, "policies", program.policies) &&
         PlainNames(context, "capabilities", program.capabilities);
}

}  // namespace

bool VerifyPolicies(Context& context) {
  const Program& program = context.program;
  if (program.capabilities.size() > limits::kCapabilities ||
      program.forbids.size() > limits::kCapabilities ||
      program.policies.size() > limits::kPolicies) {
    return context.Fail("policies", "there are too many policies or rules");
  }
  for (const Span& span : program.spans) {
    if (!context.SpanOk(span)) return context.Fail("spans", "there is no such file");
  }
  for (size_t i = 0; i < program.actions.size(); ++i) {
    if (!VerifyGuard(context, i)) return false;
  }
  if (!VerifyObligations(context) || !VerifyHistories(context)) return false;
  // Policies first: the names, purposes and bound values that the rules lean on.
  std::unordered_set<std::string_view> names;
  for (uint32_t i = 0; i < program.policies.size(); ++i) {
    if (!VerifyPolicy(context, i)) return false;
    if (!names.insert(program.policies[i].name).second) {
      return context.Fail(fmt::format("policies[{}]", i), "the name stands there twice");
    }
  }
  for (uint32_t i = 0; i < program.capabilities.size(); ++i) {
    if (!VerifyCapability(context, i)) return false;
  }
  for (uint32_t i = 0; i < program.forbids.size(); ++i) {
    if (!VerifyForbid(context, i)) return false;
  }
  if (!VerifyLimits(context) || !VerifyPlainNames(context)) return false;
  if (!AllListed(program.policies, program.capabilities,
                 [](const Policy& p) { return p.capabilities; }) ||
      !AllListed(program.policies, program.forbids, [](const Policy& p) { return p.forbids; }) ||
      !AllListed(program.policies, program.limits, [](const Policy& p) { return p.limits; })) {
    return context.Fail("policies", "a rule belongs to no policy");
  }
  return true;
}

}  // namespace cap::verify
