// A constraint that a capability names is its body with other values for the parameters. Nothing is
// copied: an instance says what stands for each parameter, and readers look through it.
#pragma once

#include <deque>
#include <vector>

#include "compiler/check/context.h"

namespace cap::check {

/// kCaller: the capability itself, which has no parameters.
using InstanceId = uint32_t;
inline constexpr InstanceId kCaller = 0;

/// A node, and in which instance its parameters are looked up.
struct Placed {
  NodeId node = kNone;
  InstanceId instance = kCaller;
  bool operator==(const Placed&) const = default;
};

class Instances {
 public:
  explicit Instances(const Nodes& nodes) : nodes_(nodes) { arguments_.emplace_back(); }

  InstanceId Add(std::vector<NodeId> arguments) {
    arguments_.push_back(std::move(arguments));
    return static_cast<InstanceId>(arguments_.size() - 1);
  }

  /// What really stands at a place: never a parameter. A path below a parameter that is a record
  /// becomes the path below what stands for it. The node is a value, since it may be made here.
  struct Found {
    Node node;
    Placed at;  // whose identity it has, for sharing
    InstanceId below = kCaller;  // in which the parameters of its parts are looked up
  };
  Found Resolve(Placed placed) const {
    Node node = nodes_[placed.node];
    if (node.kind != NodeKind::kParameter) return {node, placed, placed.instance};
    const NodeId argument = arguments_[placed.instance][node.index];
    Node found = nodes_[argument];
    if (node.offset == 0) return {found, {argument, kCaller}, kCaller};
    (found.kind == NodeKind::kSlot ? found.index : found.offset) += node.offset;
    found.type = node.type;
    found.optional = node.optional;
    return {found, placed, kCaller};
  }

 private:
  const Nodes& nodes_;
  std::deque<std::vector<NodeId>> arguments_;
};

}  // namespace cap::check
