// What the domain of an email, or the scheme or host of a url, is compared with.
#pragma once

#include "compiler/check/context.h"

namespace cap::check {

/// Reports a text with capitals that such a part is compared with, in either order: the
/// part is in lower case, so that the two can never meet, and a forbid of "Evil.com" would be
/// silent for good. Asked where an operation is written, and again where the arguments of
/// functions and constraints are known.
bool DomainsFit(Context& context, const Node& left, const Node& right);

}  // namespace cap::check
