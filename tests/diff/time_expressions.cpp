// Random expressions of dates, zones and schedules.
#include "tests/diff/expressions.h"
#include "tests/diff/times.h"

namespace cap::diff {

using test::Chance;

/// What is written beside a date is of whole days, or the checker refuses it.
ExprPtr ExpressionMaker::WholeDays(int depth) {
  static const std::vector<int64_t> kCounts = {0, 1, 7, 30, 365, 3'652'058};
  if (Chance(random_, 0.5)) {
    return LiteralOf(kDuration, {Duration{kCounts[Dice(kCounts.size())] * kDayUs}});
  }
  return Chance(random_, 0.5) ? VarOf(kDuration) : Span(depth, false);
}

/// Something about an instant in a zone, or of a schedule; requests are aimed at where it changes.
ExprPtr ExpressionMaker::InZone(ExprOp op, Ty ty, int depth) {
  const bool schedule = op == ExprOp::kWithin;
  const std::vector<std::string>& names = schedule ? ScheduleTexts() : ZoneNames();
  std::vector<ExprPtr> kids;
  if (op != ExprOp::kToday) kids.push_back(Time(depth, false));
  const ExprPtr made = Node(op, ty, std::move(kids));
  if (made == nullptr) return nullptr;
  const std::vector<int64_t>& times = TimesOfChange();
  for (int i = 0; i < 6; ++i) literals_.push_back({Instant{times[Dice(times.size())]}});
  Expr expr = *made;
  expr.def = names[Dice(names.size())];
  return Make(std::move(expr));
}

ExprPtr ExpressionMaker::Day(int depth, bool literal_fine) {
  if (literal_fine && Chance(random_, 0.5)) return Literal(kDay);
  if (Chance(random_, 0.25)) {
    return InZone(Dice(4) == 0 ? ExprOp::kToday : ExprOp::kLocalDate, kDay, depth - 1);
  }
  if (depth <= 0 || Chance(random_, 0.5)) return VarOf(kDay);
  return Node(Dice(2) == 0 ? ExprOp::kAdd : ExprOp::kSub, kDay,
              {Day(depth - 1, false), WholeDays(depth - 1)});
}

ExprPtr ExpressionMaker::CompareDays(int depth) {
  static const std::vector<std::string> kOps = {"<", "<=", ">", ">=", "==", "!="};
  if (Chance(random_, 0.3)) return InZone(ExprOp::kWithin, kBool, depth);
  if (Chance(random_, 0.2)) {
    static const std::vector<int64_t> kHours = {0, 3, 9, 9, 17, 22};
    const ExprPtr shown = InZone(ExprOp::kTimeOfDay, kDuration, depth);
    const Duration hour{kHours[Dice(kHours.size())] * 3'600'000'000};
    return Node(ExprOp::kCompare, kBool, {shown, LiteralOf(kDuration, {hour})}, kOps[Dice(6)]);
  }
  if (Chance(random_, 0.3)) {
    const ExprPtr weekday = Node(ExprOp::kWeekday, kInt, {Day(depth, false)});
    const auto number = static_cast<int64_t>(1 + Dice(7));
    return Node(ExprOp::kCompare, kBool, {weekday, LiteralOf(kInt, {number})}, kOps[Dice(6)]);
  }
  return Node(ExprOp::kCompare, kBool, {Day(depth + 1, false), Day(depth, true)}, kOps[Dice(6)]);
}

}  // namespace cap::diff
