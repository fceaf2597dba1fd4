// Typed expressions: what the checker makes of the syntax tree and what lowering reads. Names are
// resolved, literals are values, `>` and its like are written with `<`, `let`s are put in by
// sharing nodes. Children are ids into one pool and always stand before their parents.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "compiler/source/source_map.h"
#include "runtime/program/ir.h"

namespace cap::check {

using NodeId = uint32_t;  // kNone: none

enum class NodeKind : uint8_t {
  kError,    // already reported: everything that touches it stays silent
  kLiteral,  // index: Program::values
  kBound,    // index: Program::bound
  kNow,
  kSlot,        // index: frame slot
  kElement,     // index: variable of a quantifier; offset: slot within the element
  kParameter,   // index: parameter of the constraint; offset: slot within a record
  kRow,         // left: a list of one element or none; offset: slot in it; index: Context::RowOf
  kPresent,     // left: a path (kSlot, kElement, kParameter, kRow)
  kNull,        // the same
  kOperation,   // op, left, right
  kQuantifier,  // op (HasBody), left: list, right: body, index: variable
  kConditional,  // index: the node of the condition, left: then, right: else
};

struct Node {
  NodeKind kind = NodeKind::kError;
  Op op = Op::kConst;
  bool optional = false;   // of a path: what it names may be absent
  bool datum = false;      // of a literal: it came with the bundle, so the text does not say it
  uint16_t depth = 1;      // operators below each other
  TypeIndex type = kNone;  // kNone with kError only
  uint32_t index = 0;
  uint32_t offset = 0;
  NodeId left = kNone;
  NodeId right = kNone;
  SourceSpan span;
};

/// A path that may be absent, as flow typing knows it.
struct PathKey {
  NodeKind kind = NodeKind::kSlot;
  uint32_t index = 0;
  uint32_t offset = 0;
  bool operator==(const PathKey&) const = default;
};
/// What is known to be present when a condition is true, and when it is false.
struct Facts {
  std::vector<PathKey> when_true;
  std::vector<PathKey> when_false;
};

class Nodes {
 public:
  const Node& operator[](NodeId id) const { return nodes_[id]; }

  NodeId Add(Node node) {
    nodes_.push_back(node);
    return static_cast<NodeId>(nodes_.size() - 1);
  }
  NodeId Error(const SourceSpan& span) { return Add({.span = span}); }
  bool IsError(NodeId id) const { return nodes_[id].kind == NodeKind::kError; }

  /// The same expression, standing at another place: the use of a `let`.
  NodeId CopyAt(NodeId id, const SourceSpan& span) {
    Node copy = nodes_[id];
    copy.span = span;
    const NodeId made = Add(copy);
    if (const auto at = facts_.find(id); at != facts_.end()) {
      Facts facts = at->second;
      facts_.emplace(made, std::move(facts));
    }
    return made;
  }

  const Facts& FactsOf(NodeId id) const {
    static const Facts kNothing;
    const auto at = facts_.find(id);
    return at == facts_.end() ? kNothing : at->second;
  }
  void SetFacts(NodeId id, Facts facts) {
    if (!facts.when_true.empty() || !facts.when_false.empty()) facts_[id] = std::move(facts);
  }

 private:
  std::vector<Node> nodes_;
  std::unordered_map<NodeId, Facts> facts_;
};

inline bool IsPath(const Node& node) {
  return node.kind == NodeKind::kSlot || node.kind == NodeKind::kElement ||
         node.kind == NodeKind::kParameter || node.kind == NodeKind::kRow;
}

}  // namespace cap::check
