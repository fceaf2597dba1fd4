// A Program as text, for `capc compile --emit ir`, golden tests and people. Stable: equal Programs
// print equal texts. Every name and literal of the Program is quoted or cut as needed, so that the
// text is safe to show.
#pragma once

#include <string>

#include "runtime/program/program.h"

namespace cap {

/// The whole Program: types that have names, tools with their slots, actions, policies with their
/// rules, shapes with their code. The spans beside instructions are those of the first rule that
/// uses the shape. `program` must be verified. Thread-safe; linear.
std::string PrintProgram(const Program& program);

/// "int", "list<Order> max 10", "money in \"USD\"": as it is spelt in the language.
std::string PrintType(const Program& program, TypeIndex type);

/// "500.00 USD", "[\"a\", \"b\"]", "{owner: \"c1\"}"; strings whole, escaped.
std::string PrintValue(const Program& program, const Value& value);

}  // namespace cap
