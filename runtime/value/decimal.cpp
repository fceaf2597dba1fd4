#include "runtime/value/decimal.h"

#include <algorithm>

#include "runtime/base/limits.h"

namespace cap {
namespace {

using Magnitude = unsigned __int128;

constexpr Magnitude PowerOfTen(uint32_t exponent) {
  Magnitude power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

// The first number with more digits than a decimal may have. It fits, with its sign, 128 bits.
constexpr Magnitude kTooLarge = PowerOfTen(limits::kDecimalDigits);
static_assert(kTooLarge < Magnitude{1} << 127);

Magnitude MagnitudeOf(Coefficient c) {
  return c < 0 ? 0 - static_cast<Magnitude>(c) : static_cast<Magnitude>(c);
}

Decimal WithSign(Magnitude magnitude, bool negative, uint32_t scale) {
  return MakeDecimal(static_cast<Coefficient>(negative ? 0 - magnitude : magnitude), scale);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::unexpected<Error> Malformed() {
  return Fail("decimal-malformed", "a decimal is written in digits, with a point at most");
}
std::unexpected<Error> TooPrecise() {
  return Fail("decimal-too-precise", "it has more digits after the point than its type");
}
std::unexpected<Error> Overflow() {
  return Fail("decimal-overflow", "a decimal has at most 38 digits");
}

}  // namespace

Result<Decimal> ParseDecimal(std::string_view text, uint32_t scale) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == text.npos ? "" : text.substr(point + 1);
  if (whole.empty() || (point != text.npos && fraction.empty())) return Malformed();
  if (!std::ranges::all_of(whole, IsDigit) || !std::ranges::all_of(fraction, IsDigit)) {
    return Malformed();
  }
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  if (fraction.size() > scale) return TooPrecise();
  Magnitude magnitude = 0;
  for (const std::string_view digits : {whole, fraction}) {
    for (const char digit : digits) {
      magnitude = magnitude * 10 + static_cast<Magnitude>(digit - '0');
      if (magnitude >= kTooLarge) return Overflow();
    }
  }
  const Magnitude factor = PowerOfTen(scale - static_cast<uint32_t>(fraction.size()));
  if (magnitude > (kTooLarge - 1) / factor) return Overflow();
  return WithSign(magnitude * factor, negative, scale);
}

Result<Decimal> Rescale(const Decimal& decimal, uint32_t scale) {
  const Coefficient from = CoefficientOf(decimal);
  Magnitude magnitude = MagnitudeOf(from);
  for (uint32_t at = decimal.scale; at > scale; --at) {
    if (magnitude == 0) break;
    if (magnitude % 10 != 0) return TooPrecise();
    magnitude /= 10;
  }
  for (uint32_t at = decimal.scale; at < scale && magnitude != 0; ++at) {
    if (magnitude > (kTooLarge - 1) / 10) return Overflow();
    magnitude *= 10;
  }
  return WithSign(magnitude, from < 0, scale);
}

std::string FormatDecimal(const Decimal& decimal) {
  const Coefficient coefficient = CoefficientOf(decimal);
  std::string text;  // from its end
  uint32_t digits = 0;
  for (Magnitude left = MagnitudeOf(coefficient); left != 0 || digits <= decimal.scale;
       left /= 10, ++digits) {
    if (digits == decimal.scale && digits > 0) text += '.';
    text += static_cast<char>('0' + static_cast<int>(left % 10));
  }
  if (coefficient < 0) text += '-';
  std::ranges::reverse(text);
  return text;
}

std::string FormatShortest(const Decimal& decimal) {
  std::string text = FormatDecimal(decimal);
  if (decimal.scale == 0) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace cap
