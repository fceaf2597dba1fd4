// What somebody agrees to who gives a grant: a policy in plain words.
#pragma once

#include <string>
#include <string_view>

#include "cap/engine.h"

namespace cap {

/// The consent text of a policy, a paragraph a capability, then what is forbidden; ends with a line
/// feed. `grant`: if it is not null, its bound values stand in place of their names, and its
/// subject, purpose and life are named. Nothing of it is checked but that its values have the
/// types of their names; Mint() does the rest. Errors: "unknown-policy", "bad-bound". Thread-safe.
/// Cost: linear in the policy.
Result<std::string> ConsentText(const Program& program, std::string_view policy,
                                const GrantSpec* grant = nullptr);

}  // namespace cap
