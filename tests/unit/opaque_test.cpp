// Any JSON as one byte string for one value, and open records.
#include "runtime/frame/opaque.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <string>

#include "runtime/frame/frame_builder.h"
#include "runtime/frame/request_json.h"
#include "tests/unit/frame_world.h"

namespace cap::test {
namespace {

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return out;
}

/// The canonical bytes, or the code of what is wrong. What is read passes the check.
std::string Canon(std::string_view json) {
  const Result<Json> read = ParseJson(json);
  if (!read) return read.error().code;
  CHECK(CheckJson(*read).has_value());
  return Hex(read->cbor);
}

TEST_CASE("the canonical form of a json, byte by byte") {
  struct Vector {
    std::string_view json;
    std::string_view cbor;
  };
  constexpr Vector kVectors[] = {
      {"null", "f6"},
      {"false", "f4"},
      {" true ", "f5"},
      {"0", "00"},
      {"-0", "00"},
      {"0.000", "00"},
      {"-0e7", "00"},
      {"1", "01"},
      {"1.0", "01"},
      {"10e-1", "01"},
      {"1E+0", "01"},
      {"-1", "20"},
      {"24", "1818"},
      {"1e3", "1903e8"},
      {"18446744073709551615", "1bffffffffffffffff"},
      {"-18446744073709551616", "3bffffffffffffffff"},
      {"18446744073709551616", "a1047631383434363734343037333730393535313631366530"},
      {"-18446744073709551617", "a10477"
                                "2d31383434363734343037333730393535313631376530"},
      {"1e20", "a10464" "31653230"},
      {"98.70", "a10466" "3938376" "52d31"},
      {"98.7", "a10466" "3938376" "52d31"},
      {"-0.05", "a10465" "2d35652d32"},
      {"0.1", "a10464" "31652d31"},
      {"1e-400", "a10466" "31652d343030"},
      {"\"\"", "60"},
      {"\"\\u00e9\\n\"", "63c3a90a"},
      {"[]", "80"},
      {"[1,[2],{}]", "8301810" "2a0"},
      {"{}", "a0"},
      {R"({"b":1,"a":2})", "a26161026162" "01"},
      {R"({"aa":1,"b":2})", "a2616202626161" "01"},
      {R"({"":null})", "a160f6"},
  };
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.json);
    CHECK(Canon(vector.json) == vector.cbor);
  }
  CHECK(Canon("0.1") != Canon("0.1000000000000000055511151231257827"));
}

TEST_CASE("what is no json, or more than one may be") {
  for (const auto* json : {"", "1 2", "1,2", "]", "[1],[2", "nul", "01", ".5", "+1", "NaN", "'a'",
                           "{\"a\":1", "\"\\ud800\""}) {
    CAPTURE(json);
    CHECK(Canon(json) == "bad-json");
  }
  CHECK(Canon(R"({"a":1,"\u0061":2})") == "duplicate-key");
  CHECK(Canon(R"([{"x":{"a":1,"a":1}}])") == "duplicate-key");
  CHECK(Canon("1e1001") == "oversize");
  CHECK(Canon("1e-99999999999999999999") == "oversize");
  CHECK(Canon("0e99999999999999999999") == "00");
  const auto nested = [](size_t depth) {
    return Canon(std::string(depth, '[') + std::string(depth, ']'));
  };
  CHECK(nested(limits::kJsonDepth).starts_with("81"));
  CHECK(nested(limits::kJsonDepth + 1) == "oversize");
  const auto wide = [](size_t count) {
    std::string json = "[1";
    for (size_t i = 2; i < count; ++i) json += ",1";  // the array counts as one
    return Canon(json + "]");
  };
  CHECK(wide(limits::kJsonNodes).starts_with("99"));
  CHECK(wide(limits::kJsonNodes + 1) == "oversize");
}

TEST_CASE("only canonical bytes are a json") {
  const auto code = [](std::string_view bytes, uint64_t most = 100) {
    const Result<void> checked = CheckJson({std::string(bytes)}, most);
    return checked ? std::string("ok") : checked.error().code;
  };
  using namespace std::string_view_literals;
  CHECK(code("\xa2\x61" "a\x01\x61" "b\x82\xf6\x20") == "ok");
  CHECK(code("\x82\x01\x02", 2) == "oversize");
  for (const std::string_view bytes :
       {""sv, "\x01\x01"sv, "\x18\x17"sv, "\x19\x00\xff"sv, "\x1f"sv, "\x9f\xff"sv, "\x82\x01"sv,
        "\x41" "a"sv, "\xc2\x41\x01"sv, "\xf9\x3c\x00"sv, "\xfb\x3f\xf0\0\0\0\0\0\0"sv, "\xf7"sv,
        "\xf8\x20"sv, "\x61\xff"sv, "\x62" "a"sv, "\xa1\x01\x02"sv, "\xa1\xf6\x02"sv,
        "\xa2\x61" "b\x01\x61" "a\x01"sv, "\xa2\x61" "a\x01\x61" "a\x01"sv,
        "\xa1\x04\x63" "1e3"sv, "\xa1\x04\x65" "10e19"sv, "\xa1\x04\x62" "1."sv,
        "\xa1\x04\x66" "9870e2"sv, "\xa1\x04\x03"sv, "\x9b\xff\xff\xff\xff\xff\xff\xff\xff"sv}) {
    CAPTURE(Hex(bytes));
    CHECK(code(bytes) == "bad-value");
  }
}

