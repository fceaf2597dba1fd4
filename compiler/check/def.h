// Functions of the user's own: checked once where they are declared, and put in where they are
// called, so that nothing of them is left in a Program.
#pragma once

#include <vector>

#include "compiler/check/node.h"

namespace cap::check {

struct Context;

struct DefInfo {
  enum class State : uint8_t { kNew, kOpen, kDone };
  State state = State::kNew;
  std::vector<TypeIndex> parameters;  // kNone: already reported
  TypeIndex result = kNone;
  NodeId body = kNone;                // over kParameter nodes; kNone: already reported
};

/// The function at `index` of Names::defs, checked when it is first asked for. One that calls
/// itself, by way of others too, is reported at `call` and has no body.
const DefInfo& DefOf(Context& context, uint32_t index, const SourceSpan& call);

/// Checks every function, called or not.
void CheckDefs(Context& context);

/// The body with the arguments in the place of its parameters, standing at `call`. An error node
/// where that was reported as too large. Cost: linear in the body.
NodeId PutIn(Context& context, const DefInfo& def, const std::vector<NodeId>& arguments,
             const SourceSpan& call);

}  // namespace cap::check
