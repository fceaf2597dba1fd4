// and, or, not, if, presence, quantifiers: where it is known what is present.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/expr.h"
#include "runtime/base/limits.h"

namespace cap::check {

namespace {

std::vector<PathKey> Union(const std::vector<PathKey>& a, const std::vector<PathKey>& b) {
  std::vector<PathKey> all = a;
  for (const PathKey& key : b) {
    if (std::ranges::find(all, key) == all.end()) all.push_back(key);
  }
  return all;
}

std::vector<PathKey> Common(const std::vector<PathKey>& a, const std::vector<PathKey>& b) {
  std::vector<PathKey> both;
  for (const PathKey& key : a) {
    if (std::ranges::find(b, key) != b.end()) both.push_back(key);
  }
  return both;
}

}  // namespace

NodeId ExprChecker::CheckLogic(const ast::BinaryExpr& binary, const SourceSpan& span) {
  const bool is_and = binary.op == ast::BinaryOp::kAnd;
  const std::string_view what = is_and ? "`and`" : "`or`";
  const NodeId left = CheckAs(binary.left, types_.Bool(), what);
  // The right side decides only where the left one is true (and) or false (or).
  const Facts known = nodes_.FactsOf(left);
  const size_t mark = Assume(is_and ? known.when_true : known.when_false);
  const NodeId right = CheckAs(binary.right, types_.Bool(), what);
  Forget(mark);
  return MakeLogic(is_and, left, right, span);
}

NodeId ExprChecker::MakeLogic(bool is_and, NodeId left, NodeId right, const SourceSpan& span) {
  if (nodes_.IsError(left) || nodes_.IsError(right)) return nodes_.Error(span);
  const bool* left_value = BoolOf(left);
  const bool* right_value = BoolOf(right);
  // `true and x` is x, `false and x` is false, whatever x does: Kleene; `or` dually.
  if (left_value != nullptr) return *left_value == is_and ? right : left;
  if (right_value != nullptr) return *right_value == is_and ? left : right;
  const NodeId node = MakeOperation(is_and ? Op::kAnd : Op::kOr, types_.Bool(), left, right, span);
  if (nodes_.IsError(node)) return node;
  const Facts& a = nodes_.FactsOf(left);
  const Facts& b = nodes_.FactsOf(right);
  Facts facts;
  facts.when_true = is_and ? Union(a.when_true, b.when_true) : Common(a.when_true, b.when_true);
  facts.when_false =
      is_and ? Common(a.when_false, b.when_false) : Union(a.when_false, b.when_false);
  nodes_.SetFacts(node, std::move(facts));
  return node;
}

NodeId ExprChecker::MakeNot(NodeId operand, const SourceSpan& span) {
  if (nodes_.IsError(operand)) return nodes_.Error(span);
  if (const bool* value = BoolOf(operand)) return BoolLiteral(!*value, span);
  const NodeId node = MakeOperation(Op::kNot, types_.Bool(), operand, kNone, span);
  if (nodes_.IsError(node)) return node;
  const Facts facts = nodes_.FactsOf(operand);
  nodes_.SetFacts(node, {facts.when_false, facts.when_true});
  return node;
}

NodeId ExprChecker::CheckPresence(const ast::PresenceExpr& presence, const SourceSpan& span) {
  const NodeId path = CheckReference(presence.operand, false);
  if (nodes_.IsError(path)) return nodes_.Error(span);
  const Node node = nodes_[path];
  const bool present = presence.asked == ast::Presence::kPresent;
  const bool null = presence.asked == ast::Presence::kNull;
  const std::string name = context_.Quoted(node.span);
  const auto always = [&](std::string message, std::string label, std::string help) {
    context_.Error(diag::Code::kAlwaysPresent, span,
                   {.message = std::move(message),
                    .label = std::move(label),
                    .help = std::move(help),
                    .notes = {}});
    return nodes_.Error(span);
  };
  if (!IsPath(node) || !node.optional) {
    return always(fmt::format("{} is never absent, so this is always {}", name,
                              present ? "true" : "false"),
                  "not an optional",
                  node.kind == NodeKind::kRow
                      ? HelpForRow(node)
                      : "only a declared optional (`T?`) can be absent; a missing fact or live "
                        "value is a fault, and denies");
  }
  if (null && std::ranges::find(present_, KeyOf(node)) != present_.end()) {
    return always(fmt::format("{} is present here, so this is always false", name),
                  "tested to be present", "a null is absent: ask for it before, or leave it out");
  }
  const NodeId test = nodes_.Add({.kind = null ? NodeKind::kNull : NodeKind::kPresent,
                                  .depth = 2,
                                  .type = types_.Bool(),
                                  .left = path,
                                  .span = span});
  if (null) return test;  // says nothing of presence: what is not null may still be left out
  nodes_.SetFacts(test, {{KeyOf(node)}, {}});
  return present ? test : MakeNot(test, span);
}

NodeId ExprChecker::CheckConditional(const ast::ConditionalExpr& conditional,
                                     const SourceSpan& span, TypeIndex expected) {
  const NodeId condition = CheckAs(conditional.condition, types_.Bool(), "`if`");
  const Facts known = nodes_.FactsOf(condition);
  size_t mark = Assume(known.when_true);
  const NodeId yes = Check(conditional.then, expected);
  Forget(mark);
  mark = Assume(known.when_false);
  const NodeId no = Check(conditional.otherwise, expected != kNone ? expected : nodes_[yes].type);
  Forget(mark);
  if (nodes_.IsError(condition) || nodes_.IsError(yes) || nodes_.IsError(no)) {
    return nodes_.Error(span);
  }
  if (const bool* value = BoolOf(condition)) {
    context_.Error(*value ? diag::Code::kAlwaysTrue : diag::Code::kNeverTrue,
                   nodes_[condition].span,
                   {.message = fmt::format("this `if` always takes its `{}`",
                                           *value ? "then" : "else"),
                    .label = "no question of the call",
                    .help = "write that value alone",
                    .notes = {}});
    return nodes_.Error(span);
  }
  TypeIndex type = nodes_[yes].type;
  if (!types_.IsScalar(type)) {
    context_.Error(diag::Code::kTypeMismatch, nodes_[yes].span,
                   {.message = fmt::format("`if` chooses between single values, but {} is {}",
                                           context_.Quoted(nodes_[yes].span), types_.NameOf(type)),
                    .label = types_.NameOf(type),
                    .help = "choose between conditions: `if c then x in xs else x in ys`",
                    .notes = {}});
    return nodes_.Error(span);
  }
  if (!Expect(no, type, "the `else` of this `if`")) return nodes_.Error(span);
  if (types_.KindOf(type) == TypeKind::kMoney) {
    const Type a = types_[type];
    const Type b = types_[nodes_[no].type];
    type = types_.MoneyIn(a.currency == b.currency ? a.currency : 0, a.is_signed || b.is_signed);
  }
  const uint16_t below =
      std::max({nodes_[condition].depth, nodes_[yes].depth, nodes_[no].depth});
  if (below >= limits::kExpressionDepth) return TooDeep(span);
  const bool truth = types_.KindOf(type) == TypeKind::kBool;
  context_.has_choices = context_.has_choices || !truth;
  return nodes_.Add({.kind = NodeKind::kConditional,
                     .depth = static_cast<uint16_t>(below + 1),
                     .type = type,
                     .index = condition,
                     .left = yes,
                     .right = no,
                     .span = span});
}

namespace {

std::string_view NameOf(ast::QuantifierKind kind) {
  constexpr std::string_view kNames[] = {"`any`", "`all`", "`count`", "`sum`"};
  return kNames[static_cast<size_t>(kind)];
}

Op OpOf(ast::QuantifierKind kind, TypeKind body) {
  switch (kind) {
    case ast::QuantifierKind::kAny:
      return Op::kAny;
    case ast::QuantifierKind::kAll:
      return Op::kAll;
    case ast::QuantifierKind::kCount:
      return Op::kCount;
    case ast::QuantifierKind::kSum:
      break;
  }
  if (body == TypeKind::kMoney) return Op::kMoneySum;
  return body == TypeKind::kDecimal ? Op::kDecSum : Op::kIntSum;
}

}  // namespace

/// What a quantifier's variable is; kNone: reported.
TypeIndex ExprChecker::ElementOfList(NodeId list, std::string_view what) {
  if (nodes_.IsError(list) || !RequireContainer(list, what)) return kNone;
  if (ClassOf(context_.program, nodes_[list].type) != ValueClass::kMask) {
    return types_[nodes_[list].type].element;
  }
  context_.Error(diag::Code::kNotAList, nodes_[list].span,
                 {.message = "a set of enum members has no elements to go through",
                  .label = context_.TypeName(list),
                  .help = "ask with `subset` or `disjoint`: `xs disjoint [\"a\", \"b\"]`",
                  .notes = {}});
  return kNone;
}

/// A condition; of a sum what it adds up.
NodeId ExprChecker::CheckBody(const ast::QuantifierExpr& quantifier, TypeIndex expected) {
  if (quantifier.kind != ast::QuantifierKind::kSum) {
    return CheckAs(*quantifier.body, types_.Bool(), NameOf(quantifier.kind));
  }
  const bool decimal = expected != kNone && types_.KindOf(expected) == TypeKind::kDecimal;
  const NodeId body = Check(*quantifier.body, decimal ? expected : kNone);
  if (nodes_.IsError(body)) return body;
  const TypeKind kind = types_.KindOf(nodes_[body].type);
  if (kind == TypeKind::kInt || kind == TypeKind::kDecimal || kind == TypeKind::kMoney ||
      kind == TypeKind::kDuration) {
    return body;
  }
  context_.Error(diag::Code::kNoSum, nodes_[body].span,
                 {.message = fmt::format("`sum` adds up int, decimal, money or duration, but {} is "
                                         "{}",
                                         context_.Quoted(nodes_[body].span),
                                         context_.TypeName(body)),
                  .label = context_.TypeName(body),
                  .help = kind == TypeKind::kBool
                              ? "to know how often it holds, write `count(x in xs: …)`"
                              : "name the number: `sum(x in xs: x.amount)`",
                  .notes = {}});
  return nodes_.Error(nodes_[body].span);
}

NodeId ExprChecker::CheckQuantifier(const ast::QuantifierExpr& quantifier, const SourceSpan& span,
                                    TypeIndex expected) {
  const NodeId list = Check(quantifier.list);
  // Without a condition `count` is of all elements, and a set of an enum has them, too.
  const bool all = !quantifier.body;
  const bool good = all && !nodes_.IsError(list) && RequireContainer(list, NameOf(quantifier.kind));
  const TypeIndex element = all ? kNone : ElementOfList(list, NameOf(quantifier.kind));
  const uint32_t variable = context_.variables++;
  const NodeId value = element == kNone ? nodes_.Error(quantifier.variable.span)
                                        : nodes_.Add({.kind = NodeKind::kElement,
                                                      .type = element,
                                                      .index = variable,
                                                      .span = quantifier.variable.span});
  const size_t mark = scope_.Mark();
  const bool declared = scope_.Declare({.name = quantifier.variable.text,
                                        .span = quantifier.variable.span,
                                        .kind = SymbolKind::kVariable,
                                        .node = value});
  // A body that would read the other thing of that name is not worth more messages.
  const NodeId body = declared && !all ? CheckBody(quantifier, expected) : nodes_.Error(span);
  scope_.Release(mark);
  if (declared && good) return SizeOf(list, span);
  if (element == kNone || nodes_.IsError(body)) return nodes_.Error(span);
  TypeIndex type = nodes_[body].type;  // of a sum
  if (quantifier.kind == ast::QuantifierKind::kCount) type = types_.Int();
  if (types_.KindOf(type) == TypeKind::kMoney) {
    type = types_.MoneyIn(types_[type].currency, types_[type].is_signed);
  }
  const Op op = OpOf(quantifier.kind, types_.KindOf(type));
  const NodeId node = MakeOperation(op, type, list, body, span);
  if (nodes_.IsError(node)) return node;
  Node made = nodes_[node];
  made.kind = NodeKind::kQuantifier;
  made.index = variable;
  return nodes_.Add(made);
}

}  // namespace cap::check