TEST_CASE("a json is shown as JSON, and cut") {
  const auto shown = [](std::string_view json) {
    return FormatJson(ParseJson(json)->cbor, 40);
  };
  CHECK(shown(R"( {"b": [1, -2, {}], "a": null, "c": "x"} )") ==
        R"({"a":null,"b":[1,-2,{}],"c":"x"})");
  CHECK(shown("-18446744073709551616") == "-18446744073709551616");
  CHECK(shown("98.70") == "987e-1");
  CHECK(shown("[[],{},false]") == "[[],{},false]");
  CHECK(shown("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]").size() < 50);
  CHECK(FormatJson("\x82\x01", 40).empty());  // says more than it has
}

Frame Store(std::string_view arguments, std::string_view more = "") {
  return ParseRequest(World(),
                      fmt::format(R"({{"tool":"store","arguments":{{"holder":"h"{}}}{}}})",
                                  arguments, more),
                      "agent-7", kNowUs);
}

TEST_CASE("a json in canonical arguments") {
  // {"holder": "h", "payload": {"a": [1, {4: "25e-1"}]}}
  CHECK(Hex(Store(R"(,"payload":{"a":[1,2.5]})").canonical_arguments()) ==
        "a266686f6c6465726168" "677061796c6f6164" "a161618201a10465" "3235652d31");
  CHECK(Hex(Store(R"(,"payload":null)").canonical_arguments()) ==
        "a266686f6c6465726168" "677061796c6f6164" "f6");
  CHECK(Hex(Store("").canonical_arguments()) == "a166686f6c6465726168");
  CHECK(Store(R"(,"payload":{"a":1,"b":2})").digest() ==
        Store(R"(,"payload":{"b":2.0,"a":1e0})").digest());
  CHECK(Store(R"(,"payload":{"a":1})").digest() != Store(R"(,"payload":{"a":"1"})").digest());
  CHECK(Store(R"(,"parts":[1,2])").digest() != Store(R"(,"parts":[2,1])").digest());
  CHECK(KindOf(Store(fmt::format(R"(,"payload":"{}")", std::string(1000, 'x')))) ==
        MalformedKind::kOversize);
  CHECK(KindOf(Store(R"(,"payload":1e5000)")) == MalformedKind::kOversize);
}

TEST_CASE("further fields of an argument are unread and bound") {
  const Frame frame = Store(R"(,"card":{"holder":"h","cvc":[1,null],"a":{"b":2.50}})");
  REQUIRE(KindOf(frame) == MalformedKind::kFine);
  CHECK(StringOf(At(frame, "card.holder")) == "h");
  // {"card": {"a": {"b": {4: "25e-1"}}, "cvc": [1, null], "holder": "h"}, "holder": "h"}
  CHECK(Hex(frame.canonical_arguments()) ==
        "a264" "63617264" "a36161" "a16162a10465" "3235652d31" "63637663" "8201f6"
        "66686f6c646572" "6168" "66686f6c6465726168");
  const auto digest = [](std::string_view rest) {
    return Store(fmt::format(R"(,"card":{{"holder":"h"{}}})", rest)).digest();
  };
  CHECK(digest("") != digest(R"(,"x":1)"));
  CHECK(digest(R"(,"x":1)") != digest(R"(,"x":2)"));
  CHECK(digest(R"(,"x":null)") != digest(""));
  CHECK(digest(R"(,"x":1,"y":2)") == digest(R"(,"y":2,"x":1.0)"));
  CHECK(KindOf(Store(R"(,"card":{"holder":1,"x":1})")) == MalformedKind::kBadArgument);
  CHECK(KindOf(Store(R"(,"card":{"x":1})")) == MalformedKind::kBadArgument);
  CHECK(KindOf(Store(fmt::format(R"(,"card":{{"holder":"h","x":"{}"}})",
                                 std::string(limits::kJsonBytes, 'x')))) ==
        MalformedKind::kOversize);
}

TEST_CASE("further fields of a fact are dropped") {
  const auto with = [](std::string_view value) {
    return Store("", fmt::format(R"(,"facts":[{{"name":"on_file","key":"h",)"
                                 R"("as_of":"2026-03-31T11:59:50Z","value":{}}}])", value));
  };
  const Frame frame = with(R"({"holder":"h","x":1e5000,"note":null})");
  CHECK(Present(frame, "on_file"));
  CHECK(StringOf(At(frame, "on_file.holder")) == "h");
  CHECK(At(frame, "on_file.note") == kNullSlot);
  CHECK(Poisoned(with(R"({"Holder":"h"})"), "on_file"));
}

TEST_CASE("a typed call brings a json, too") {
  const auto call = [](Value payload, Value card) {
    FrameBuilder builder(World(), *FindTool(World(), "store"), "agent-7", kNowUs);
    builder.SetArgument("holder", Value{std::string("h")});
    builder.SetArgument("payload", std::move(payload));
    builder.SetArgument("card", std::move(card));
    return std::move(builder).Seal();
  };
  const Json one = *ParseJson(R"({"a":[1,2.5]})");
  const Value card{Value::Record{{"holder", {std::string("h")}}, {"x", {*ParseJson("1")}}}};
  CHECK(call({one}, card).digest() ==
        Store(R"(,"payload":{"a":[1,2.5]},"card":{"x":1,"holder":"h"})").digest());
  CHECK(KindOf(call({Json{"\x18\x01"}}, card)) == MalformedKind::kBadArgument);
  CHECK(KindOf(call({std::string("text")}, card)) == MalformedKind::kBadArgument);
  const Value no_json{Value::Record{{"holder", {std::string("h")}}, {"x", {int64_t{1}}}}};
  CHECK(KindOf(call({one}, no_json)) == MalformedKind::kBadArgument);
  const Value doubled{Value::Record{{"holder", {std::string("h")}}, {"x", {one}}, {"x", {one}}}};
  CHECK(KindOf(call({one}, doubled)) == MalformedKind::kBadArgument);
}

}  // namespace
}  // namespace cap::test
