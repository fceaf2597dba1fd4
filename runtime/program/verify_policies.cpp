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
#include "runtime/value/text.h"

namespace cap::verify {
namespace {

/// One capability or forbid: both bind a shape's constants, match resources, and explain.
class RuleVerifier {
 public:
  RuleVerifier(Context& context, std::string where, uint32_t policy, uint32_t action)
      : context_(context), program_(context.program), where_(std::move(where)), policy_(policy),
        action_(action) {}

  /// Before anything else: the policy and the action exist.
  bool Owners() const {
    if (policy_ >= program_.policies.size()) return Fail("there is no such policy");
    if (action_ >= program_.actions.size()) return Fail("there is no such action");
    return true;
  }
  bool ShapeOf(uint32_t shape, ShapeKind kind, uint32_t first_span) const;
  bool Consts(const std::vector<ConstSource>& consts, const std::vector<TypeIndex>& types) const;
  bool Patterns(const std::vector<Pattern>& patterns) const;
  bool Info(const ClauseInfo& info, ClauseKind kind, const std::vector<TypeIndex>& consts) const;
  bool Fail(std::string what) const { return context_.Fail(where_, std::move(what)); }

 private:
  bool Piece(const TextPiece& piece, const std::vector<TypeIndex>& consts) const;
  bool Obligation(const ClauseInfo& info, const std::vector<TypeIndex>& consts) const;
  bool HoleValue(const PatternHole& hole) const;
  bool InGrant(uint32_t bound) const;

