// The functions of the language: size, startsWith, endsWith, contains, instant, age. Those of dates
// are in expr_date.cpp, those of zones in expr_zone.cpp.
#include <fmt/core.h>

#include "compiler/check/expr.h"

namespace cap::check {

NodeId ExprChecker::CheckCall(const ast::CallExpr& call, const SourceSpan& span) {
  const std::string& name = call.callee.text;
  if (name == "size") return CheckSize(call, span);
  if (name == "first") return CheckEnd(Op::kListFirst, call, span);
  if (name == "last") return CheckEnd(Op::kListLast, call, span);
  if (name == "startsWith") return CheckTextFunction(Op::kStrPrefix, call, span);
  if (name == "endsWith") return CheckTextFunction(Op::kStrSuffix, call, span);
  if (name == "contains") return CheckTextFunction(Op::kStrContains, call, span);
  if (name == "instant") return CheckInstant(call, span);
  if (name == "date") return CheckDate(call, span);
  if (name == "today") return CheckToday(call, span);
  if (name == "localDate") return CheckInZone(Op::kZoneDate, types_.Date(), call, span);
  if (name == "timeOfDay") return CheckInZone(Op::kZoneTime, types_.Duration(), call, span);
  if (name == "schedule") return CheckSchedule(call, span);
  if (name == "weekday") return CheckWeekday(call, span);
  if (name == "age") return CheckAge(call, span);
  if (name == "path") return CheckPlace(call, types_.Path(), span);
  if (name == "ip") return CheckPlace(call, types_.Ip(), span);
  if (name == "cidr") return CheckPlace(call, types_.Cidr(), span);
  if (name == "url") return CheckPlace(call, types_.Url(), span);
  bool hidden = false;
  const uint32_t def = context_.Find(context_.names.defs, module_, call.callee, &hidden);
  if (hidden) return nodes_.Error(span);
  if (def != kNone) return CheckDef(def, call, span);
  std::vector<std::string_view> known = {
      "size",  "startsWith", "endsWith",  "contains", "instant", "age", "date",  "weekday",
      "today", "localDate",  "timeOfDay", "schedule", "any",     "all", "count", "sum",
      "path",  "ip",         "cidr",      "url",      "first",   "last"};
  for (const std::string_view own : context_.Known(context_.names.defs)) known.push_back(own);
  Help help = MeantOrKnown(name, known);
  if (context_.names.constraints.Find(name) != kNone) {
    help = fmt::format("`{}` is a constraint: it stands as a statement of a capability", name);
  }
  context_.Error(diag::Code::kNoSuchFunction, call.callee.span,
                 {.message = fmt::format("no function `{}`", name),
                  .label = "not a function",
                  .help = std::move(help),
                  .notes = {}});
  return nodes_.Error(span);
}

NodeId ExprChecker::CheckDef(uint32_t def, const ast::CallExpr& call, const SourceSpan& span) {
  const resolve::Entry& entry = context_.names.defs[def];
  const auto& decl =
      std::get<ast::DefDecl>(context_.modules[entry.module].decls[entry.decl].node);
  std::string usage;
  for (const ast::Param& param : decl.parameters) {
    usage += (usage.empty() ? "" : ", ") + param.name.text;
  }
  const DefInfo info = DefOf(context_, def, call.callee.span);
  if (!HasArguments(call, decl.parameters.size(), fmt::format("{}({})", entry.name, usage))) {
    return nodes_.Error(span);
  }
  std::vector<NodeId> arguments;
  bool good = info.body != kNone;
  for (size_t i = 0; i < call.arguments.size() && good; ++i) {
    const std::string what =
        fmt::format("`{}` of `{}`", decl.parameters[i].name.text, entry.name);
    arguments.push_back(CheckAs(call.arguments[i].value, info.parameters[i], what));
    good = !nodes_.IsError(arguments.back());
  }
  return good ? PutIn(context_, info, arguments, span) : nodes_.Error(span);
}

bool ExprChecker::HasArguments(const ast::CallExpr& call, size_t count, std::string_view usage) {
  bool good = call.arguments.size() == count;
  SourceSpan span = call.callee.span;
  for (const ast::Argument& argument : call.arguments) {
    if (!argument.name) continue;
    good = false;
    span = argument.name->span;
  }
  if (good) return true;
  context_.Error(
      diag::Code::kWrongArguments, span,
      {.message = fmt::format("`{}` is called as `{}`", call.callee.text, usage),
       .label = call.arguments.size() == count ? "arguments of functions have no names"
                                               : fmt::format("{} given", call.arguments.size()),
       .help = {},
       .notes = {}});
  return false;
}

NodeId ExprChecker::CheckSize(const ast::CallExpr& call, const SourceSpan& span) {
  if (!HasArguments(call, 1, "size(xs)")) return nodes_.Error(span);
  return SizeOf(Check(call.arguments[0].value), span);
}

NodeId ExprChecker::SizeOf(NodeId value, const SourceSpan& span) {
  if (nodes_.IsError(value)) return nodes_.Error(span);
  const TypeIndex type = nodes_[value].type;
  Op op = Op::kListSize;
  if (types_.IsContainer(type)) {
    const bool mask = ClassOf(context_.program, type) == ValueClass::kMask;
    op = mask ? Op::kMaskSize : Op::kListSize;
  } else if (types_.KindOf(type) == TypeKind::kString) {
    op = Op::kStrSize;
  } else {
    context_.Error(
        diag::Code::kNotAList, nodes_[value].span,
        {.message = fmt::format("`size` is of a list, a set or a string, but {} is {}",
                                context_.Quoted(nodes_[value].span), types_.NameOf(type)),
         .label = types_.NameOf(type),
         .help = {},
         .notes = {}});
    return nodes_.Error(span);
  }
  return MakeOperation(op, types_.Int(), value, kNone, span);
}

NodeId ExprChecker::CheckTextFunction(Op op, const ast::CallExpr& call, const SourceSpan& span) {
  const std::string usage = call.callee.text + "(text, part)";
  if (!HasArguments(call, 2, usage)) return nodes_.Error(span);
  const std::string what = fmt::format("`{}`", call.callee.text);
  const NodeId text = CheckAs(call.arguments[0].value, types_.String(), what);
  const NodeId part = CheckAs(call.arguments[1].value, types_.String(), what);
  return MakeOperation(op, types_.Bool(), text, part, span);
}

/// age(x) is now - x: below zero for a time that has not come.
NodeId ExprChecker::CheckAge(const ast::CallExpr& call, const SourceSpan& span) {
  if (!HasArguments(call, 1, "age(instant)")) return nodes_.Error(span);
  const NodeId time = CheckAs(call.arguments[0].value, types_.Instant(), "`age`");
  const NodeId now =
      nodes_.Add({.kind = NodeKind::kNow, .type = types_.Instant(), .span = call.callee.span});
  return MakeOperation(Op::kIntSub, types_.Duration(), now, time, span);
}

NodeId ExprChecker::CheckInstant(const ast::CallExpr& call, const SourceSpan& span) {
  const ast::StringExpr* text = WrittenText(call, "instant(\"2026-03-31T00:00:00Z\")");
  if (text == nullptr) return nodes_.Error(span);
  const NodeId node = InstantLiteral(text->value, At(call.arguments[0].value).span);
  return nodes_.IsError(node) ? node : nodes_.CopyAt(node, span);
}

/// The one argument of a constructor, a text that stands in the policy; null: that was reported.
const ast::StringExpr* ExprChecker::WrittenText(const ast::CallExpr& call,
                                                std::string_view usage) {
  if (!HasArguments(call, 1, usage)) return nullptr;
  const ast::Expr& argument = At(call.arguments[0].value);
  if (const auto* text = std::get_if<ast::StringExpr>(&argument.node)) return text;
  if (std::holds_alternative<ast::ErrorExpr>(argument.node)) return nullptr;
  const std::string& name = call.callee.text;
  context_.Error(diag::Code::kNeedsLiterals, argument.span,
                 {.message = fmt::format("`{}` reads a text that stands in the policy", name),
                  .label = "not a literal",
                  .help = fmt::format("write `{}`; declare arguments as `{}`", usage, name),
                  .notes = {}});
  return nullptr;
}

}  // namespace cap::check
