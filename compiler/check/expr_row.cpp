// One element of a list: m[k], k in m, first(xs), last(xs). An element that is asked for is a path,
// as a record of the call is: its fields may be named, and optional ones are tested.
#include <fmt/core.h>

#include "compiler/check/expr.h"
#include "runtime/base/limits.h"
#include "runtime/value/map.h"
#include "runtime/value/text.h"

namespace cap::check {

/// The path of slot `offset` of the one element that `row` is a list of.
NodeId ExprChecker::MakeRow(NodeId row, TypeIndex type, uint32_t offset, const SourceSpan& span) {
  if (nodes_.IsError(row)) return nodes_.Error(span);
  const uint16_t below = nodes_[row].depth;
  if (below >= limits::kExpressionDepth) return TooDeep(span);
  return nodes_.Add({.kind = NodeKind::kRow,
                     .depth = static_cast<uint16_t>(below + 1),
                     .type = type,
                     .index = context_.RowOf(row),
                     .offset = offset,
                     .left = row,
                     .span = span});
}

/// The list of the one row of a map that has the key, or of none.
NodeId ExprChecker::FindRow(NodeId map, NodeId key, const SourceSpan& span) {
  if (nodes_.IsError(map)) return nodes_.Error(span);
  const TypeIndex type = nodes_[map].type;
  const bool text = IsTextKind(types_.KindOf(types_.KeyOf(type)));
  const Op op = text ? Op::kMapStr : Op::kMapWord;
  return MakeOperation(op, type, map, key, span);
}

NodeId ExprChecker::CheckIndex(const ast::IndexExpr& index, const SourceSpan& span) {
  const NodeId map = CheckReference(index.object, true);
  if (nodes_.IsError(map)) return map;
  const TypeIndex type = nodes_[map].type;
  if (types_.KindOf(type) != TypeKind::kMap) {
    const bool list = types_.KindOf(type) == TypeKind::kList;
    context_.Error(diag::Code::kNotAMap, nodes_[map].span,
                   {.message = fmt::format("`[…]` looks a key up in a map, but {} is {}",
                                           context_.Quoted(nodes_[map].span),
                                           types_.NameOf(type)),
                    .label = types_.NameOf(type),
                    .help = list ? "an element of a list is `first(xs)` or `last(xs)`, or one that "
                                   "`any(x in xs: …)` finds"
                            : types_.KindOf(type) == TypeKind::kRecord
                                ? "a field of a record is `r.name`"
                                : "declare it as `map<K, V>`",
                    .notes = {}});
    return nodes_.Error(span);
  }
  const TypeIndex key_type = types_.KeyOf(type);
  const TypeIndex value_type = types_.ValueOf(type);
  const std::string what = fmt::format("a key of {}", context_.Quoted(nodes_[map].span));
  const NodeId key = CheckAs(index.key, key_type, what);
  return MakeRow(FindRow(map, key, span), value_type, kRowValueSlot, span);
}

/// first(xs), last(xs)
NodeId ExprChecker::CheckEnd(Op op, const ast::CallExpr& call, const SourceSpan& span) {
  const std::string& name = call.callee.text;
  if (!HasArguments(call, 1, name + "(xs)")) return nodes_.Error(span);
  const NodeId list = Check(call.arguments[0].value);
  if (nodes_.IsError(list)) return list;
  const TypeIndex type = nodes_[list].type;
  if (types_.KindOf(type) == TypeKind::kList) {
    const TypeIndex element = types_[type].element;
    const NodeId row = MakeOperation(op, type, list, kNone, span);
    const NodeId made = MakeRow(row, element, 0, span);
    return RequireReadable(made) ? made : nodes_.Error(span);
  }
  const bool unordered = types_.IsContainer(type);
  context_.Error(diag::Code::kNotAList, nodes_[list].span,
                 {.message = fmt::format("`{}` is of a list, but {} is {}", name,
                                         context_.Quoted(nodes_[list].span), types_.NameOf(type)),
                  .label = types_.NameOf(type),
                  .help = unordered ? "only a list has an order: declare it as `list<…>`" : "",
                  .notes = {}});
  return nodes_.Error(span);
}

/// k in m
NodeId ExprChecker::InMap(NodeId key, NodeId map, const SourceSpan& span) {
  const TypeIndex wanted = types_.KeyOf(nodes_[map].type);
  const std::string what = fmt::format("a key of {}", context_.Quoted(nodes_[map].span));
  if (!Expect(key, wanted, what)) return nodes_.Error(span);
  return MakeOperation(Op::kListSome, types_.Bool(), FindRow(map, key, span), kNone, span);
}

/// What may stand on the left of `in`.
TypeIndex ExprChecker::ElementToFind(TypeIndex container) const {
  if (types_.KindOf(container) == TypeKind::kMap) return types_.KeyOf(container);
  return types_[container].element;
}

/// What to ask instead of the presence of an element.
std::string ExprChecker::HelpForRow(const Node& row) const {
  const Op op = nodes_[row.left].op;
  if (op != Op::kListFirst && op != Op::kListLast) return "ask for the key: `k in m`";
  return "ask whether there is one: `size(xs) > 0`";
}

}  // namespace cap::check
