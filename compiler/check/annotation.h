// Annotations of actions: @risk(high), @irreversible.
#pragma once

#include "compiler/check/context.h"

namespace cap::check {

/// Fills what the annotations say of `action`; reports those that do not exist.
void CheckAnnotations(Context& context, const std::vector<ast::Annotation>& annotations,
                      Action& action);

}  // namespace cap::check
