// Types and values in words, for notes and refusals. What a request brought is quoted and cut.
#pragma once

#include <string>

#include "runtime/program/program.h"

namespace cap {

/// "int", "money in USD", "set<string>", the name of an enum or record.
std::string DescribeType(const Program& program, TypeIndex type);

/// "98.70 USD", "\"abc\"", "a list of 3"; one line of bounded length, safe to show.
std::string DescribeValue(const Value& value);

}  // namespace cap
