// A grant as JSON (runtime/frame/request_json.h) in the form that Engine::Mint takes.
#pragma once

#include <string_view>

#include "cap/engine.h"

namespace cap::policytest {

/// Errors: those of ParseGrantContext.
Result<GrantSpec> GrantFromJson(const Program& program, std::string_view json);

}  // namespace cap::policytest
