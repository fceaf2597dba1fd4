// Tools that carry calls of other tools.
#pragma once

#include "compiler/check/context.h"

namespace cap::check {

/// Fills Program::wrappers. Called when all tools are known: a wrapper's tool is no action's.
void CheckWrappers(Context& context);

}  // namespace cap::check
