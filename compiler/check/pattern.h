// `on "…"`: a pattern, matched to the resource of an action when the policy is compiled. What is
// left for a decision is to compare the values of some holes.
#pragma once

#include <optional>

#include "compiler/check/action.h"

namespace cap::check {

/// Matches a pattern to the action's resource. What can never match is reported with the segment
/// that differs. The skeleton is added to the action's.
std::optional<Pattern> MatchPattern(Context& context, const ActionInfo& info, uint32_t action,
                                    const ast::Text& text);

/// The pattern of a capability without `on`: every resource.
Pattern EveryResource(Context& context, uint32_t action, const SourceSpan& span);

}  // namespace cap::check
