// `consume`, `hold` and `require [not] after`: what a call is held against, as the place says it
// where they stand. Which constants that comes to is known where a capability or limit holds it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/check/context.h"
#include "compiler/check/expr.h"

namespace cap::check {

/// In a list of keys: the subject of the grant.
inline constexpr NodeId kSubjectKey = kNone;

/// One counter, before the parameters of its constraint have values. kNone: not given.
struct LimitSource {
  LimitKind kind = LimitKind::kQuota;
  NodeId amount = kNone;
  NodeId limit = kNone;    // kRate: a rate; kNone of one that is written as a spacing
  NodeId burst = kNone;
  NodeId period = kNone;
  NodeId zone = kNone;
  NodeId span = kNone;     // window, expiry, retention; of a kRate the spacing
  std::vector<NodeId> keys;          // nothing: the subject. Of kAfter: the arguments' values
  uint32_t key_parameter = kNone;    // of the constraint: its keys are these
  SourceSpan keys_span;
  std::string reset;
  OnStoreError on_store_error = OnStoreError::kDeny;
  uint32_t action = kNone;               // kAfter, kNotAfter
  std::vector<std::string> arguments{};  // sorted, parallel to keys
  SourceSpan statement;
};

/// Nothing: something was reported.
std::optional<LimitSource> CheckConsume(Context& context, ExprChecker& checker,
                                        const ast::ConsumeStmt& statement);

/// The question that a whole condition is, or null. `negated`: `not after …`.
const ast::AfterExpr* WholeAfter(const ast::Module& module, ast::ExprId condition, bool* negated);

std::optional<LimitSource> CheckAfter(Context& context, ExprChecker& checker,
                                      const ast::AfterExpr& after, bool negated,
                                      const SourceSpan& statement);

/// The keys of a `per`, or what is given for a parameter of type `key`: a literal that says which
/// they are, equal for the same ones, and Context::keys has them. kNone: something was reported.
NodeId CheckKeys(Context& context, ExprChecker& checker, ast::ExprId id);

/// What is given for a parameter: the node that stands for it, or nothing where it has no value.
using GivenOf = std::function<std::optional<Node>(NodeId)>;

/// Reports what can be seen of its constants: zero, too fast, a period without a time to keep. At
/// `place` where a value was given from elsewhere. False: something was reported.
bool CheckConstants(Context& context, const LimitSource& source, const GivenOf& value,
                    const SourceSpan& place);

/// Whether the type is `key`, which only parameters of constraints have.
bool IsKeyType(const Context& context, const ast::Module& module, ast::TypeId type);

}  // namespace cap::check
