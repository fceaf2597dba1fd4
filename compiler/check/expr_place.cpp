// Paths, urls and networks: under, an address in a network, the parts of a url, path("…") and the
// like.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/expr.h"
#include "runtime/value/text.h"
#include "runtime/value/url.h"

namespace cap::check {

namespace {

bool HasPlaces(TypeKind kind) {
  return kind == TypeKind::kPath || kind == TypeKind::kUrl || kind == TypeKind::kCidr;
}

Op UnderOf(TypeKind kind) {
  if (kind == TypeKind::kPath) return Op::kPathUnder;
  return kind == TypeKind::kUrl ? Op::kUrlUnder : Op::kNetWithin;
}

}  // namespace

/// A url with a query is below places, but is none itself.
bool ExprChecker::IsPlace(NodeId place) {
  const Node& node = nodes_[place];
  if (node.kind != NodeKind::kLiteral || types_.KindOf(node.type) != TypeKind::kUrl) return true;
  const auto& text = std::get<std::string>(context_.ValueOf(place).v);
  if (UrlHeaderOf(text).plain != 0) return true;
  context_.Error(diag::Code::kNoPlace, node.span,
                 {.message = "nothing is `under` a url with a query or a fragment",
                  .label = "no place",
                  .help = "write it up to its path",
                  .notes = {}});
  return false;
}

NodeId ExprChecker::CheckUnder(const ast::BinaryExpr& binary, const SourceSpan& span) {
  const Pair pair = CheckOperands(binary.left, binary.right);
  if (nodes_.IsError(pair.left) || nodes_.IsError(pair.right)) return nodes_.Error(span);
  const TypeKind left = types_.KindOf(nodes_[pair.left].type);
  const TypeKind right = types_.KindOf(nodes_[pair.right].type);
  if (left == right && HasPlaces(left)) {
    if (!IsPlace(pair.right)) return nodes_.Error(span);
    return MakeOperation(UnderOf(left), types_.Bool(), pair.left, pair.right, span);
  }
  const bool text = left == TypeKind::kString || right == TypeKind::kString;
  const bool address = left == TypeKind::kIp;
  context_.Error(diag::Code::kNoPlace, span,
                 {.message = fmt::format("{} is {}, but {} is {}",
                                         context_.Quoted(nodes_[pair.left].span),
                                         context_.TypeName(pair.left),
                                         context_.Quoted(nodes_[pair.right].span),
                                         context_.TypeName(pair.right)),
                  .label = "`under` is of two paths, two urls or two networks",
                  .help = address ? "an address lies in a network: `x in network`"
                          : text  ? "declare it as `path` or `url`: a text has no canonical form"
                                  : "both sides are of one type",
                  .notes = {}});
  return nodes_.Error(span);
}

/// What a text is where either could stand: networks have a slash.
TypeIndex ExprChecker::NetworkOrAddress(ast::ExprId id) const {
  const auto* text = std::get_if<ast::StringExpr>(&At(id).node);
  const auto* call = std::get_if<ast::CallExpr>(&At(id).node);
  const bool slash = text != nullptr && text->value.find('/') != std::string::npos;
  return slash || (call != nullptr && call->callee.text == "cidr") ? types_.Cidr() : types_.Ip();
}

/// What an address may be `in`, as it is written: a network, networks, addresses.
TypeIndex ExprChecker::NetworksFor(ast::ExprId written) {
  if (std::holds_alternative<ast::StringExpr>(At(written).node)) return types_.Cidr();
  const auto* list = std::get_if<ast::ListExpr>(&At(written).node);
  const bool networks = list != nullptr && std::ranges::any_of(list->items, [&](ast::ExprId item) {
    return NetworkOrAddress(item) == types_.Cidr();
  });
  return types_.SetOf(networks ? types_.Cidr() : types_.Ip());
}

/// `address in network`, `address in networks`; kNone where the operands are neither.
NodeId ExprChecker::InNetwork(NodeId left, NodeId right, const SourceSpan& span) {
  const TypeIndex type = nodes_[right].type;
  if (nodes_[left].type != types_.Ip()) return kNone;
  if (type == types_.Cidr()) {
    return MakeOperation(Op::kNetWithin, types_.Bool(), left, right, span);
  }
  if (!types_.IsContainer(type) || types_[type].element != types_.Cidr()) return kNone;
  return MakeOperation(Op::kNetIn, types_.Bool(), left, right, span);
}

NodeId ExprChecker::UrlPart(NodeId url, std::string_view part, const SourceSpan& span) {
  if (part == "scheme") return MakeOperation(Op::kUrlScheme, types_.String(), url, kNone, span);
  if (part == "host") return MakeOperation(Op::kUrlHost, types_.String(), url, kNone, span);
  if (part == "port") return MakeOperation(Op::kUrlPort, types_.Int(), url, kNone, span);
  if (part == "path") return MakeOperation(Op::kUrlPath, types_.Path(), url, kNone, span);
  return kNone;
}

/// path("…"), ip("…"), cidr("…"), url("…").
NodeId ExprChecker::CheckPlace(const ast::CallExpr& call, TypeIndex type, const SourceSpan& span) {
  const std::string usage = call.callee.text + "(\"…\")";
  if (!HasArguments(call, 1, usage)) return nodes_.Error(span);
  const ast::Expr& argument = At(call.arguments[0].value);
  if (const auto* text = std::get_if<ast::StringExpr>(&argument.node)) {
    const NodeId node = TextLiteral(text->value, argument.span, type);
    return nodes_.IsError(node) ? node : nodes_.CopyAt(node, span);
  }
  if (std::holds_alternative<ast::ErrorExpr>(argument.node)) return nodes_.Error(span);
  context_.Error(diag::Code::kNeedsLiterals, argument.span,
                 {.message = fmt::format("`{}` reads a text that stands in the policy",
                                         call.callee.text),
                  .label = "not a literal",
                  .help = fmt::format("write `{0}(\"…\")`; declare arguments as `{0}`",
                                      call.callee.text),
                  .notes = {}});
  return nodes_.Error(span);
}

}  // namespace cap::check
