// The walk over the syntax that makes the marks. Internal to the formatter: marks.cpp has the
// expressions and lines, marks_body.cpp what stands in braces.
#pragma once

#include "compiler/format/marks.h"

namespace cap::format {

/// Its recursion follows the nesting of the text, which the parser has bounded.
class Marker {
 public:
  Marker(const parse::Concrete& tree, std::string_view text)
      : tree_(tree), text_(text), marks_(tree.tokens.size() + 1) {}

  std::vector<Mark> Run();

 private:
  using Alternative = parse::Alternative;
  using Node = parse::ConcreteNode;

  // --- what is written, marks.cpp ---
  std::string_view TextOf(uint32_t token) const;
  const Node& Child(const Node& node, size_t i) const { return tree_.nodes[node.children[i]]; }
  /// The node's own tokens, those of its children left out.
  std::vector<uint32_t> OwnTokens(const Node& node) const;
  /// The last token before `end` that is kept.
  uint32_t LastKept(uint32_t end) const;
  void Begin(uint32_t token, Group group) { marks_[token].begins.push_back(group); }
  void End(uint32_t end) { ++marks_[LastKept(end)].ends; }
  void Set(uint32_t token, Gap gap) { marks_[token].before = gap; }

  // --- expressions and lines, marks.cpp ---
  /// `first`: whether the node is the first expression of its line or bracket, so that its
  /// operators may stand at the indentation of the group around.
  void Visit(const Node& node, bool first);
  void Chain(const Node& node, bool first);
  void ChainPart(const Node& node, Alternative alternative);
  void Conditional(const Node& node, bool first);
  void Brackets(const Node& node, const std::vector<uint32_t>& own, bool first);
  void Commas(const Node& node, const std::vector<uint32_t>& own);
  void Clauses(const Node& node, const std::vector<uint32_t>& own);
  bool Hugs(const Node& node) const;
  /// A line of its own, as far as its body in braces, if it has one.
  void Line(const Node& node);
  uint32_t BodyStart(const Node& node) const;

  // --- bodies, marks_body.cpp ---
  void File(const Node& node);
  void Statements(const Node& node);
  void Fields(const Node& node);
  void Hanging(const Node& node, bool one_line);
  void Members(const Node& node, uint32_t close);
  void Enum(const Node& node);
  bool IsField(const Node& node) const;
  bool IsEmpty(uint32_t open, uint32_t close);
  bool LineEndsBetween(uint32_t token, uint32_t next) const;

  const parse::Concrete& tree_;
  std::string_view text_;
  std::vector<Mark> marks_;
};

}  // namespace cap::format
