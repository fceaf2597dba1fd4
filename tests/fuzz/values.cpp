// Any text through the readers of values. What one accepts prints as a text that it reads as the
// same value.
#include <string>

#include "runtime/base/utf8.h"
#include "runtime/value/date.h"
#include "runtime/value/duration.h"
#include "runtime/value/instant.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"
#include "runtime/value/segment.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {
namespace {

void CheckMoney(std::string_view text, uint32_t currency) {
  const auto units = ParseMoney(text, currency);
  if (!units) return;
  Require(*units >= 0, "a negative amount is read", text);
  const auto again = ParseMoney(FormatAmount({*units, currency}), currency);
  Require(again.has_value() && *again == *units, "an amount changes", text);
}

void CheckInstant(std::string_view text) {
  const auto instant = ParseInstant(text);
  if (!instant) return;
  const auto again = ParseInstant(FormatInstant(*instant));
  Require(again.has_value() && *again == *instant, "a time changes", text);
}

void CheckDate(std::string_view text) {
  const auto date = ParseDate(text);
  if (!date) return;
  Require(text.size() == 10 && FormatDate(*date) == text, "a date has two forms", text);
}

void CheckSegment(std::string_view text) {
  if (!IsLegalSegment(text)) return;
  const bool separates = text.find_first_of(std::string_view("/\\*{}\0", 6)) != text.npos;
  Require(!separates && !text.empty() && text != "." && text != "..", "no literal segment", text);
}

}  // namespace

CAPC_FUZZ_TARGET(values) {
  for (const uint32_t currency : {840u, 392u, 48u, 9999u}) CheckMoney(input, currency);
  const auto units = ParseMinorUnits(input);
  Require(!units || *units >= 0, "negative minor units are read", input);
  const auto duration = ParseDuration(input);
  Require(!duration || *duration >= 0, "a negative duration is read", input);
  CheckInstant(input);
  CheckDate(input);
  CheckSegment(input);
  for (const std::string& shown : {QuoteCut(input), SafeName(input), OneLine(input)}) {
    Require(IsUtf8(shown) && shown.find('\n') == std::string::npos, "not safe to show", input);
  }
}

}  // namespace cap::fuzz
