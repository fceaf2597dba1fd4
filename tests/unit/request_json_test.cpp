// Calls and grant contexts as JSON: what is accepted (what is refused stands in tests/attack).
#include <doctest/doctest.h>

#include "runtime/frame/request_json.h"
#include "runtime/value/duration.h"
#include "tests/unit/frame_world.h"

namespace cap::test {
namespace {

Frame Parse(std::string_view json) { return ParseRequest(World(), json, "agent-7", kNowUs); }

TEST_CASE("every type has its wire form") {
  const Frame frame = Parse(R"({"tool":"transfer","id":17,"arguments":{
      "currency":"KWD","amount":1.5,"fee":{"currency":"JPY","amount":3},"cents":9870,
      "urgent":false,"count":-9223372036854775808,"kind":"loan","kinds":["rent","gift"],
      "tags":["b","a","b"],"numbers":[3,-1],"at":"2026-03-31T14:00:00+02:00","to":"A@B.org",
      "order":{"owner":"x","status":"y","total":0.5,"note":null},
      "lines":[{"code":null},{"price":2.50,"currency":"USD"}]}})");
  REQUIRE(frame.header() != nullptr);
  CHECK(frame.request_id() == "17");
  CHECK(At(frame, "amount") == Slot{1'500, 414});
  CHECK(At(frame, "fee") == Slot{3, 392});
  CHECK(At(frame, "cents") == Slot{9'870, kUsd});
  CHECK(At(frame, "urgent").lo == 0);
  CHECK(Present(frame, "urgent"));
  CHECK(static_cast<int64_t>(At(frame, "count").lo) == INT64_MIN);
  CHECK(At(frame, "kind").lo == 1);
  CHECK(At(frame, "kinds") == Slot{0b101, 0});
  CHECK(CountOf(At(frame, "tags")) == 2);
  CHECK(static_cast<int64_t>(ElementsOf(At(frame, "numbers"))[0].lo) == -1);
  CHECK(At(frame, "at").lo == kNowUs);
  CHECK(StringOf(At(frame, "to")) == "A@b.org");
  CHECK(At(frame, "order.total") == Slot{50, kUsd});
  CHECK_FALSE(Present(frame, "order.note"));
  CHECK(ElementsOf(At(frame, "lines"))[0].lo == 0b0001);
  CHECK(ElementsOf(At(frame, "lines"))[6] == Slot{250, kUsd});
}

TEST_CASE("JSON and the typed builder make the same call") {
  FrameBuilder builder(World(), 0, "agent-7", kNowUs);
  builder.SetArgument("order_id", Value{"O-1"}).SetArgument("amount", Value{Money{9'870, kUsd}});
  const Frame typed = std::move(builder).Seal();
  const Frame json =
      Parse(R"({"tool":"process_refund","arguments":{"order_id":"O-1","amount":98.7}})");
  CHECK(json.canonical_arguments() == typed.canonical_arguments());
  CHECK(json.digest() == typed.digest());
}

TEST_CASE("optional arguments may be null, and arguments may be left out as a whole") {
  const Frame frame = Parse(R"({"tool":"transfer","arguments":{"count":null}})");
  CHECK_FALSE(Present(frame, "count"));
  const Frame none = Parse(R"({"tool":"transfer"})");
  REQUIRE(none.header() != nullptr);
  CHECK(none.digest() != frame.digest());
}

TEST_CASE("live context has its own place") {
  const Frame frame = Parse(R"({"tool":"process_refund","arguments":{"order_id":"O","amount":1},
                               "live":{"environment":"prod"}})");
  CHECK(StringOf(At(frame, "environment")) == "prod");
  const Frame wrong = Parse(R"({"tool":"process_refund","arguments":{"order_id":"O","amount":1},
                               "live":{"environment":5}})");
  CHECK(NoteOf(wrong, "environment") == FaultNote::kBadValue);
}

TEST_CASE("a fact may name the currency of an argument and of another fact") {
  constexpr std::string_view kOpen =
      R"({"name":"open","key":"I-1","as_of":"2026-03-31T12:00:00Z","value":7})";
  constexpr std::string_view kTerms =
      R"({"name":"terms","key":"I-1","as_of":"2026-03-31T12:00:00Z","value":"JPY"})";
  const auto settle = [](const std::string& facts) {
    return Parse(R"({"tool":"settle","arguments":{"invoice":"I-1","amount":500},"facts":[)" +
                 facts + "]}");
  };
  const std::string open(kOpen);
  const std::string terms(kTerms);
  const Frame frame = settle(open + "," + terms);
  REQUIRE(frame.header() != nullptr);
  CHECK(At(frame, "amount") == Slot{500, 392});
  CHECK(At(frame, "open") == Slot{7, 392});
  CHECK(KindOf(settle(open)) == MalformedKind::kBadArgument);
  CHECK(KindOf(settle(terms + "," + terms)) == MalformedKind::kBadArgument);
}

TEST_CASE("a grant context is read by the types of the policy's bound context") {
  const auto grant = ParseGrantContext(
      World(), R"({"policy":"support","subject":"agent-7","purpose":"help","ttl":"8h",
                   "context":{"customer_id":"C1","tags":["a","b"]}})");
  REQUIRE(grant.has_value());
  CHECK(grant->policy == "support");
  CHECK(grant->subject == "agent-7");
  CHECK(grant->purpose == "help");
  CHECK(grant->ttl_us == 28'800'000'000);
  REQUIRE(grant->bound.size() == 2);
  CHECK(grant->bound[0] == Field{"customer_id", Value{"C1"}});
  CHECK(grant->bound[1].value == Value{Value::List{{"a"}, {"b"}}});
  const auto least = ParseGrantContext(World(), R"({"policy":"support"})");
  REQUIRE(least.has_value());
  CHECK_FALSE(least->ttl_us.has_value());
}

TEST_CASE("a grant context that does not fit is an error with a code") {
  const auto code = [](std::string_view json) {
    const auto grant = ParseGrantContext(World(), json);
    return grant ? "ok" : grant.error().code;
  };
  CHECK(code("") == "grant-bad-json");
  CHECK(code("[]") == "grant-bad-json");
  CHECK(code(R"({"policy":"support","policy":"support"})") == "grant-bad-json");
  CHECK(code(R"({"policy":"support","role":"admin"})") == "grant-bad-json");
  CHECK(code(R"({"policy":1})") == "grant-bad-json");
  CHECK(code(R"({"policy":"support","ttl":8})") == "grant-bad-json");
  CHECK(code(R"({"policy":"support","ttl":"8 h"})") == "grant-bad-json");
  CHECK(code(R"({"policy":"support","context":[]})") == "grant-bad-json");
  CHECK(code(R"({})") == "grant-unknown-policy");
  CHECK(code(R"({"policy":"Support"})") == "grant-unknown-policy");
  CHECK(code(R"({"policy":"support","context":{"customer":"C1"}})") == "grant-unknown-bound");
  CHECK(code(R"({"policy":"support","context":{"customer_id":1}})") == "grant-bad-bound");
  CHECK(code(R"({"policy":"support","context":{"customer_id":null}})") == "grant-bad-bound");
}

TEST_CASE("spans of time are a number and a unit") {
  CHECK(ParseDuration("500ms").value() == 500'000);
  CHECK(ParseDuration("90s").value() == 90'000'000);
  CHECK(ParseDuration("30m").value() == 1'800'000'000);
  CHECK(ParseDuration("400d").value() == 34'560'000'000'000);
  CHECK(ParseDuration("106751991d").has_value());
  CHECK(ParseDuration("2w").value() == ParseDuration("14d").value());
  for (const auto* text : {"", "h", "8", "-8h", "+8h", "8 h", "8H", "1.5h", "8hh", "0x8h"}) {
    CAPTURE(text);
    REQUIRE_FALSE(ParseDuration(text).has_value());
    CHECK(ParseDuration(text).error().code == "duration-malformed");
  }
  CHECK(ParseDuration("106751992d").error().code == "duration-overflow");
  CHECK(ParseDuration("99999999999999999999s").error().code == "duration-overflow");
}

}  // namespace
}  // namespace cap::test
