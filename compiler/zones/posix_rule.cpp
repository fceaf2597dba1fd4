#include "compiler/zones/posix_rule.h"

#include "runtime/value/calendar.h"

namespace cap::zones {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// One to three digits up to `most`.
bool TakeCount(std::string_view& text, int64_t most, int64_t& count) {
  size_t digits = 0;
  count = 0;
  while (digits < text.size() && digits < 3 && IsDigit(text[digits])) {
    count = count * 10 + (text[digits++] - '0');
  }
  text.remove_prefix(digits);
  return digits > 0 && count <= most;
}

/// "CET", or "<+01>". What clocks are called is of no account.
bool TakeName(std::string_view& text) {
  const bool quoted = TakeChar(text, '<');
  size_t length = 0;
  while (length < text.size() &&
         (IsLetter(text[length]) ||
          (quoted && (IsDigit(text[length]) || text[length] == '+' || text[length] == '-')))) {
    ++length;
  }
  text.remove_prefix(length);
  return length >= 3 && (!quoted || TakeChar(text, '>'));
}

/// "[+-]hh[:mm[:ss]]", in seconds.
bool TakeSpan(std::string_view& text, int64_t hours_most, int64_t& seconds) {
  const bool minus = TakeChar(text, '-');
  if (!minus) TakeChar(text, '+');
  int64_t hours = 0;
  int64_t minutes = 0;
  int64_t rest = 0;
  if (!TakeCount(text, hours_most, hours)) return false;
  if (TakeChar(text, ':')) {
    if (!TakeNumber(text, 2, 0, 59, minutes)) return false;
    if (TakeChar(text, ':') && !TakeNumber(text, 2, 0, 59, rest)) return false;
  }
  seconds = (hours * 60 + minutes) * 60 + rest;
  if (minus) seconds = -seconds;
  return true;
}

bool TakeDay(std::string_view& text, ChangeDay& change) {
  if (TakeChar(text, 'M')) {
    change.kind = ChangeDay::Kind::kWeekday;
    return TakeCount(text, 12, change.month) && change.month >= 1 && TakeChar(text, '.') &&
           TakeCount(text, 5, change.week) && change.week >= 1 && TakeChar(text, '.') &&
           TakeCount(text, 6, change.day);
  }
  const bool no_leap = TakeChar(text, 'J');
  change.kind = no_leap ? ChangeDay::Kind::kNoLeap : ChangeDay::Kind::kDay;
  return TakeCount(text, 365, change.day) && (!no_leap || change.day >= 1);
}

bool TakeChange(std::string_view& text, ChangeDay& change) {
  if (!TakeChar(text, ',') || !TakeDay(text, change)) return false;
  return !TakeChar(text, '/') || TakeSpan(text, 167, change.second);
}

int64_t DayOfChange(const ChangeDay& change, int64_t year) {
  const int64_t first = DaysOf({year, 1, 1});
  switch (change.kind) {
    case ChangeDay::Kind::kDay: return first + change.day;
    case ChangeDay::Kind::kNoLeap: {
      const bool leap = DaysOf({year + 1, 1, 1}) - first == 366;
      return first + change.day - (leap && change.day >= 60 ? 0 : 1);
    }
    case ChangeDay::Kind::kWeekday: break;
  }
  const int64_t of_month = DaysOf({year, change.month, 1});
  const int64_t next_month =
      change.month == 12 ? DaysOf({year + 1, 1, 1}) : DaysOf({year, change.month + 1, 1});
  const int64_t wanted = change.day == 0 ? 7 : change.day;
  int64_t day = of_month + (wanted - WeekdayOf(of_month) + 7) % 7 + (change.week - 1) * 7;
  if (day >= next_month) day -= 7;
  return day;
}

}  // namespace

std::optional<PosixRule> ReadPosixRule(std::string_view text) {
  PosixRule rule;
  if (!TakeName(text) || !TakeSpan(text, 24, rule.standard)) return std::nullopt;
  rule.standard = -rule.standard;  // POSIX counts west of UTC
  if (text.empty()) return rule;
  rule.changes = true;
  rule.summer = rule.standard + 3'600;
  if (!TakeName(text)) return std::nullopt;
  if (!text.starts_with(',')) {
    if (!TakeSpan(text, 24, rule.summer)) return std::nullopt;
    rule.summer = -rule.summer;
  }
  if (!TakeChange(text, rule.to_summer) || !TakeChange(text, rule.to_standard) || !text.empty()) {
    return std::nullopt;
  }
  return rule;
}

int64_t SecondOf(const ChangeDay& change, int64_t year, int64_t offset) {
  return DayOfChange(change, year) * 86'400 + change.second - offset;
}

}  // namespace cap::zones