  Context& context_;
  const Program& program_;
  std::string where_;
  uint32_t policy_;
  uint32_t action_;
};

bool RuleVerifier::ShapeOf(uint32_t shape, ShapeKind kind, uint32_t first_span) const {
  if (shape >= program_.shapes.size()) return Fail("there is no such shape");
  const Shape& code = program_.shapes[shape];
  if (code.kind != kind) return Fail("the shape has another kind");
  if (code.tool != program_.actions[action_].tool) return Fail("the shape is another tool's");
  if (first_span > program_.spans.size() ||
      code.inst_count > program_.spans.size() - first_span) {
    return Fail("the spans of its instructions are past the last");
  }
  return true;
}

/// A grant has the bound values that its policy lists, given or fixed, and no others.
bool RuleVerifier::InGrant(uint32_t bound) const {
  const Policy& policy = program_.policies[policy_];
  return bound < program_.bound.size() &&
         (std::ranges::find(policy.bound, bound) != policy.bound.end() ||
          std::ranges::find(policy.fixed, bound, &FixedBound::bound) != policy.fixed.end());
}

bool RuleVerifier::Consts(const std::vector<ConstSource>& consts,
                          const std::vector<TypeIndex>& types) const {
  if (consts.size() != types.size()) return Fail("its constants are not those of its shape");
  for (size_t i = 0; i < consts.size(); ++i) {
    const ConstSource& source = consts[i];
    const bool fits =
        source.bound ? InGrant(source.index) && context_.SameRepresentation(
                                                    program_.bound[source.index].type, types[i])
                     : context_.ValueConforms(source.index, types[i]);
    if (!fits) return Fail(fmt::format("constant {} does not fit its type", i));
  }
  return true;
}

bool IsSegmentText(TypeKind kind) {
  return (IsTextKind(kind) && kind != TypeKind::kCidr && kind != TypeKind::kUrl) ||
         kind == TypeKind::kInt || kind == TypeKind::kEnum || kind == TypeKind::kInstant ||
         kind == TypeKind::kDate;
}

bool RuleVerifier::HoleValue(const PatternHole& hole) const {
  if (!hole.value.bound) {
    if (hole.value.index >= program_.values.size()) return false;
    const auto& value = program_.values[hole.value.index].v;
    return std::holds_alternative<std::string>(value) || std::holds_alternative<int64_t>(value) ||
           std::holds_alternative<EnumMember>(value) || std::holds_alternative<Instant>(value) ||
           std::holds_alternative<Date>(value);
  }
  if (!InGrant(hole.value.index)) return false;
  const Type& type = context_.TypeAt(program_.bound[hole.value.index].type);
  if (type.kind == TypeKind::kSet) return IsSegmentText(context_.TypeAt(type.element).kind);
  return IsSegmentText(type.kind);
}

bool RuleVerifier::Patterns(const std::vector<Pattern>& patterns) const {
  const Action& action = program_.actions[action_];
  for (const Pattern& pattern : patterns) {
    if (pattern.skeleton >= action.skeletons.size()) return Fail("there is no such skeleton");
    uint32_t mask = 0;
    uint32_t next = 0;
    for (const PatternHole& hole : pattern.holes) {
      if (hole.hole < next || hole.hole >= action.resource.holes.size()) {
        return Fail("a pattern's holes are out of order, or not the resource's");
      }
      next = hole.hole + 1;
      mask |= 1u << hole.hole;
      if (!HoleValue(hole)) return Fail("a pattern's value is missing or is no text");
    }
    if (mask != action.skeletons[pattern.skeleton]) {
      return Fail("a pattern does not hold the holes of its skeleton");
    }
    if (!IsUtf8(pattern.text)) return Fail("a pattern is not UTF-8");
    if (!context_.SpanOk(pattern.span)) return Fail("there is no such file");
  }
  return true;
}

bool RuleVerifier::Piece(const TextPiece& piece, const std::vector<TypeIndex>& consts) const {
  const Tool& tool = program_.tools[program_.actions[action_].tool];
  TypeIndex type = kNone;
  switch (piece.kind) {
    case TextPiece::Kind::kLiteral: return IsUtf8(piece.literal) && !piece.email_domain;
    case TextPiece::Kind::kSlot:
      if (piece.index < tool.slots.size()) type = tool.slots[piece.index].type;
      break;
    case TextPiece::Kind::kConst:
      if (piece.index < consts.size()) type = consts[piece.index];
      break;
  }
  if (type == kNone) return false;
  const TypeKind kind = context_.TypeAt(type).kind;
  const bool has_domain = kind == TypeKind::kEmail || kind == TypeKind::kUrl;
  return kind != TypeKind::kRecord && (!piece.email_domain || has_domain);
}

bool RuleVerifier::Obligation(const ClauseInfo& info, const std::vector<TypeIndex>& consts) const {
  if (info.obligation == kNone) return info.obligation_consts.empty();
  if (info.obligation >= program_.obligations.size()) return false;
  const std::vector<ObligationParameter>& parameters =
      program_.obligations[info.obligation].parameters;
  if (info.obligation_consts.size() != parameters.size()) return false;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const uint32_t constant = info.obligation_consts[i];
    if (constant >= consts.size() ||
        !context_.SameRepresentation(consts[constant], parameters[i].type)) {
      return false;
    }
  }
  return true;
}

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

bool RuleVerifier::Info(const ClauseInfo& info, ClauseKind kind,
                        const std::vector<TypeIndex>& consts) const {
  if (!IsUtf8(info.name)) return Fail("the name of a clause is not UTF-8");
  if (!context_.SpanOk(info.span)) return Fail("there is no such file");
  for (const TextPiece& piece : info.text) {
    if (!Piece(piece, consts)) return Fail("a text shows what is not there");
  }
  for (const TextPiece& piece : info.consent) {
    if (!Piece(piece, consts)) return Fail("a text shows what is not there");
  }
  const bool known = info.step_up == "approval" || info.step_up == "review";
  if (kind == ClauseKind::kStepUp ? !known : !info.step_up.empty()) {
    return Fail("the step-up of a clause is unknown or unwanted");
  }
  if ((kind == ClauseKind::kOblige) != (info.obligation != kNone)) {
    return Fail("the obligation of a clause is missing or unwanted");
  }
  if (!Obligation(info, consts)) return Fail("an obligation does not fit its declaration");
  if (!context_.ApproversOk(info.approvers)) return Fail("there is no such approver");
  if (info.approvers_const != kNone &&
      (info.approvers_const >= consts.size() ||
       context_.TypeAt(consts[info.approvers_const]).kind != TypeKind::kApprovers)) {
    return Fail("the constant holds no approvers");
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
  if (capability.clauses.size() != shape.clause_count) {
    return rule.Fail("its clauses are not those of its shape");
  }
  for (uint32_t i = 0; i < shape.clause_count; ++i) {
    const Clause& clause = program.clauses[shape.first_clause + i];
    if (!rule.Info(capability.clauses[i], clause.kind, shape.const_types)) return false;
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
  if (policy.max_ttl_us < 0) return context.Fail(where, "the time to live is negative");
  if (!context.SpanOk(policy.span)) return context.Fail(where, "there is no such file");
  if (!Owns(policy.capabilities, program.capabilities, index) ||
      !Owns(policy.forbids, program.forbids, index)) {
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

/// No control characters: a terminal would obey them. What a policy writes as an identifier never
/// has any; strings may, and are made safe where they are shown.
bool IsPlain(std::string_view name) {
  for (size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<uint8_t>(name[i]);
    if (byte < 0x20 || byte == 0x7F) return false;
    const bool c1 = byte == 0xC2 && i + 1 < name.size() && static_cast<uint8_t>(name[i + 1]) < 0xA0;
    if (c1) return false;
  }
  return true;
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
  if (!VerifyObligations(context)) return false;
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
  if (!VerifyPlainNames(context)) return false;
  if (!AllListed(program.policies, program.capabilities,
                 [](const Policy& p) { return p.capabilities; }) ||
      !AllListed(program.policies, program.forbids, [](const Policy& p) { return p.forbids; })) {
    return context.Fail("policies", "a rule belongs to no policy");
  }
  return true;
}

}  // namespace cap::verify
