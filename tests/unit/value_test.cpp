// Values and their text forms: what is accepted, what is refused, and that both are exact.
#include <doctest/doctest.h>

#include <string>

#include "runtime/base/utf8.h"
#include "runtime/value/arena.h"
#include "runtime/value/calendar.h"
#include "runtime/value/date.h"
#include "runtime/value/decimal.h"
#include "runtime/value/duration.h"
#include "runtime/value/email.h"
#include "runtime/value/instant.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"
#include "runtime/value/segment.h"

namespace cap {
namespace {

using std::string_view_literals::operator""sv;

uint32_t Id(std::string_view code) { return FindCurrency(code)->id; }

std::string CodeOf(const Result<int64_t>& result) { return result ? "ok" : result.error().code; }

TEST_CASE("currencies are found by code and by id") {
  REQUIRE(FindCurrency("USD") != nullptr);
  CHECK(FindCurrency("USD")->id == 840);
  CHECK(FindCurrency("JPY")->digits == 0);
  CHECK(FindCurrency("KWD")->digits == 3);
  CHECK(FindCurrency("CLF")->digits == 4);
  CHECK(std::string_view(FindCurrency(978u)->code) == "EUR");
  for (const auto* code : {"usd", "", "US", "USDX", "XAU", "ZZZ"}) {
    CAPTURE(code);
    CHECK(FindCurrency(std::string_view(code)) == nullptr);
  }
  CHECK(FindCurrency(0u) == nullptr);
}

TEST_CASE("amounts are exact") {
  CHECK(ParseMoney("98.7", Id("USD")).value() == 9870);
  CHECK(ParseMoney("98.70", Id("USD")).value() == 9870);
  CHECK(ParseMoney("98.7000000", Id("USD")).value() == 9870);
  CHECK(ParseMoney("0", Id("USD")).value() == 0);
  CHECK(ParseMoney("100", Id("JPY")).value() == 100);
  CHECK(ParseMoney("1.234", Id("BHD")).value() == 1234);
  CHECK(ParseMoney("92233720368547758.07", Id("USD")).value() == INT64_MAX);
  CHECK(ParseMinorUnits("9870").value() == 9870);
}

TEST_CASE("amounts that are not exact, not positive or not numbers are refused") {
  CHECK(CodeOf(ParseMoney("92233720368547758.08", Id("USD"))) == "money-overflow");
  CHECK(CodeOf(ParseMoney("99999999999999999999999999", Id("USD"))) == "money-overflow");
  CHECK(CodeOf(ParseMoney("0.001", Id("USD"))) == "money-too-precise");
  CHECK(CodeOf(ParseMoney("1.5", Id("JPY"))) == "money-too-precise");
  CHECK(CodeOf(ParseMoney("-5", Id("USD"))) == "money-negative");
  CHECK(CodeOf(ParseMoney("-0.01", Id("USD"))) == "money-negative");
  CHECK(CodeOf(ParseMoney("5", 1)) == "money-currency");
  CHECK(CodeOf(ParseMinorUnits("98.70")) == "money-too-precise");
  CHECK(CodeOf(ParseMinorUnits("-1")) == "money-negative");
  for (const auto* text : {"", ".", "5.", ".5", "1e3", "1E3", "+5", " 5", "1,000", "0x10", "-",
                           "--5", "5.-1", "NaN", "Infinity", "٣"}) {
    CAPTURE(text);
    CHECK(CodeOf(ParseMoney(text, Id("USD"))) == "money-not-a-number");
  }
}

TEST_CASE("amounts print with the places of their currency") {
  CHECK(FormatMoney({9870, 840}) == "98.70 USD");
  CHECK(FormatMoney({5, 840}) == "0.05 USD");
  CHECK(FormatMoney({-5, 840}) == "-0.05 USD");
  CHECK(FormatMoney({500, 392}) == "500 JPY");
  CHECK(FormatMoney({1, 48}) == "0.001 BHD");
  CHECK(FormatMoney({7, 1}) == "7 currency 1");
  CHECK(FormatMoney({INT64_MIN, 840}) == "-92233720368547758.08 USD");
}

TEST_CASE("an email has one canonical form") {
  CHECK(ParseEmail("Foo.Bar+x@COMPANY.Com").value() == "Foo.Bar+x@company.com");
  CHECK(ParseEmail("a@b-c.d1.example").value() == "a@b-c.d1.example");
  CHECK(ParseEmail(std::string(64, 'a') + "@" + std::string(63, 'b') + ".org").has_value());
}

TEST_CASE("what is not a plain email is refused") {
  const std::string long_local = std::string(65, 'a') + "@b.org";
  const std::string long_label = "a@" + std::string(64, 'b') + ".org";
  std::string long_all = "a@b";
  while (long_all.size() < 255) long_all += ".bb";
  for (const std::string_view text :
       {""sv, "a"sv, "@"sv, "a@"sv, "@b.org"sv, "a@b"sv, "a@b."sv, "a@.b"sv, "a@b..org"sv,
        "a@b.org."sv, "a@@b.org"sv, "a@b@c.org"sv, ".a@b.org"sv, "a.@b.org"sv, "a..b@c.org"sv,
        "\"a\"@b.org"sv, "a(x)@b.org"sv, "A <a@b.org>"sv, "a b@c.org"sv, " a@b.org"sv,
        "a@b.org\n"sv, "a@b.org\0"sv, "a@[127.0.0.1]"sv, "a@-b.org"sv, "a@b-.org"sv, "a@b_c.org"sv,
        "a@c\u043Empany.com"sv, "\u0430@company.com"sv, "a,b@c.org"sv, "a@b.org,c@d.org"sv,
        std::string_view(long_local), std::string_view(long_label), std::string_view(long_all)}) {
    CAPTURE(text);
    CHECK_FALSE(ParseEmail(text).has_value());
  }
}

TEST_CASE("instants are read with their offset, to the microsecond") {
  CHECK(ParseInstant("1970-01-01T00:00:00Z").value().us == 0);
  CHECK(ParseInstant("2026-03-31T12:00:00Z").value().us == 1774958400000000);
  CHECK(ParseInstant("2026-03-31T14:00:00+02:00").value().us == 1774958400000000);
  CHECK(ParseInstant("2026-03-31T07:30:00.000001-04:30").value().us == 1774958400000001);
  CHECK(ParseInstant("1969-12-31T23:59:59.5Z").value().us == -500000);
  CHECK(ParseInstant("2000-02-29T00:00:00Z").has_value());
  for (const auto* text : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
                           "1600-02-29T01:02:03Z", "1969-12-31T23:59:59.500000Z",
                           "2026-11-01T00:00:00Z", "2100-03-01T00:00:00Z"}) {
    CAPTURE(text);
    CHECK(FormatInstant(ParseInstant(text).value()) == text);
  }
  CHECK(FormatInstant({INT64_MIN}) == "-9223372036854775808 us");
}

TEST_CASE("decimals are exact, in every scale") {
  const auto text = [](std::string_view number, uint32_t scale) {
    const Result<Decimal> decimal = ParseDecimal(number, scale);
    return decimal ? FormatDecimal(*decimal) : decimal.error().code;
  };
  CHECK(text("98.7", 2) == "98.70");
  CHECK(text("98.700", 2) == "98.70");
  CHECK(text("-0.05", 2) == "-0.05");
  CHECK(text("-0.0", 2) == "0.00");
  CHECK(text("7", 0) == "7");
  CHECK(text("0", 4) == "0.0000");
  CHECK(text("98.705", 2) == "decimal-too-precise");
  const std::string most(38, '9');
  CHECK(text(most, 0) == most);
  CHECK(text("-" + most, 0) == "-" + most);
  CHECK(text(most + "9", 0) == "decimal-overflow");
  CHECK(text(most, 1) == "decimal-overflow");
  for (const auto* bad : {"", "-", ".5", "5.", "+1", "1e3", "1 ", "--1", "0x1", "1.-5"}) {
    CAPTURE(bad);
    CHECK(text(bad, 2) == "decimal-malformed");
  }
  CHECK(CoefficientOf(ParseDecimal("-1.5", 2).value()) == -150);
  CHECK(FormatShortest(ParseDecimal("98.70", 4).value()) == "98.7");
  CHECK(FormatShortest(ParseDecimal("100", 2).value()) == "100");
  CHECK(FormatShortest(ParseDecimal("100", 0).value()) == "100");
  CHECK(FormatDecimal(MakeDecimal(Coefficient{1} << 127, 0)) ==
        "-170141183460469231731687303715884105728");
}

TEST_CASE("a decimal changes its scale only where nothing is lost") {
  const Decimal half = ParseDecimal("0.50", 2).value();
  CHECK(CoefficientOf(Rescale(half, 4).value()) == 5000);
  CHECK(CoefficientOf(Rescale(half, 1).value()) == 5);
  CHECK(Rescale(half, 0).error().code == "decimal-too-precise");
  CHECK(Rescale(ParseDecimal(std::string(38, '9'), 0).value(), 1).error().code ==
        "decimal-overflow");
  CHECK(CoefficientOf(Rescale(MakeDecimal(Coefficient{1} << 127, 2), 2).value()) ==
        Coefficient{1} << 127);
  CHECK(CoefficientOf(Rescale(MakeDecimal(0, 0), 18).value()) == 0);
}

TEST_CASE("spans of time print in the largest unit that divides them") {
  for (const auto* text : {"0s", "1ms", "999ms", "30s", "90s", "5m", "8h", "36h", "400d"}) {
    CAPTURE(text);
    CHECK(FormatDuration({ParseDuration(text).value()}) == text);
  }
  CHECK(FormatDuration({ParseDuration("48h").value()}) == "2d");
  CHECK(FormatDuration({-90'000'000}) == "-90s");
  CHECK(FormatDuration({1}) == "0.000001s");
  CHECK(FormatDuration({-1'000'001}) == "-1.000001s");
  CHECK(FormatDuration({INT64_MIN}) == "-9223372036854.775808s");
}

TEST_CASE("instants in any other form are refused") {
  for (const auto* text :
       {"", "2026-03-31", "2026-03-31T12:00:00", "2026-03-31 12:00:00Z", "2026-03-31t12:00:00z",
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
        "2026-03-31T24:00:00Z", "2026-03-31T12:60:00Z", "2026-06-30T23:59:60Z",
        "2026-03-31T12:00:00.Z", "2026-03-31T12:00:00.1234567Z", "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-03-31T12:00:00-00:00",
        "2026-03-31T12:00:00+24:00", "2026-03-31T12:00:00+0200", "2026-03-31T12:00:00ZZ",
        "+026-03-31T12:00:00Z", "2026-3-31T12:00:00Z", "2026-03-31T12:00:00Z "}) {
    CAPTURE(text);
    CHECK_FALSE(ParseInstant(text).has_value());
  }
}

TEST_CASE("a value is one literal segment or none") {
  for (const auto text : {"a"sv, "C-1042"sv, "a.b"sv, "...."sv, "a:b"sv, "ü"sv, "100%"sv, "%zz"sv,
                          "a@b.org"sv, "%41"sv}) {
    CAPTURE(text);
    CHECK(IsLegalSegment(text));
  }
  for (const auto text : {""sv, "."sv, ".."sv, "a/b"sv, "/"sv, "a\\b"sv, "*"sv, "**"sv, "{x}"sv,
                          "}"sv, "a\n"sv, "a\0b"sv, "\x7f"sv, "\u0085"sv, "%2e%2e"sv, "%2E."sv,
                          "a%2fb"sv, "a%2Fb"sv, "%c0%ae"sv, "%5c"sv, "%5C"sv, "%2a"sv,
                          "%00"sv, "%1f"sv,
                          "%7b"sv, "%7D"sv, "%7f"sv, "%252e"sv}) {
    CAPTURE(text);
    CHECK_FALSE(IsLegalSegment(text));
  }
}

TEST_CASE("a stranger's text is quoted, cut and made harmless") {
  CHECK(QuoteCut("abc") == "\"abc\"");
  CHECK(QuoteCut("a\"b\\c\nd\te") == "\"a\\\"b\\\\c\\nd\\u{9}e\"");
  CHECK(QuoteCut("\xff""a") == "\"\\xffa\"");
  CHECK(QuoteCut("a\u202Eb\u200Bc") == "\"a\\u{202e}b\\u{200b}c\"");
  CHECK(QuoteCut("äöü", 3) == "\"ä…\"");  // never half a letter
  CHECK(QuoteCut(std::string(100, 'x')) == "\"" + std::string(64, 'x') + "…\"");
}

TEST_CASE("UTF-8 is checked strictly") {
  for (const auto text : {""sv, "a"sv, "ä€😀"sv, "\0"sv, "\xed\x9f\xbf"sv, "\xf4\x8f\xbf\xbf"sv}) {
    CHECK(IsUtf8(text));
  }
  for (const auto text : {"\x80"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x80\x80"sv, "\xed\xa0\x80"sv,
                          "\xf0\x80\x80\x80"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv,
                          "\xe2\x82"sv, "a\xc3"sv}) {
    CHECK_FALSE(IsUtf8(text));
  }
}

TEST_CASE("an arena aligns, zero-fills and grows") {
  Arena arena;
  for (int round = 0; round < 200; ++round) {
    static_cast<void>(arena.Allocate(1, 1));
    auto* bytes = static_cast<unsigned char*>(arena.Allocate(64, 64));
    CHECK(reinterpret_cast<uintptr_t>(bytes) % 64 == 0);
    CHECK(bytes[0] == 0);
    CHECK(bytes[63] == 0);
    bytes[63] = 0xFF;
  }
  auto* large = static_cast<unsigned char*>(arena.Allocate(100'000, 16));
  CHECK(large[99'999] == 0);
}

TEST_CASE("dates are the days of the calendar, and nothing else") {
  CHECK(ParseDate("1970-01-01").value().days == 0);
  CHECK(ParseDate("0001-01-01").value().days == kFirstDay);
  CHECK(ParseDate("9999-12-31").value().days == kEndDay - 1);
  // Every day follows the one before it, by the rules that a calendar is printed by.
  int64_t day = kFirstDay;
  for (int64_t year = 1; year <= 9999; ++year) {
    const bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
    const int64_t lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int64_t month = 1; month <= 12; ++month) {
      for (int64_t of_month : {int64_t{1}, lengths[month - 1]}) {
        const Civil civil = CivilOf(day + of_month - 1);
        const bool same = civil.year == year && civil.month == month && civil.day == of_month;
        if (!same || DaysOf(civil) != day + of_month - 1) FAIL("a day is another: ", year);
        CHECK_FALSE(WeekdayOf(day) != (day - kFirstDay) % 7 + 1);  // it began with a Monday
      }
      day += lengths[month - 1];
    }
  }
  CHECK(day == kEndDay);
  for (const char* text : {"", "2026", "2026-03", "2024-02-30", "2023-02-29", "2100-02-29",
                           "0000-01-01", "10000-01-01", "2026-13-01", "2026-00-10", "2026-01-00",
                           "2026-3-1", "2026-03-01\n", " 2026-03-01", "2026-03-01 ", "+2026-03-01",
                           "2026-03-01T00:00:00Z", "2026/03/01", "-001-01-01"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseDate(text).has_value());
  }
  CHECK(AddDays({0}, {86'400'000'000}).value().days == 1);
  CHECK_FALSE(AddDays({0}, {86'400'000'001}).has_value());
  CHECK_FALSE(AddDays({kFirstDay}, {-86'400'000'000}).has_value());
  CHECK_FALSE(AddDays({INT64_MAX}, {86'400'000'000}).has_value());
}

TEST_CASE("strings and emails in an arena keep their bytes, hash and domain") {
  Arena arena;
  const Slot text = arena.CopyString("hello");
  CHECK(StringOf(text) == "hello");
  CHECK(text.hi == PackPair(5, HashBytes("hello")));
  CHECK(StringOf(arena.CopyString("")).empty());
  const Slot email = arena.CopyEmail("ann@company.com");
  CHECK(StringOf(email) == "ann@company.com");
  CHECK(StringOf(EmailDomainOf(email)) == "company.com");
  CHECK(EmailDomainOf(email).hi == StringSlot("company.com").hi);
}

}  // namespace
}  // namespace cap
