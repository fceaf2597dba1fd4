// What of a policy's limits a delegation may narrow: the constants of their terms, by name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/program/program.h"

namespace cap::engine {

/// A constant of a limit's record, as a delegation names it.
struct LimitParameter {
  uint32_t const_index = 0;
  TypeIndex type = 0;
  ParameterOrder order = ParameterOrder::kUnsaid;
  bool interval = false;  // a duration, for a rate of one in that time
};

/// How a delegation names a limit where a capability could stand: "limit daily". Nothing: it names
/// a capability.
std::optional<std::string_view> LimitName(std::string_view owner);

/// "budget.limit" of a limit: what stands before the point is the term's name, behind it `limit`
/// (of a rate `quota`, or `interval` for one each time), `burst`, `within`, `expires`, `retain`.
/// Nothing: there is no such constant, or something else in the limit is the same constant.
std::optional<LimitParameter> FindLimitParameter(const Program& program, const SharedLimit& limit,
                                                 std::string_view parameter);

/// Whether a parameter is a duration whose constant is the rate that it makes.
bool IsInterval(const Program& program, TypeIndex parameter, TypeIndex constant);

}  // namespace cap::engine
