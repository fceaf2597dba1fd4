// Bound values packed into bytes, for as long as a grant lives. Of this process only: a bundle or a
// token has its own codec.
#pragma once

#include <string>
#include <string_view>

#include "runtime/value/value.h"

namespace cap::engine {

/// Appends `value`, a scalar or a list of scalars.
void AppendValue(const Value& value, std::string& bytes);

/// Reads back what AppendValue() wrote at `at`, and moves `at` behind it.
/// INVARIANT: the bytes come from AppendValue().
Value ReadValue(std::string_view bytes, size_t& at);

}  // namespace cap::engine
