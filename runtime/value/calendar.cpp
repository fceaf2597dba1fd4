#include "runtime/value/calendar.h"

namespace cap {
namespace {

int64_t DaysIn(int64_t year, int64_t month) {
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  constexpr int64_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap ? 29 : kDays[month - 1];
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool TakeChar(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool TakeNumber(std::string_view& text, size_t width, int64_t low, int64_t high, int64_t& number) {
  if (text.size() < width) return false;
  number = 0;
  for (const char c : text.substr(0, width)) {
    if (!IsDigit(c)) return false;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return number >= low && number <= high;
}

bool TakeDate(std::string_view& text, int64_t& days) {
  Civil c;
  const bool good = TakeNumber(text, 4, 1, 9999, c.year) && TakeChar(text, '-') &&
                    TakeNumber(text, 2, 1, 12, c.month) && TakeChar(text, '-') &&
                    TakeNumber(text, 2, 1, DaysIn(c.year, c.month), c.day);
  if (good) days = DaysOf(c);
  return good;
}

bool TakeTime(std::string_view& text, int64_t& us) {
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  const bool good = TakeNumber(text, 2, 0, 23, hour) && TakeChar(text, ':') &&
                    TakeNumber(text, 2, 0, 59, minute) && TakeChar(text, ':') &&
                    TakeNumber(text, 2, 0, 59, second);
  if (!good) return false;
  us = ((hour * 60 + minute) * 60 + second) * kSecondUs;
  if (!TakeChar(text, '.')) return true;
  int64_t unit = kSecondUs;
  int64_t fraction = 0;
  while (unit > 1 && !text.empty() && IsDigit(text.front())) {
    fraction = fraction * 10 + (text.front() - '0');
    text.remove_prefix(1);
    unit /= 10;
  }
  us += fraction * unit;
  return unit < kSecondUs;  // at least one digit; a seventh is left over and refused as such
}

}  // namespace cap
