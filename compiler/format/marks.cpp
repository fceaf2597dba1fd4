#include "compiler/format/marks.h"

#include <algorithm>

#include "compiler/format/marker.h"

namespace cap::format {

namespace {

using parse::Alternative;

constexpr uint8_t kNest = 2;

/// What stands between two tokens where the syntax does not say otherwise.
GapKind UsualGap(std::string_view before, std::string_view after) {
  constexpr std::string_view kNothingBefore = ",)]:.?";
  constexpr std::string_view kNothingBehind = "([.@";
  const auto is_one_of = [](std::string_view token, std::string_view set) {
    return token.size() == 1 && set.find(token[0]) != set.npos;
  };
  const bool none = is_one_of(after, kNothingBefore) || is_one_of(before, kNothingBehind);
  return none ? GapKind::kNone : GapKind::kBlank;
}

/// Words before which a line may break, if it has to: what they begin says more of what stands
/// before.
bool BeginsClause(std::string_view token) {
  constexpr std::string_view kWords[] = {"when", "on", "of", "for", "per"};
  return std::ranges::find(kWords, token) != std::end(kWords);
}

bool IsEnum(Alternative alternative) {
  return alternative == Alternative::kEnumDeclaration ||
         alternative == Alternative::kOrderedEnumDeclaration;
}

bool IsChain(Alternative alternative) {
  constexpr Alternative kChains[] = {Alternative::kAndExpr,     Alternative::kOrExpr,
                                     Alternative::kAddExpr,     Alternative::kMultiplyExpr,
                                     Alternative::kCompareExpr, Alternative::kContainExpr,
                                     Alternative::kMatchExpr};
  return std::ranges::find(kChains, alternative) != std::end(kChains);
}

/// Nodes whose expressions stand behind a word that may begin a line itself.
bool ExpressionsAreClauses(Alternative alternative) {
  constexpr Alternative kNodes[] = {Alternative::kNotExpr,          Alternative::kNegateExpr,
                                    Alternative::kForbid,           Alternative::kCallStatement,
                                    Alternative::kConsumeStatement, Alternative::kHoldStatement,
                                    Alternative::kToolOf,           Alternative::kToolWhen};
  return std::ranges::find(kNodes, alternative) != std::end(kNodes);
}

}  // namespace

std::vector<Mark> MarksOf(const parse::Concrete& tree, std::string_view text) {
  return Marker(tree, text).Run();
}

std::vector<Mark> Marker::Run() {
  const auto count = static_cast<uint32_t>(tree_.tokens.size());
  marks_[0].before = {.kind = GapKind::kMember, .edge = true};
  for (uint32_t i = 1; i < count; ++i) {
    marks_[i].before.kind = UsualGap(TextOf(i - 1), TextOf(i));
  }
  marks_[count].before = {.kind = GapKind::kMember};
  File(tree_.nodes[0]);
  return std::move(marks_);
}

// --- what is written ---

std::string_view Marker::TextOf(uint32_t token) const {
  const parse::ConcreteToken& at = tree_.tokens[token];
  return text_.substr(at.begin, at.end - at.begin);
}

std::vector<uint32_t> Marker::OwnTokens(const Node& node) const {
  std::vector<uint32_t> own;
  uint32_t next = node.first;
  for (const uint32_t child : node.children) {
    for (; next < tree_.nodes[child].first; ++next) own.push_back(next);
    next = tree_.nodes[child].last;
  }
  for (; next < node.last; ++next) own.push_back(next);
  return own;
}

uint32_t Marker::LastKept(uint32_t end) const {
  --end;
  while (end > 0 && marks_[end].dropped) --end;
  return end;
}

// --- lines ---

void Marker::Line(const Node& node) {
  uint32_t first = node.first;
  if (node.alternative == Alternative::kActionDeclaration) {
    // Annotations are a line of their own.
    const std::vector<uint32_t> own = OwnTokens(node);
    first = own.front();
    if (first > node.first) Set(first, {.kind = GapKind::kMember, .edge = true});
  }
  const uint32_t end = BodyStart(node);
  Begin(first, {.breaking = Breaking::kFilled, .nest = kNest});
  Visit(node, true);
  End(end);
}

uint32_t Marker::BodyStart(const Node& node) const {
  std::vector<const Node*> open{&node};
  uint32_t start = node.last;
  if (IsEnum(node.alternative)) {
    for (const uint32_t token : OwnTokens(node)) {
      if (TextOf(token) == "{") return token;
    }
  }
  while (!open.empty()) {
    const Node& at = *open.back();
    open.pop_back();
    const bool body =
        at.alternative == Alternative::kFieldBody || at.alternative == Alternative::kActionBody ||
        at.alternative == Alternative::kPolicyBody || at.alternative == Alternative::kBlock;
    if (body) start = std::min(start, at.first);
    for (size_t i = 0; i < at.children.size() && !body; ++i) open.push_back(&Child(at, i));
  }
  return start;
}

void Marker::Visit(const Node& node, bool first) {
  if (node.alternative == Alternative::kPolicyBody || node.alternative == Alternative::kBlock) {
    return Statements(node);
  }
  if (node.alternative == Alternative::kFieldBody || node.alternative == Alternative::kActionBody) {
    return Fields(node);
  }
  if (IsChain(node.alternative)) return Chain(node, first);
  if (node.alternative == Alternative::kConditionalExpr) return Conditional(node, first);
  // What follows holds for all the others, and for those that the grammar gets later.
  const std::vector<uint32_t> own = OwnTokens(node);
  Commas(node, own);
  Clauses(node, own);
  Brackets(node, own, first && !ExpressionsAreClauses(node.alternative));
  if (IsEnum(node.alternative)) Enum(node);
}

void Marker::Commas(const Node& node, const std::vector<uint32_t>& own) {
  if (node.alternative == Alternative::kNamedType) {
    for (const uint32_t token : own) {
      if (TextOf(token) == "<") marks_[token + 1].before.kind = GapKind::kNone;
      if (TextOf(token) != ",") marks_[token].before.kind = GapKind::kNone;
    }
    return;
  }
  for (const uint32_t token : own) {
    if (TextOf(token) != "," || token + 1 >= node.last) continue;
    const std::string_view next = TextOf(token + 1);
    if (next == ")" || next == "]") {
      marks_[token].dropped = true;
      marks_[token + 1].before.kind = GapKind::kNone;
    } else {
      Set(token + 1, {.kind = GapKind::kBreak});
    }
  }
}

void Marker::Clauses(const Node& node, const std::vector<uint32_t>& own) {
  const bool line = node.alternative == Alternative::kLetMember ||
                    node.alternative == Alternative::kLetStatement ||
                    node.alternative == Alternative::kDefDeclaration;
  constexpr Alternative kWhole[] = {Alternative::kUnlessApproved, Alternative::kFactSource,
                                    Alternative::kFactAge,        Alternative::kToolOf,
                                    Alternative::kToolWhen,       Alternative::kConstrained,
                                    Alternative::kExtendsClause};
  const bool whole = std::ranges::find(kWhole, node.alternative) != std::end(kWhole);
  if (whole) Set(node.first, {.kind = GapKind::kBreak});
  const bool each = node.alternative == Alternative::kResourceEachMember;
  for (const uint32_t token : own) {
    if (token == node.first) continue;
    if (BeginsClause(TextOf(token))) Set(token, {.kind = GapKind::kBreak});
    if (line && TextOf(token) == "=") Set(token + 1, {.kind = GapKind::kBreak});
    if (each && TextOf(token).starts_with('"')) Set(token, {.kind = GapKind::kBreak});
  }
}

// --- expressions ---

void Marker::Brackets(const Node& node, const std::vector<uint32_t>& own, bool first) {
  // Where a node has brackets, they are one pair.
  uint32_t open = node.last;
  uint32_t close = node.last;
  for (const uint32_t token : own) {
    const std::string_view text = TextOf(token);
    if (open == node.last && (text == "(" || text == "[")) open = token;
    if (text == ")" || text == "]") close = token;
  }
  const auto inside = [&](uint32_t token) { return token > open && token < close; };
  if (open + 1 < close) Begin(open + 1, {.breaking = Breaking::kFilled, .aligned = true});
  for (size_t i = 0; i < node.children.size(); ++i) {
    Visit(Child(node, i), first || inside(Child(node, i).first));
  }
  if (open + 1 < close) End(close);
  for (const uint32_t token : own) {
    if (inside(token) && TextOf(token) == ":") Set(token + 1, {.kind = GapKind::kBreak});
  }
  const bool operand = node.alternative == Alternative::kParenthesisOperand ||
                       node.alternative == Alternative::kListOperand;
  if (open != node.last && !operand) marks_[open].before.kind = GapKind::kNone;
  if (node.alternative == Alternative::kNegateExpr) {
    marks_[node.first + 1].before.kind = GapKind::kNone;
  }
}

void Marker::Chain(const Node& node, bool first) {
  Begin(node.first, {.breaking = Breaking::kAll, .nest = first ? uint8_t{0} : kNest});
  ChainPart(node, node.alternative);
  End(node.last);
}

void Marker::ChainPart(const Node& node, Alternative alternative) {
  // `a and b and c` nests to the left; its operators are of one group.
  const Node& left = Child(node, 0);
  if (left.alternative == alternative) {
    ChainPart(left, alternative);
  } else {
    Visit(left, false);
  }
  const Node& right = Child(node, 1);
  Visit(right, false);
  if (!Hugs(node)) Set(left.last, {.kind = GapKind::kBreak});
}

/// `x in ["a", "b"]`: the list breaks, and its bracket stays where it is.
bool Marker::Hugs(const Node& node) const {
  if (node.alternative != Alternative::kContainExpr) return false;
  return TextOf(Child(node, 1).first) == "[";
}

void Marker::Conditional(const Node& node, bool first) {
  Begin(node.first, {.breaking = Breaking::kAll, .nest = first ? uint8_t{0} : kNest});
  for (size_t i = 0; i < node.children.size(); ++i) Visit(Child(node, i), false);
  for (const uint32_t token : OwnTokens(node)) {
    if (token != node.first) Set(token, {.kind = GapKind::kBreak});
  }
  End(node.last);
}

}  // namespace cap::format
