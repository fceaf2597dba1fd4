// A call made from a model of the solver. Internal to compiler/prove.
#pragma once

#include <optional>

#include "compiler/prove/bound_values.h"
#include "compiler/prove/json.h"
#include "compiler/prove/prove.h"

namespace cap::prove {

/// What a grant of each side says beside its policy and bound values.
struct GrantTerms {
  std::string purpose;
  int64_t ttl_us = 0;
};

/// The grant and the request as the model has them; nothing: some value has no JSON, or no text
/// was found that does what the model says.
std::optional<Shown> CallOf(World& world, const z3::model& model, const Side& side,
                            const BoundValues& bound, const Tool& tool,
                            const GrantTerms& terms, int64_t now_us);

/// The approvers that the model lets approve: of both sides.
std::vector<std::string> ApproversOf(World& world, const z3::model& model, const Side& child,
                                     const Side& parent);

}  // namespace cap::prove
