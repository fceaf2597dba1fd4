#include "runtime/value/money.h"

#include <algorithm>
#include <iterator>

namespace cap {
namespace {

constexpr Currency kCurrencies[] = {
#define CURRENCY(code, numeric, digits) {#code, numeric, digits},
#include "runtime/value/currencies.def"
#undef CURRENCY
};

constexpr bool IsSorted() {
  for (size_t i = 1; i < std::size(kCurrencies); ++i) {
    const std::string_view before = kCurrencies[i - 1].code;
    if (before >= std::string_view(kCurrencies[i].code)) return false;
  }
  return true;
}
static_assert(IsSorted(), "FindCurrency searches by halves");

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::unexpected<Error> NotANumber() {
  return Fail("money-not-a-number", "an amount is written in digits, with a point at most");
}

struct Parts {
  std::string_view whole;
  std::string_view fraction;  // without trailing zeros
};

Result<Parts> SplitDecimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == text.npos ? "" : text.substr(point + 1);
  if (whole.empty() || (point != text.npos && fraction.empty())) return NotANumber();
  if (!std::ranges::all_of(whole, IsDigit) || !std::ranges::all_of(fraction, IsDigit)) {
    return NotANumber();
  }
  if (negative) return Fail("money-negative", "an amount is never below zero");
  fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  return Parts{whole, fraction};
}

/// Appends the digits to `value`; false when it leaves 64 bits.
bool AppendDigits(std::string_view digits, int64_t& value) {
  for (const char c : digits) {
    if (__builtin_mul_overflow(value, int64_t{10}, &value)) return false;
    if (__builtin_add_overflow(value, int64_t{c - '0'}, &value)) return false;
  }
  return true;
}

constexpr std::string_view kZeros = "0000";  // no currency has more places

Result<int64_t> Scale(const Parts& decimal, uint32_t digits) {
  if (decimal.fraction.size() > digits) {
    return Fail("money-too-precise", "an amount has more decimal places than its currency");
  }
  int64_t value = 0;
  if (!AppendDigits(decimal.whole, value) || !AppendDigits(decimal.fraction, value) ||
      !AppendDigits(kZeros.substr(0, digits - decimal.fraction.size()), value)) {
    return Fail("money-overflow", "an amount has at most 9223372036854775807 minor units");
  }
  return value;
}

}  // namespace

const Currency* FindCurrency(std::string_view code) {
  const auto* it = std::ranges::lower_bound(kCurrencies, code, {}, [](const Currency& c) {
    return std::string_view(c.code);
  });
  return it != std::end(kCurrencies) && code == it->code ? it : nullptr;
}

const Currency* FindCurrency(uint32_t id) {
  const auto* it = std::ranges::find(kCurrencies, id, &Currency::id);
  return it != std::end(kCurrencies) ? it : nullptr;
}

Result<int64_t> ParseMoney(std::string_view text, uint32_t currency) {
  const Currency* found = FindCurrency(currency);
  if (found == nullptr) return Fail("money-currency", "the currency of an amount is not known");
  const Result<Parts> decimal = SplitDecimal(text);
  if (!decimal) return std::unexpected(decimal.error());
  return Scale(*decimal, found->digits);
}

Result<int64_t> ParseMinorUnits(std::string_view text) {
  if (text.find('.') != text.npos) {
    return Fail("money-too-precise", "an amount in minor units is a whole number");
  }
  const Result<Parts> decimal = SplitDecimal(text);
  if (!decimal) return std::unexpected(decimal.error());
  return Scale(*decimal, 0);
}

std::string FormatAmount(const Money& money) {
  const Currency* currency = FindCurrency(money.currency);
  const uint32_t places = currency == nullptr ? 0 : currency->digits;
  std::string digits = std::to_string(money.minor_units);
  if (places == 0) return digits;
  const size_t sign = digits.front() == '-' ? 1 : 0;
  if (digits.size() - sign <= places) {
    digits.insert(sign, std::string(places + 1 - (digits.size() - sign), '0'));
  }
  digits.insert(digits.size() - places, ".");
  return digits;
}

std::string FormatMoney(const Money& money) {
  const Currency* currency = FindCurrency(money.currency);
  std::string out = FormatAmount(money);
  out += ' ';
  out += currency == nullptr ? "currency " + std::to_string(money.currency) : currency->code;
  return out;
}

}  // namespace cap
