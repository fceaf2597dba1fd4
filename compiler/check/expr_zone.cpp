// What depends on a time zone: zones, schedules, the day and the time of the day in a zone.
#include <fmt/core.h>

#include "compiler/check/expr.h"
#include "compiler/check/time_tables.h"

namespace cap::check {

NodeId ExprChecker::TableLiteral(uint32_t table, TypeIndex type, const SourceSpan& span) {
  if (table == kNone) return nodes_.Error(span);
  return context_.AddLiteral(Value{.v = TableRef{table}}, type, span);
}

NodeId ExprChecker::ZoneLiteral(const std::string& name, const SourceSpan& span) {
  return TableLiteral(ZoneTable(context_, name, span), types_.Zone(), span);
}

/// today(zone) is localDate(now, zone).
NodeId ExprChecker::CheckToday(const ast::CallExpr& call, const SourceSpan& span) {
  if (!HasArguments(call, 1, "today(zone)")) return nodes_.Error(span);
  const NodeId zone = CheckAs(call.arguments[0].value, types_.Zone(), "`today`");
  const NodeId now =
      nodes_.Add({.kind = NodeKind::kNow, .type = types_.Instant(), .span = call.callee.span});
  return MakeOperation(Op::kZoneDate, types_.Date(), now, zone, span);
}

NodeId ExprChecker::CheckInZone(Op op, TypeIndex type, const ast::CallExpr& call,
                                const SourceSpan& span) {
  const std::string& name = call.callee.text;
  if (!HasArguments(call, 2, name + "(instant, zone)")) return nodes_.Error(span);
  const std::string what = fmt::format("`{}`", name);
  const NodeId time = CheckAs(call.arguments[0].value, types_.Instant(), what);
  const NodeId zone = CheckAs(call.arguments[1].value, types_.Zone(), what);
  return MakeOperation(op, type, time, zone, span);
}

/// schedule("…", …): every text adds windows.
NodeId ExprChecker::CheckSchedule(const ast::CallExpr& call, const SourceSpan& span) {
  constexpr std::string_view kUsage = "schedule(\"Mon-Fri 09:00-17:00 Europe/Berlin\")";
  if (call.arguments.empty() && !HasArguments(call, 1, kUsage)) return nodes_.Error(span);
  std::vector<std::string> texts;
  for (const ast::Argument& argument : call.arguments) {
    const ast::Expr& expr = At(argument.value);
    if (std::holds_alternative<ast::ErrorExpr>(expr.node)) return nodes_.Error(span);
    const auto* text = std::get_if<ast::StringExpr>(&expr.node);
    if (text != nullptr && !argument.name) {
      texts.push_back(text->value);
      continue;
    }
    context_.Error(diag::Code::kNeedsLiterals, expr.span,
                   {.message = "`schedule` reads texts that stand in the policy",
                    .label = argument.name ? "has no name" : "not a literal",
                    .help = fmt::format("write `{}`, or declare `data hours: schedule`", kUsage),
                    .notes = {}});
    return nodes_.Error(span);
  }
  return TableLiteral(ScheduleTable(context_, texts, span), types_.Schedule(), span);
}

/// `x in hours`
NodeId ExprChecker::CheckInSchedule(NodeId time, NodeId schedule, const SourceSpan& span) {
  if (!Expect(time, types_.Instant(), "`in` of a schedule")) return nodes_.Error(span);
  return MakeOperation(Op::kScheduleHas, types_.Bool(), time, schedule, span);
}

}  // namespace cap::check
