// What each rule said about one call. Inside an epoch; cold.
#pragma once

#include "cap/explain.h"
#include "runtime/engine/decide.h"

namespace cap::engine {

CallExplanation ExplainCall(const ProgramState* state, const GrantRows& rows, GrantId grant,
                            const Frame& frame);

}  // namespace cap::engine
