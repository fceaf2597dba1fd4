// Constraints: checked once where they are declared; a capability that names one puts its own
// values in the place of the parameters.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/check/limit.h"
#include "compiler/resolve/names.h"

namespace cap::check {

struct Parameter {
  std::string name;
  SourceSpan span;
  TypeIndex type = kNone;        // kNone: already reported
  NodeId default_value = kNone;  // a literal
  std::optional<ast::Narrows::Order> order = std::nullopt;  // `narrows`
  bool is_key = false;  // of type `key`: what is given is a literal of Context::keys
};

struct BodyClause {
  ClauseKind kind = ClauseKind::kRequire;
  NodeId condition = kNone;
  NodeId approvers = kNone;  // kStepUp
  std::string step_up;       // kStepUp: "approval", "review"
  uint32_t obligation = kNone;      // kOblige: of Program::obligations
  std::vector<NodeId> arguments{};  // kOblige: parallel to its parameters
  std::optional<LimitSource> limit = std::nullopt;  // kLimit; the condition is none then
};

struct BodyText {
  std::string literal;
  NodeId value = kNone;  // of the parameters; kNone: the literal
};

struct ConstraintInfo {
  std::string name;
  SourceSpan span;                    // of the name
  std::vector<Parameter> parameters;  // `of`, if there is one, comes last
  bool has_of = false;
  std::vector<BodyClause> clauses;
  std::vector<BodyText> text;     // `deny "…"`
  std::vector<BodyText> consent;  // `consent "…"`
  bool good = true;            // false: reported; calls of it stay silent
};

ConstraintInfo CheckConstraint(Context& context, const resolve::Entry& entry);

}  // namespace cap::check
