// Dates: their literal, what is added to them, the days between two, the day of the week.
#include <fmt/core.h>

#include "compiler/check/expr.h"
#include "runtime/value/calendar.h"
#include "runtime/value/date.h"

namespace cap::check {

NodeId ExprChecker::CheckDate(const ast::CallExpr& call, const SourceSpan& span) {
  const ast::StringExpr* text = WrittenText(call, "date(\"2026-03-31\")");
  if (text == nullptr) return nodes_.Error(span);
  const Result<Date> date = ParseDate(text->value);
  if (date) return context_.AddLiteral(Value{.v = *date}, types_.Date(), span);
  context_.Error(diag::Code::kBadValueText, At(call.arguments[0].value).span,
                 {.message = fmt::format("\"{}\" is no date", text->value),
                  .label = "a day of the calendar is expected",
                  .help = "write it like `date(\"2026-03-31\")`",
                  .notes = {}});
  return nodes_.Error(span);
}

NodeId ExprChecker::CheckWeekday(const ast::CallExpr& call, const SourceSpan& span) {
  if (!HasArguments(call, 1, "weekday(date)")) return nodes_.Error(span);
  const NodeId date = CheckAs(call.arguments[0].value, types_.Date(), "`weekday`");
  return MakeOperation(Op::kDateWeekday, types_.Int(), date, kNone, span);
}

/// One side at least is a date.
NodeId ExprChecker::CheckDateArithmetic(ast::BinaryOp symbol, Pair pair, const SourceSpan& span) {
  const auto kind = [this](NodeId id) { return types_.KindOf(nodes_[id].type); };
  const bool back = symbol == ast::BinaryOp::kSubtract;
  Pair sides = pair;
  if (symbol == ast::BinaryOp::kAdd && kind(pair.left) == TypeKind::kDuration) {
    std::swap(sides.left, sides.right);
  }
  const bool from_date = kind(sides.left) == TypeKind::kDate;
  if (back && from_date && kind(sides.right) == TypeKind::kDate) return DaysBetween(sides, span);
  if (symbol != ast::BinaryOp::kMultiply && from_date &&
      kind(sides.right) == TypeKind::kDuration) {
    return MoveDate(sides, back, span);
  }
  ReportNoOperation(symbol == ast::BinaryOp::kAdd ? "+" : back ? "-" : "*", pair, span);
  return nodes_.Error(span);
}

/// A span of so many days of 24 hours.
NodeId ExprChecker::DaysBetween(Pair pair, const SourceSpan& span) {
  if (IsWritten(pair.left) && IsWritten(pair.right)) {
    const int64_t days = std::get<Date>(context_.ValueOf(pair.left).v).days -
                         std::get<Date>(context_.ValueOf(pair.right).v).days;
    return context_.AddLiteral(Value{.v = Duration{days * kDayUs}}, types_.Duration(), span);
  }
  const NodeId days = MakeOperation(Op::kIntSub, types_.Int(), pair.left, pair.right, span);
  const NodeId day = context_.AddLiteral(Value{.v = Duration{kDayUs}}, types_.Duration(), span);
  return MakeOperation(Op::kIntMul, types_.Duration(), day, days, span);
}

NodeId ExprChecker::MoveDate(Pair pair, bool back, const SourceSpan& span) {
  if (!IsWritten(pair.right)) {
    if (back) {
      const NodeId zero = context_.AddLiteral(Value{.v = Duration{0}}, types_.Duration(), span);
      pair.right = MakeOperation(Op::kIntSub, types_.Duration(), zero, pair.right, span);
    }
    return MakeOperation(Op::kDateAdd, types_.Date(), pair.left, pair.right, span);
  }
  const SourceSpan place = nodes_[pair.right].span;
  Duration by = std::get<Duration>(context_.ValueOf(pair.right).v);
  if (by.us % kDayUs != 0) {
    context_.Error(diag::Code::kNoWholeDays, place,
                   {.message = fmt::format("{} is no number of whole days",
                                           context_.Quoted(place)),
                    .label = "a date has no hours",
                    .help = "write days or weeks: `30d`, `2w`; an instant has hours",
                    .notes = {}});
    return nodes_.Error(span);
  }
  if (back) {
    // Of whole days the smallest number of microseconds is none, so that its negative fits.
    by.us = -by.us;
    pair.right = context_.AddLiteral(Value{.v = by}, types_.Duration(), place);
  }
  if (!IsWritten(pair.left)) {
    return MakeOperation(Op::kDateAdd, types_.Date(), pair.left, pair.right, span);
  }
  const std::optional<Date> moved = AddDays(std::get<Date>(context_.ValueOf(pair.left).v), by);
  if (moved) return context_.AddLiteral(Value{.v = *moved}, types_.Date(), span);
  context_.Error(diag::Code::kOverflow, span,
                 {.message = fmt::format("{} is out of range", context_.Quoted(span)),
                  .label = "not in the calendar",
                  .help = "dates are of the years 0001 to 9999",
                  .notes = {}});
  return nodes_.Error(span);
}

}  // namespace cap::check
