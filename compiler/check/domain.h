// What an email's domain is compared with.
#pragma once

#include "compiler/check/context.h"

namespace cap::check {

/// Reports a text with capitals that an email's domain is compared with, in either order: the
/// domain is in lower case, so that the two can never meet, and a forbid of "Evil.com" would be
/// silent for good. Asked where an operation is written, and again where the arguments of
/// functions and constraints are known.
bool DomainsFit(Context& context, const Node& left, const Node& right);

}  // namespace cap::check
