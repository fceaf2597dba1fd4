// Names and members: what a name is, and the paths below it.
#include <fmt/core.h>

#include "compiler/check/expr.h"
#include "runtime/base/limits.h"
#include "runtime/program/layout.h"

namespace cap::check {

NodeId ExprChecker::CheckReference(ast::ExprId id, bool tested) {
  const ast::Expr& expr = At(id);
  if (const auto* name = std::get_if<ast::NameExpr>(&expr.node)) {
    return CheckName(name->name, kNone, tested);
  }
  const auto* member = std::get_if<ast::MemberExpr>(&expr.node);
  if (member == nullptr) return Check(id);
  // Whatever a field is asked of must be there, even where the field itself is only tested.
  const NodeId object = CheckReference(member->object, true);
  return CheckMember(object, member->member, expr.span, tested);
}

NodeId ExprChecker::CheckName(const ast::Ident& name, TypeIndex expected, bool tested) {
  if (name.text.empty()) return nodes_.Error(name.span);
  const Symbol* symbol = scope_.Find(name.text);
  if (symbol == nullptr) {
    bool hidden = false;
    const uint32_t datum = context_.Find(context_.names.data, module_, name, &hidden);
    if (datum != kNone && nodes_.IsError(context_.data[datum])) return nodes_.Error(name.span);
    if (datum != kNone) return nodes_.CopyAt(context_.data[datum], name.span);
    if (!hidden) ReportUnknown(name, expected);
    return nodes_.Error(name.span);
  }
  if (symbol->node == kNone || nodes_.IsError(symbol->node)) return nodes_.Error(name.span);
  if (symbol->kind == SymbolKind::kKey) {
    context_.Error(diag::Code::kBadKey, name.span,
                   {.message = fmt::format("`{}` says what is counted apart, and has no value",
                                           name.text),
                    .label = "a key",
                    .help = fmt::format("write `… per {}`", name.text),
                    .notes = {{symbol->span, "declared here"}}});
    return nodes_.Error(name.span);
  }
  const NodeId node = nodes_.CopyAt(symbol->node, name.span);
  if (tested && !(RequireReadable(node) && RequirePresent(node))) return nodes_.Error(name.span);
  return node;
}

NodeId ExprChecker::CheckMember(NodeId object, const ast::Ident& member, const SourceSpan& span,
                                bool tested) {
  if (nodes_.IsError(object)) return nodes_.Error(span);
  const Type type = types_[nodes_[object].type];
  if (type.kind == TypeKind::kEmail && member.text == "domain") {
    return MakeOperation(Op::kEmailDomain, types_.String(), object, kNone, span);
  }
  if (type.kind == TypeKind::kUrl) {
    const NodeId part = UrlPart(object, member.text, span);
    if (part != kNone) return part;
  }
  if (type.kind == TypeKind::kRecord && IsPath(nodes_[object])) {
    const RecordType& record = context_.program.records[type.ref];
    for (uint32_t i = 0; i < record.fields.size(); ++i) {
      if (record.fields[i].name != member.text) continue;
      const NodeId node = MakeField(object, i, span);
      const bool fine = !tested || (RequireReadable(node) && RequirePresent(node));
      return fine ? node : nodes_.Error(span);
    }
    if (context_.bad_fields[type.ref].contains(member.text)) return nodes_.Error(span);
  }
  ReportNoField(object, member);
  return nodes_.Error(span);
}

NodeId ExprChecker::MakeField(NodeId object, uint32_t field, const SourceSpan& span) {
  Node path = nodes_[object];
  const uint32_t record = types_[path.type].ref;
  const RecordField& declared = context_.program.records[record].fields[field];
  const uint32_t offset = FieldOffset(context_.program, record, field);
  (path.kind == NodeKind::kSlot ? path.index : path.offset) += offset;
  path.type = declared.type;
  path.optional = declared.optional;
  path.span = span;
  return nodes_.Add(path);
}

NodeId ExprChecker::CheckDotted(const std::vector<ast::Ident>& path) {
  NodeId node = CheckName(path.front(), kNone, true);
  for (size_t i = 1; i < path.size(); ++i) {
    SourceSpan span = path.front().span;
    span.end = path[i].span.end;
    node = CheckMember(node, path[i], span, true);
  }
  return node;
}

void ExprChecker::ReportUnknown(const ast::Ident& name, TypeIndex expected) {
  Report report{
      .message = fmt::format("no {} `{}` {} {}", scope_.constraint() ? "parameter" : "argument",
                             name.text, scope_.constraint() ? "in" : "on", scope_.owner()),
      .label = "not declared",
      .help = {},
      .notes = {}};
  if (expected != kNone && types_.KindOf(expected) == TypeKind::kEnum) {
    for (const std::string& member : context_.program.enums[types_[expected].ref].members) {
      if (member != name.text) continue;
      report.help = fmt::format("a member of an enum is written as text: `\"{}\"`", name.text);
      report.fixes = {{name.span, fmt::format("\"{}\"", name.text)}};
    }
  }
  const bool printed = context_.sink.errors() < limits::kDiagnostics;
  std::vector<std::string_view> known = scope_.Names();
  for (const std::string_view datum : context_.Known(context_.names.data)) known.push_back(datum);
  if (report.help.empty() && printed) report.help = MeantOrKnown(name.text, known);
  if (context_.names.approvers.Find(name.text) != kNone) {
    report.help = fmt::format(
        "`{}` is an approver: it may stand after `approved by` and where a "
        "constraint asks for an approver",
        name.text);
  }
  context_.Error(diag::Code::kNoSuchArgument, name.span, std::move(report));
}

void ExprChecker::ReportNoField(NodeId object, const ast::Ident& member) {
  if (member.text.empty()) return;
  const Node& node = nodes_[object];
  const Type& type = types_[node.type];
  Report report{
      .message = fmt::format("no field `{}` in {}", member.text, types_.NameOf(node.type)),
      .label = "no such field",
      .help = {},
      .notes = {}};
  if (type.kind == TypeKind::kRecord) {
    std::vector<std::string_view> fields;
    for (const RecordField& field : context_.program.records[type.ref].fields) {
      fields.push_back(field.name);
    }
    report.help = MeantOrKnown(member.text, fields);
  } else if (type.kind == TypeKind::kEmail) {
    report.help = "an email has one: `.domain`";
  } else if (type.kind == TypeKind::kUrl) {
    report.help = "a url has these: `.scheme`, `.host`, `.port`, `.path`";
  } else if (type.kind == TypeKind::kMap) {
    report.help = fmt::format("look it up: `{}[\"{}\"]`", context_.sources.TextOf(node.span),
                              member.text);
  } else if (types_.IsContainer(node.type)) {
    report.help = fmt::format("ask its elements: `any(x in {}: x.{} …)`",
                              context_.sources.TextOf(node.span), member.text);
  } else {
    report.help = "only records, emails and urls have fields";
  }
  context_.Error(diag::Code::kNoSuchField, member.span, std::move(report));
}

}  // namespace cap::check
