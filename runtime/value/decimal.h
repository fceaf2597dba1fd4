// Exact decimal numbers: a coefficient of 128 bits, and how many of its digits stand after the
// point, which a type fixes. Nothing is rounded and no binary floating point is involved.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/value/slot.h"
#include "runtime/value/value.h"

namespace cap {

using Coefficient = __int128;

inline Coefficient CoefficientOf(uint64_t low, uint64_t high) {
  return static_cast<Coefficient>(static_cast<unsigned __int128>(high) << 64 | low);
}
inline Coefficient CoefficientOf(const Decimal& d) { return CoefficientOf(d.low, d.high); }
inline Coefficient CoefficientOf(const Slot& slot) { return CoefficientOf(slot.lo, slot.hi); }

inline Decimal MakeDecimal(Coefficient coefficient, uint32_t scale) {
  const auto bits = static_cast<unsigned __int128>(coefficient);
  return {static_cast<uint64_t>(bits), static_cast<uint64_t>(bits >> 64), scale};
}

/// A factor of a product: it must fit 64 bits, so that no product overflows.
inline bool FitsFactor(Coefficient c) { return c == static_cast<int64_t>(c); }

/// A plain decimal number ("98.7", "-0.5", "12") with `scale` digits after the point. No exponent,
/// no `+`, no space; more digits than the scale only if they are zeros. At most
/// limits::kDecimalDigits digits, those after the point included. Errors: decimal-malformed,
/// decimal-too-precise, decimal-overflow.
Result<Decimal> ParseDecimal(std::string_view text, uint32_t scale);

/// The same number with another scale. Errors: decimal-too-precise, decimal-overflow.
Result<Decimal> Rescale(const Decimal& decimal, uint32_t scale);

/// With all digits of its scale: "98.70".
std::string FormatDecimal(const Decimal& decimal);

/// Without zeros at the end: "98.7", "98". One text for one number, whatever its scale.
std::string FormatShortest(const Decimal& decimal);

}  // namespace cap
