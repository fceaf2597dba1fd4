#include <algorithm>

#include "compiler/format/marker.h"

namespace cap::format {

namespace {

constexpr uint8_t kNest = 2;

constexpr Gap kMember = {.kind = GapKind::kMember};
constexpr Gap kFirstMember = {.kind = GapKind::kMember, .edge = true};
constexpr Gap kClosing = {.kind = GapKind::kMember, .shift = -kNest, .edge = true};

}  // namespace

void Marker::File(const Node& node) {
  for (size_t i = 0; i < node.children.size(); ++i) {
    const Node& child = Child(node, i);
    if (i > 0) Set(child.first, kMember);
    Line(child);
  }
}

bool Marker::IsEmpty(uint32_t open, uint32_t close) {
  if (close != open + 1) return false;
  // A line end is forced here by a comment only.
  Set(close, {.kind = GapKind::kNone, .shift = -kNest});
  return true;
}

bool Marker::LineEndsBetween(uint32_t token, uint32_t next) const {
  const uint32_t from = tree_.tokens[token].end;
  return text_.substr(from, tree_.tokens[next].begin - from).find('\n') != text_.npos;
}

/// On one line if the author wrote it so and it fits, else a line a statement.
void Marker::Statements(const Node& node) {
  const uint32_t open = node.first;
  const uint32_t close = node.last - 1;
  const bool one_line = !LineEndsBetween(open, close);
  Begin(open, {.breaking = Breaking::kAll, .nest = kNest});
  for (size_t i = 0; i < node.children.size(); ++i) {
    const Node& child = Child(node, i);
    Line(child);
    if (one_line) {
      const uint8_t blanks = i == 0 ? 1 : 2;
      Set(child.first, {.kind = GapKind::kBreak, .blanks = blanks});
    } else {
      Set(child.first, i == 0 ? kFirstMember : kMember);
    }
  }
  if (!IsEmpty(open, close)) {
    Set(close, one_line ? Gap{.kind = GapKind::kBreak, .shift = -kNest} : kClosing);
  }
  End(node.last);
}

bool Marker::IsField(const Node& node) const {
  return node.alternative == Alternative::kField ||
         node.alternative == Alternative::kArgumentMember ||
         node.alternative == Alternative::kOpenMark;
}

/// Begun on a line of its own: a line a member. Begun behind its brace: the fields one behind the
/// other, aligned, then the other members, and the brace behind the last of them.
void Marker::Fields(const Node& node) {
  const uint32_t open = node.first;
  const uint32_t close = node.last - 1;
  for (const uint32_t child : node.children) {
    const Node& member = tree_.nodes[child];
    if (TextOf(member.last - 1) == ",") marks_[member.last - 1].dropped = true;
  }
  Begin(open, {.breaking = Breaking::kAll, .nest = kNest});
  if (!IsEmpty(open, close)) {
    if (LineEndsBetween(open, open + 1)) {
      Members(node, close);
    } else {
      Hanging(node, !LineEndsBetween(open, close));
    }
  }
  End(node.last);
}

void Marker::Members(const Node& node, uint32_t close) {
  for (size_t i = 0; i < node.children.size(); ++i) {
    Set(Child(node, i).first, i == 0 ? kFirstMember : kMember);
    Line(Child(node, i));
  }
  Set(close, kClosing);
}

void Marker::Hanging(const Node& node, bool one_line) {
  const size_t count = node.children.size();
  size_t run = 0;
  while (run < count && IsField(Child(node, run))) ++run;
  run = std::max<size_t>(run, 1);
  Begin(node.first + 1, {.breaking = Breaking::kFilled, .aligned = true});
  for (size_t i = 0; i < count; ++i) {
    const Node& member = Child(node, i);
    const bool comma = i > 0 && IsField(Child(node, i - 1)) && IsField(member);
    if (comma) marks_[LastKept(member.first)].comma = true;
    if (i > 0 && (i < run || (one_line && comma))) {
      Set(member.first, {.kind = GapKind::kBreak});
    } else if (i >= run) {
      Set(member.first, one_line ? Gap{.kind = GapKind::kBreak, .blanks = 2} : kMember);
    }
    Line(member);
    if (i + 1 == run) End(member.last);
  }
  // The brace stays behind the last member, unless a comment stands there.
  Set(node.last - 1, {.kind = GapKind::kBlank, .shift = -kNest});
}

void Marker::Enum(const Node& node) {
  const std::vector<uint32_t> own = OwnTokens(node);
  const auto brace = std::ranges::find_if(own, [&](uint32_t t) { return TextOf(t) == "{"; });
  const uint32_t open = *brace;
  const uint32_t close = node.last - 1;
  if (TextOf(close - 1) == ",") marks_[close - 1].dropped = true;
  const bool lines = LineEndsBetween(open, open + 1);
  Begin(open, {.breaking = Breaking::kAll, .nest = kNest});
  if (!lines) Begin(open + 1, {.breaking = Breaking::kFilled, .aligned = true});
  Set(open + 1, lines ? kFirstMember : Gap{});
  for (uint32_t token = open + 2; token < close; ++token) {
    const std::string_view before = TextOf(token - 1);
    if (before != "," && before != "<") continue;
    Set(token, lines ? kMember : Gap{.kind = GapKind::kBreak});
  }
  if (!lines) End(close);
  Set(close, lines ? kClosing : Gap{.kind = GapKind::kBlank, .shift = -kNest});
  End(node.last);
}

}  // namespace cap::format
