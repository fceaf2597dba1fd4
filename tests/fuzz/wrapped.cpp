// Calls that carry calls. Any text as a request; and as the arguments of every tool: with wrappers
// around it, up to their limit, it is the same call as without, and beyond it none.
#include <fmt/format.h>

#include "runtime/frame/opaque.h"
#include "runtime/frame/request_json.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/run.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/world.h"

namespace cap::fuzz {
namespace {

std::string CallOf(std::string_view tool, std::string_view arguments) {
  return fmt::format(R"({{"tool":"{}","arguments":{}}})", tool, arguments);
}

Frame Parse(const std::string& request) {
  return ParseRequest(*TheWorld().program, request, kSubject, kNowUs);
}

void CheckTool(const std::string& tool, std::string_view arguments) {
  const Program& program = *TheWorld().program;
  const Frame direct = Parse(CallOf(tool, arguments));
  std::string name = tool;
  std::string inner(arguments);
  for (uint32_t depth = 1; depth <= limits::kWrapperDepth + 1; ++depth) {
    const Wrapper& wrapper = program.wrappers[depth % program.wrappers.size()];
    inner = fmt::format(R"({{"{}":"{}","{}":{}}})", wrapper.tool_member, name,
                        wrapper.arguments_member, inner);
    name = wrapper.tool;
    const Frame wrapped = Parse(CallOf(name, inner));
    CheckFrame(program, wrapped);
    if (depth > limits::kWrapperDepth) {
      Require(wrapped.header() == nullptr, "wrapped too often, and read");
      continue;
    }
    Require((wrapped.header() == nullptr) == (direct.header() == nullptr),
            "wrapped it is another call");
    Require(wrapped.digest() == direct.digest(), "wrapped it is another call");
    if (wrapped.header() == nullptr) continue;
    Require(wrapped.tool() == direct.tool(), "wrapped it is another tool's");
    Require(wrapped.wrappers().size() == depth, "a wrapper is not named");
    for (const GrantId grant : TheWorld().grants) {
      RunDecision(*TheWorld().reader, grant, wrapped);
    }
  }
}

}  // namespace

CAPC_FUZZ_TARGET(wrapped) {
  CheckFrame(*TheWorld().program, Parse(std::string(input)));
  // What is no value by itself could close the wrapper's own brackets.
  const Result<Json> arguments = ParseJson(input);
  if (!arguments || input.find('{') == std::string_view::npos) return;
  Require(CheckJson(*arguments).has_value(), "what is read is not in its canonical form");
  for (const Tool& tool : TheWorld().program->tools) CheckTool(tool.name, input);
}

}  // namespace cap::fuzz
