// Attacks on tools that carry calls of other tools: a call is what its innermost layer says, or it
// is denied.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <string>

#include "runtime/base/limits.h"
#include "runtime/frame/request_json.h"
#include "tests/unit/frame_world.h"

namespace cap::test {
namespace {

using std::string_view_literals::operator""sv;

Frame ParseText(std::string_view json) { return ParseRequest(World(), json, "agent-7", kNowUs); }
Frame Call(std::string_view tool, std::string_view arguments, std::string_view more = "") {
  return ParseText(fmt::format(R"({{"tool":"{}","arguments":{}{}}})", tool, arguments, more));
}
Frame Wrapped(std::string_view arguments) { return Call("call_tool", arguments); }

constexpr std::string_view kRefund = R"({"order_id":"O-1","amount":98.70})";
std::string Carrying(std::string_view inner) {
  return fmt::format(R"({{"name":"process_refund","input":{}}})", inner);
}
/// kRefund with `layers` wrappers around it, each a call of the same wrapper.
std::string Layers(uint32_t layers) {
  std::string arguments = Carrying(kRefund);
  for (uint32_t i = 1; i < layers; ++i) {
    arguments = fmt::format(R"({{"name":"call_tool","input":{}}})", arguments);
  }
  return arguments;
}

TEST_CASE("control: a carried call is the call, with its digest") {
  const Frame direct = Call("process_refund", kRefund);
  const Frame frame = Wrapped(Carrying(kRefund));
  REQUIRE(KindOf(frame) == MalformedKind::kFine);
  CHECK(World().tools[frame.tool()].name == "process_refund");
  CHECK(At(frame, "amount") == Slot{9'870, kUsd});
  CHECK(frame.digest() == direct.digest());
  CHECK(frame.canonical_arguments() == direct.canonical_arguments());
  CHECK(frame.wrappers() == std::vector<std::string>{"call_tool"});
  CHECK(direct.wrappers().empty());
  const Frame mixed = Call("batch", fmt::format(R"({{"tool":"call_tool","arguments":{}}})",
                                                Carrying(kRefund)));
  CHECK(mixed.digest() == direct.digest());
  CHECK(mixed.wrappers() == std::vector<std::string>{"batch", "call_tool"});
}

TEST_CASE("control: an amount's currency is that of the carried arguments") {
  const Frame frame =
      Wrapped(R"({"name":"transfer","input":{"amount":500,"currency":"JPY"}})");
  REQUIRE(KindOf(frame) == MalformedKind::kFine);
  CHECK(At(frame, "amount") == Slot{500, 392});
}

TEST_CASE("attack: double wrapping beyond the depth") {
  for (uint32_t layers = 1; layers <= limits::kWrapperDepth; ++layers) {
    CHECK(KindOf(Wrapped(Layers(layers))) == MalformedKind::kFine);
  }
  CHECK(KindOf(Wrapped(Layers(limits::kWrapperDepth + 1))) == MalformedKind::kOversize);
  CHECK(KindOf(Wrapped(Layers(1000))) == MalformedKind::kOversize);
}

TEST_CASE("attack: a wrapper inside of its own argument") {
  // As the carried tool it counts as a layer; as anything else it is no argument of the tool's.
  CHECK(KindOf(Wrapped(R"({"name":"call_tool","input":{}})")) == MalformedKind::kMissingArgument);
  CHECK(KindOf(Wrapped(Carrying(Carrying(kRefund)))) == MalformedKind::kUndeclaredArgument);
  CHECK(KindOf(Wrapped(Carrying(
            R"({"order_id":"O-1","amount":1,"call_tool":{"name":"send_email","input":{}}})"))) ==
        MalformedKind::kUndeclaredArgument);
}

TEST_CASE("attack: arguments hidden beside the wrapper's members") {
  for (const auto beside : {R"("amount":1)"sv, R"("order_id":"O-2")"sv, R"("arguments":{})"sv,
                            R"("Input":{})"sv, R"("tool":"send_email")"sv, R"("facts":[])"sv,
                            R"("":null)"sv}) {
    CAPTURE(beside);
    const std::string arguments =
        fmt::format(R"({{"name":"process_refund","input":{},{}}})", kRefund, beside);
    CHECK(KindOf(Wrapped(arguments)) == MalformedKind::kUndeclaredArgument);
  }
}

TEST_CASE("attack: stringified JSON") {
  CHECK(KindOf(Wrapped(R"({"name":"process_refund","input":"{\"order_id\":\"O-1\"}"})")) ==
        MalformedKind::kBadArgument);
  CHECK(KindOf(Wrapped(R"({"name":"{\"name\":\"process_refund\"}","input":{}})")) ==
        MalformedKind::kUnknownTool);
  CHECK(KindOf(Call("call_tool", R"("{\"name\":\"process_refund\",\"input\":{}}")")) ==
        MalformedKind::kBadJson);
}

TEST_CASE("attack: members that are missing, doubled or of another type") {
  CHECK(KindOf(Wrapped("{}")) == MalformedKind::kMissingArgument);
  CHECK(KindOf(ParseText(R"({"tool":"call_tool"})")) == MalformedKind::kMissingArgument);
  CHECK(KindOf(Wrapped(R"({"name":"process_refund"})")) == MalformedKind::kMissingArgument);
  CHECK(KindOf(Wrapped(R"({"input":{}})")) == MalformedKind::kMissingArgument);
  for (const auto input : {"null"sv, "[]"sv, "1"sv, "true"sv, R"([{"order_id":"O-1"}])"sv}) {
    CAPTURE(input);
    CHECK(KindOf(Wrapped(Carrying(input))) == MalformedKind::kBadArgument);
  }
  for (const auto name : {"null"sv, "1"sv, "{}"sv, R"(["process_refund"])"sv}) {
    CAPTURE(name);
    CHECK(KindOf(Wrapped(fmt::format(R"({{"name":{},"input":{}}})", name, kRefund))) ==
          MalformedKind::kBadArgument);
  }
  CHECK(KindOf(Wrapped(R"({"name":"process_refund","name":"send_email","input":{}})")) ==
        MalformedKind::kDuplicateKey);
  CHECK(KindOf(Wrapped(R"({"name":"process_refund","input":{},"\u0069nput":{}})")) ==
        MalformedKind::kDuplicateKey);
}

TEST_CASE("attack: a carried tool that does not exist, or is spelt like one") {
  for (const auto name : {""sv, "process_refund "sv, "Process_refund"sv, "process_refund\\u0000"sv,
                          "call_tool2"sv, "tools/process_refund"sv}) {
    CAPTURE(name);
    CHECK(KindOf(Wrapped(fmt::format(R"({{"name":"{}","input":{{}}}})", name))) ==
          MalformedKind::kUnknownTool);
  }
  const Frame frame = Wrapped(R"({"name":"\u001b[2J","input":{}})");
  CHECK(frame.malformed().what == "\\u{1b}[2J");
}

TEST_CASE("attack: facts, approvals and context inside of a wrapper") {
  for (const auto* member : {"facts", "approvals", "live", "resource"}) {
    const std::string inside = fmt::format(R"({{"order_id":"O-1","amount":1,"{}":[]}})", member);
    CHECK(KindOf(Wrapped(Carrying(inside))) == MalformedKind::kUndeclaredArgument);
  }
  // At the outer level they are the host's, as ever.
  const Frame frame = Call(
      "call_tool", Carrying(kRefund),
      R"(,"facts":[{"name":"order","key":"O-1","as_of":"2026-03-31T11:59:50Z","by":"shop",)"
      R"("value":{"owner":"C1","status":"delivered","total":120.00}}],)"
      R"("resource":"order://customer:C1/O-1")");
  CHECK(KindOf(frame) == MalformedKind::kFine);
  CHECK(StringOf(At(frame, "order.owner")) == "C1");
}

}  // namespace
}  // namespace cap::test
