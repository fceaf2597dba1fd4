// The calls of `.capt` files.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/aarch64/record.h"

namespace cap::cross {

/// Calls `use` for each case of the file that has tests, with its grant and its calls as JSON; the
/// rest of the module is for `use` to add. Throws std::runtime_error for a file that cannot be
/// read.
void ForEachCase(const std::string& path,
                 const std::function<void(Module, const std::shared_ptr<const Program>&)>& use);

}  // namespace cap::cross
