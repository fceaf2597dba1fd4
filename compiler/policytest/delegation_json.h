// A delegation as JSON, in the form that Engine::Delegate takes.
//
//   {"subject": "sub-bot", "capabilities": ["pay"], "ttl": "1h",
//    "narrow": {"pay": {"maxAmount.limit": "50.00 USD"}},
//    "only": {"order_id": {"in": ["A-1", "A-2"]}, "amount": {"from": 1.00, "to": 5.00},
//             "path": {"prefix": "/home/"}, "cc": "absent"}}
#pragma once

#include <string_view>

#include "cap/engine.h"

namespace cap::policytest {

/// A name that the policy does not have is for the engine to refuse. Errors: "delegation-json".
Result<DelegationSpec> DelegationFromJson(const Program& program, std::string_view json);

}  // namespace cap::policytest
