// Counters as people read them, and as JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/state/store.h"

namespace cap::cli {

std::string HexOf(const state::CounterId& id);  // 32 digits
std::optional<state::OperationId> OperationOfHex(std::string_view hex);

/// One line with its end.
std::string ToText(const state::CounterView& counter);
std::string ToJsonLine(const state::CounterView& counter);

}  // namespace cap::cli
