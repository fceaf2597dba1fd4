#include "runtime/frame/unwrap.h"

#include <algorithm>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/value/quote.h"

namespace cap {
namespace {

using Kind = JsonNode::Kind;

const Wrapper* FindWrapper(const Program& program, std::string_view tool) {
  const auto it = std::ranges::find(program.wrappers, tool, &Wrapper::tool);
  return it == program.wrappers.end() ? nullptr : &*it;
}

/// One member of a wrapper's arguments; null: `malformed` says why.
const JsonNode* MemberOf(const Wrapper& wrapper, const JsonTree& tree, const JsonNode& arguments,
                         const std::string& name, Kind kind, Malformed& malformed) {
  const JsonNode* member = tree.Find(arguments, name);
  const std::string place = SafeName(wrapper.tool + "." + name);
  if (member == nullptr) {
    malformed = {MalformedKind::kMissingArgument, place, "", wrapper.span};
    return nullptr;
  }
  if (member->kind == kind) return member;
  // A text that holds the JSON of an object is a text: whoever reads it may read it otherwise.
  malformed = {MalformedKind::kBadArgument, place,
               DescribeJson(*member) + (kind == Kind::kString ? " is no name of a tool"
                                                              : " is no object of arguments"),
               wrapper.span};
  return nullptr;
}

/// One layer off. False: `malformed` says why.
bool TakeOff(const Wrapper& wrapper, const JsonTree& tree, CarriedCall& call,
             Malformed& malformed) {
  if (call.wrappers.size() == limits::kWrapperDepth) {
    malformed = {MalformedKind::kOversize, SafeName(wrapper.tool),
                 "calls are wrapped in calls too often", wrapper.span};
    return false;
  }
  call.wrappers.push_back(wrapper.tool);
  if (call.arguments == nullptr) {
    malformed = {MalformedKind::kMissingArgument,
                 SafeName(wrapper.tool + "." + wrapper.tool_member), "", wrapper.span};
    return false;
  }
  for (const JsonNode* m = tree.First(*call.arguments); m != nullptr; m = tree.Next(*m)) {
    if (m->key == wrapper.tool_member || m->key == wrapper.arguments_member) continue;
    malformed = {MalformedKind::kUndeclaredArgument, SafeName(m->key), DescribeJson(*m),
                 wrapper.span};
    return false;
  }
  const JsonNode& around = *call.arguments;
  const JsonNode* tool =
      MemberOf(wrapper, tree, around, wrapper.tool_member, Kind::kString, malformed);
  if (tool == nullptr) return false;
  const JsonNode* inner =
      MemberOf(wrapper, tree, around, wrapper.arguments_member, Kind::kObject, malformed);
  if (inner == nullptr) return false;
  call.tool = tool->text;
  call.arguments = inner;
  return true;
}

}  // namespace

bool Unwrap(const Program& program, const JsonTree& tree, CarriedCall& call,
            Malformed& malformed) {
  while (const Wrapper* wrapper = FindWrapper(program, call.tool)) {
    if (!TakeOff(*wrapper, tree, call, malformed)) return false;
  }
  return true;
}

}  // namespace cap
