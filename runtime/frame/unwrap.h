// Calls of tools that carry a call of another tool (program.h, Wrapper). Internal to runtime/frame.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/frame/frame.h"
#include "runtime/frame/json_tree.h"
#include "runtime/program/program.h"

namespace cap {

struct CarriedCall {
  std::string_view tool;                // the one that will act
  const JsonNode* arguments = nullptr;  // its own, or null: it has none
  std::vector<std::string> wrappers;    // the tools around it, outermost first
};

/// Takes off what `call` is wrapped in, one layer a turn: while its tool is a wrapper, its
/// arguments must be an object of exactly the wrapper's two members, the tool's name, a text, and
/// the arguments, an object. Nothing is read from anywhere else. False: `malformed` says why.
bool Unwrap(const Program& program, const JsonTree& tree, CarriedCall& call,
            Malformed& malformed);

}  // namespace cap
