// Currencies and exact amounts. An amount is a count of minor units in 64 bits: no rounding, no
// binary floating point. Tables and texts of this file are the same on every platform.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/value/value.h"

namespace cap {

struct Currency {
  char code[4] = {};    // "USD", ends with NUL
  uint32_t id = 0;      // the ISO 4217 numeric code; stable, and never 0
  uint32_t digits = 0;  // places of the minor unit: 2 for USD, 0 for JPY
};

/// The currency with this code, upper case ("USD"); null if there is none. Logarithmic.
const Currency* FindCurrency(std::string_view code);

/// The currency with this id; null if there is none. Linear in the table.
const Currency* FindCurrency(uint32_t id);

/// Minor units of a plain decimal number ("98.7", "98.70", "98.700") in the currency. Digits with
/// an optional fraction of digits; no sign, exponent, space or separator; more places than the
/// currency has only if they are zeros. Errors: money-negative (a number, but below zero),
/// money-not-a-number, money-too-precise, money-overflow, money-currency (no such currency).
Result<int64_t> ParseMoney(std::string_view text, uint32_t currency);

/// Minor units written as an integer ("9870"). Errors as for ParseMoney.
Result<int64_t> ParseMinorUnits(std::string_view text);

/// "98.70 USD"; an unknown currency prints its minor units and its id.
std::string FormatMoney(const Money& money);

/// "98.70".
std::string FormatAmount(const Money& money);

}  // namespace cap
