// Names that people give to operations.
#pragma once

#include <string_view>

#include "runtime/state/store.h"

namespace cap::policytest {

/// The operation that is called so: the same in every process. Others are called otherwise, but for
/// a chance of one in 2^128.
state::OperationId OperationNamed(std::string_view name);

}  // namespace cap::policytest
