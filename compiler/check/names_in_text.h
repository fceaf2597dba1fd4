// Dotted names that stand inside of texts: `{order.owner}` in a resource, `{{limit}}` in a `deny`.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/check/context.h"

namespace cap::check {

/// The identifiers of a dotted name whose text begins at `span.begin`; empty when it is none.
std::vector<ast::Ident> ReadDottedName(std::string_view text, const SourceSpan& span);

}  // namespace cap::check
