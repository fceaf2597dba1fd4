#include "runtime/program/verify_rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"
#include "runtime/value/segment.h"
#include "runtime/value/text.h"

namespace cap::verify {
namespace {

bool IsSegmentText(TypeKind kind) {
  return (IsTextKind(kind) && kind != TypeKind::kCidr && kind != TypeKind::kUrl) ||
         kind == TypeKind::kInt || kind == TypeKind::kEnum || kind == TypeKind::kInstant ||
         kind == TypeKind::kDate;
}

}  // namespace

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

/// What some call can have there: an engine that loads the Program inserts it into its index.
bool RuleVerifier::Segment(const ResourceHole& of, std::string_view text) const {
  if (!IsLegalSegment(text) || text.size() > limits::kLiteralBytes) return false;
  const TypeKind kind = context_.TypeAt(of.type).kind;
  return !IsCanonicalKind(kind) || CanonicalSegment(kind, of.email_domain, text).has_value();
}

bool RuleVerifier::HoleValue(const PatternHole& hole, const ResourceHole& of) const {
  if (!hole.value.bound) {
    if (hole.value.index >= program_.values.size()) return false;
    const auto& value = program_.values[hole.value.index].v;
    if (const auto* text = std::get_if<std::string>(&value)) return Segment(of, *text);
    if (const auto* member = std::get_if<EnumMember>(&value)) return Segment(of, member->name);
    return std::holds_alternative<int64_t>(value) || std::holds_alternative<Instant>(value) ||
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
      if (!HoleValue(hole, action.resource.holes[hole.hole])) {
        return Fail("a pattern's value is missing or is no segment that a call can have");
      }
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
  if ((kind == ClauseKind::kLimit) != (info.limit_term != kNone)) {
    return Fail("the limit of a clause is missing or unwanted");
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

bool RuleVerifier::Infos(const std::vector<ClauseInfo>& infos, const Shape& shape) const {
  if (infos.size() != shape.clause_count) return Fail("its clauses are not those of its shape");
  for (uint32_t i = 0; i < shape.clause_count; ++i) {
    const Clause& clause = program_.clauses[shape.first_clause + i];
    if (!Info(infos[i], clause.kind, shape.const_types)) return false;
  }
  return true;
}

}  // namespace cap::verify
