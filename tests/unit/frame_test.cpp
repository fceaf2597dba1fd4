// Frames from typed inputs: what becomes of every type, default, fact, live value and approval.
#include <doctest/doctest.h>

#include "runtime/base/limits.h"
#include "runtime/frame/canonical.h"
#include "runtime/frame/cbor.h"
#include "runtime/frame/encode.h"
#include "runtime/program/verify.h"
#include "runtime/value/decimal.h"
#include "tests/unit/frame_world.h"

namespace cap::test {
namespace {

Value Text(std::string text) { return {std::move(text)}; }
Value Number(int64_t number) { return {number}; }
Value Usd(int64_t cents) { return {Money{cents, kUsd}}; }
Value Texts(std::vector<std::string> texts) {
  Value::List list;
  for (std::string& text : texts) list.push_back({std::move(text)});
  return {std::move(list)};
}
Value OrderOf(std::string owner) {
  return {Value::Record{{"owner", {std::move(owner)}}, {"status", {"delivered"}},
                        {"total", Usd(12'000)}}};
}
FactInput OrderFact() {
  return {.name = "order", .key = {{"O-1"}}, .as_of_us = kNowUs - 1'000'000, .attestor = "shop",
          .value = OrderOf("C1")};
}

FrameBuilder Builder(std::string_view tool, std::string_view subject = "agent-7") {
  return FrameBuilder(World(), FindTool(World(), tool).value(), subject, kNowUs);
}
FrameBuilder Refund() {
  FrameBuilder builder = Builder("process_refund");
  builder.SetArgument("order_id", Text("O-1")).SetArgument("amount", Usd(9'870));
  return builder;
}
Frame RefundWith(FactInput fact) {
  FrameBuilder builder = Refund();
  builder.AddFact(std::move(fact));
  return std::move(builder).Seal();
}
Frame TransferWith(std::string name, Value value) {
  FrameBuilder builder = Builder("transfer");
  builder.SetArgument(std::move(name), std::move(value));
  return std::move(builder).Seal();
}

TEST_CASE("the world of these tests is a program that verifies") {
  const Result<void> verified = Verify(World());
  CHECK_MESSAGE(verified.has_value(), (verified ? "" : verified.error().message));
}

TEST_CASE("a call becomes slots, defaults included") {
  const Frame frame = RefundWith(OrderFact());
  REQUIRE(frame.header() != nullptr);
  CHECK(reinterpret_cast<uintptr_t>(frame.header()) % 64 == 0);
  CHECK(frame.header()->layout_hash == World().tools[0].layout_hash);
  CHECK(frame.header()->now_us == kNowUs);
  CHECK(frame.subject() == "agent-7");
  CHECK(StringOf(At(frame, "order_id")) == "O-1");
  CHECK(At(frame, "amount") == Slot{9'870, kUsd});
  CHECK(At(frame, "rows").lo == 20);
  CHECK_FALSE(Present(frame, "reason"));
  CHECK(NoteOf(frame, "reason") == FaultNote::kFine);
  CHECK(Present(frame, "order"));
  CHECK(StringOf(At(frame, "order.owner")) == "C1");
  CHECK(At(frame, "order.total") == Slot{12'000, kUsd});
  CHECK_FALSE(Present(frame, "order.note"));
  CHECK_FALSE(Poisoned(frame, "order.note"));
  CHECK(NoteOf(frame, "environment") == FaultNote::kMissing);
  REQUIRE(frame.resources(0).size() == 1);
  CHECK(frame.ResourceText(World(), 0, 0) == "order://customer:C1/O-1");
}

TEST_CASE("a frame that moves keeps its slots") {
  Frame first = RefundWith(OrderFact());
  const FrameHeader* header = first.header();
  const Frame second = std::move(first);
  CHECK(second.header() == header);
  CHECK(StringOf(At(second, "order.owner")) == "C1");
}

TEST_CASE("an argument that does not fit its declaration refuses the call") {
  struct Case {
    const char* name;
    Value value;
    MalformedKind kind;
  };
  const std::vector<Case> cases = {
      {"order_id", Number(1), MalformedKind::kBadArgument},
      {"order_id", Value{}, MalformedKind::kBadArgument},
      {"order_id", Text("\xff"), MalformedKind::kBadArgument},
      {"order_id", Text(std::string(101, 'x')), MalformedKind::kOversize},
      {"amount", Usd(-1), MalformedKind::kBadArgument},
      {"amount", {Money{1, 978}}, MalformedKind::kBadArgument},
      {"amount", {Money{1, 1}}, MalformedKind::kBadArgument},
      {"amount", Number(1), MalformedKind::kBadArgument},
      {"rows", Text("20"), MalformedKind::kBadArgument},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    FrameBuilder builder = Builder("process_refund");
    builder.SetArgument("order_id", Text("O-1")).SetArgument("amount", Usd(1));
    FrameBuilder other = Builder("process_refund");
    for (const char* name : {"order_id", "amount"}) {
      if (std::string_view(name) != c.name) {
        other.SetArgument(name, std::string_view(name) == "amount" ? Usd(1) : Text("O-1"));
      }
    }
    other.SetArgument(c.name, c.value);
    const Frame frame = std::move(other).Seal();
    CHECK(KindOf(frame) == c.kind);
    CHECK(frame.malformed().what == c.name);
    CHECK(frame.malformed().span.line >= 10);
    CHECK(frame.header() == nullptr);
    CHECK(frame.canonical_arguments().empty());
    CHECK(frame.resources(0).empty());
  }
}

TEST_CASE("names must be declared, given once, and all there") {
  FrameBuilder undeclared = Refund();
  undeclared.SetArgument("amuont\n", Number(5));
  const Frame frame = std::move(undeclared).Seal();
  CHECK(KindOf(frame) == MalformedKind::kUndeclaredArgument);
  CHECK(frame.malformed().what == "amuont\\n");
  CHECK(frame.malformed().detail == "5");

  FrameBuilder twice = Refund();
  twice.SetArgument("amount", Usd(1));
  CHECK(KindOf(std::move(twice).Seal()) == MalformedKind::kDuplicateKey);

  FrameBuilder missing = Builder("process_refund");
  missing.SetArgument("order_id", Text("O-1"));
  const Frame incomplete = std::move(missing).Seal();
  CHECK(KindOf(incomplete) == MalformedKind::kMissingArgument);
  CHECK(incomplete.malformed().what == "amount");

  FrameBuilder fact = Refund();
  fact.AddFact({.name = "order2"});
  CHECK(KindOf(std::move(fact).Seal()) == MalformedKind::kUndeclaredFact);
  FrameBuilder live = Refund();
  live.SetLive("env", Text("prod"));
  CHECK(KindOf(std::move(live).Seal()) == MalformedKind::kUndeclaredLive);
  FrameBuilder live_twice = Refund();
  live_twice.SetLive("environment", Text("a")).SetLive("environment", Text("b"));
  CHECK(KindOf(std::move(live_twice).Seal()) == MalformedKind::kDuplicateKey);
  CHECK(KindOf(FrameBuilder(World(), 99, "s", 0).Seal()) == MalformedKind::kUnknownTool);
}

TEST_CASE("a fact that cannot be relied on is poisoned, and says why") {
  struct Case {
    FaultNote note;
    FactInput fact;
  };
  std::vector<Case> cases;
  const auto add = [&](FaultNote note) -> FactInput& {
    return cases.emplace_back(note, OrderFact()).fact;
  };
  add(FaultNote::kFactWrongKey).key = {{"O-2"}};
  add(FaultNote::kFactWrongKey).key = {};
  add(FaultNote::kFactWrongKey).key = {{"O-1"}, {"O-1"}};
  add(FaultNote::kFactWrongKey).key = {Number(1)};
  add(FaultNote::kFactStale).as_of_us = kNowUs - 30'000'001;
  add(FaultNote::kFactStale).as_of_us = INT64_MIN;
  add(FaultNote::kFactFromFuture).as_of_us = kNowUs + limits::kFactSkewUs + 1;
  add(FaultNote::kFactFromFuture).as_of_us = INT64_MAX;
  add(FaultNote::kFactWrongAttestor).attestor = "";
  add(FaultNote::kFactWrongAttestor).attestor = "Shop";
  add(FaultNote::kBadValue).value = Value{};
  add(FaultNote::kBadValue).value = Text("C1");
  add(FaultNote::kBadValue).value = Fail("bad-value", "no object");
  add(FaultNote::kBadValue).value = Value{Value::Record{{"owner", Text("C1")}}};
  add(FaultNote::kOversize).value = OrderOf(std::string(101, 'x'));
  for (Case& c : cases) {
    CAPTURE(static_cast<int>(c.note));
    const Frame frame = RefundWith(std::move(c.fact));
    REQUIRE(frame.header() != nullptr);
    CHECK(NoteOf(frame, "order") == c.note);
    CHECK_FALSE(frame.note_text(SlotNamed(frame, "order")).empty());
    for (const char* path : {"order", "order.owner", "order.status", "order.total", "order.note"}) {
      CHECK(Poisoned(frame, path));
      CHECK_FALSE(Present(frame, path));
      CHECK(At(frame, path) == Slot{});
    }
    CHECK(frame.resources(0)[0].valid == 0b10);
    CHECK(frame.ResourceText(World(), 0, 0) == "order://customer:{?}/O-1");
  }
}

TEST_CASE("a fact may be exactly as old as allowed, and a little younger than now") {
  for (const int64_t as_of : {kNowUs - 30'000'000, kNowUs, kNowUs + limits::kFactSkewUs}) {
    FactInput fact = OrderFact();
    fact.as_of_us = as_of;
    CHECK(Present(RefundWith(std::move(fact)), "order"));
  }
}

TEST_CASE("a fact that is missing is not known, not absent; one given twice neither") {
  const Frame without = Refund().Seal();
  CHECK_FALSE(Present(without, "order"));
  CHECK(Poisoned(without, "order"));
  CHECK(NoteOf(without, "order.owner") == FaultNote::kMissing);
  FrameBuilder builder = Refund();
  builder.AddFact(OrderFact()).AddFact(OrderFact());
  CHECK(NoteOf(std::move(builder).Seal(), "order") == FaultNote::kFactDoubled);
}

TEST_CASE("live values are present, absent or poisoned") {
  FrameBuilder good = Refund();
  good.SetLive("environment", Text("prod"));
  CHECK(StringOf(At(std::move(good).Seal(), "environment")) == "prod");
  FrameBuilder bad = Refund();
  bad.SetLive("environment", Number(1));
  const Frame frame = std::move(bad).Seal();
  CHECK(Poisoned(frame, "environment"));
  CHECK(NoteOf(frame, "environment") == FaultNote::kBadValue);
}

TEST_CASE("a let joins its lists, and every element has a resource") {
  FrameBuilder builder = Builder("send_email");
  builder.SetArgument("recipients", Texts({"Ann@Company.COM"}));
  builder.SetArgument("bcc", Texts({"eve@evil.io", "bob@company.com"}));
  const Frame frame = std::move(builder).Seal();
  const Slot everyone = At(frame, "everyone");
  REQUIRE(CountOf(everyone) == 3);
  CHECK(StringOf(ElementsOf(everyone)[0]) == "Ann@company.com");
  CHECK(StringOf(EmailDomainOf(ElementsOf(everyone)[1])) == "evil.io");
  REQUIRE(frame.resources(0).size() == 3);
  CHECK(frame.ResourceText(World(), 0, 0) == "email://company.com/Ann@company.com");
  CHECK(frame.ResourceText(World(), 0, 1) == "email://evil.io/eve@evil.io");
}

TEST_CASE("an empty list has no resource") {
  FrameBuilder builder = Builder("send_email");
  builder.SetArgument("recipients", Texts({}));
  const Frame frame = std::move(builder).Seal();
  CHECK(Present(frame, "everyone"));
  CHECK(frame.resources(0).empty());
}

TEST_CASE("numbers, members and times have texts in a resource, and absent ones have none") {
  const auto settle = [](bool given) {
    FrameBuilder builder = Builder("settle");
    builder.SetArgument("invoice", Text("I-1")).SetArgument("amount", Usd(1));
    builder.AddFact({.name = "terms", .key = {Text("I-1")}, .value = Text("USD")});
    if (given) {
      builder.SetArgument("number", Number(-7)).SetArgument("kind", Value{EnumMember{"gift"}});
      builder.SetArgument("at", Value{Instant{kNowUs}});
    }
    return std::move(builder).Seal();
  };
  CHECK(settle(true).ResourceText(World(), 0, 0) == "invoice://n:-7/gift/2026-03-31T12:00:00Z");
  // A slot without a value is zero, which is a number, a member and a time: presence decides.
  const Frame without = settle(false);
  REQUIRE(without.resources(0).size() == 1);
  CHECK(without.resources(0)[0].valid == 0);
}

TEST_CASE("sets are sorted and have no doubles") {
  const Frame tags = TransferWith("tags", Texts({"b", "a\xc3\xa4", "b", "a"}));
  const Slot set = At(tags, "tags");
  REQUIRE(CountOf(set) == 3);
  CHECK(StringOf(ElementsOf(set)[0]) == "a");
  CHECK(StringOf(ElementsOf(set)[1]) == "a\xc3\xa4");
  const Frame numbers =
      TransferWith("numbers", {Value::List{Number(3), Number(-5), Number(3), Number(0)}});
  const Slot words = At(numbers, "numbers");
  REQUIRE(CountOf(words) == 3);
  CHECK(static_cast<int64_t>(ElementsOf(words)[0].lo) == -5);
  CHECK(KindOf(TransferWith("tags", Texts({"a", "b", "c", "d", "e"}))) == MalformedKind::kOversize);
}

TEST_CASE("a closed set refuses members that it does not know") {
  CHECK(At(TransferWith("kinds", {Value::List{{EnumMember{"rent"}}, {EnumMember{"gift"}},
                                              {EnumMember{"rent"}}}}),
           "kinds") == Slot{0b101, 0});
  CHECK(KindOf(TransferWith("kinds", {Value::List{{EnumMember{"rent"}}, {EnumMember{"bribe"}}}})) ==
        MalformedKind::kBadArgument);
  CHECK(KindOf(TransferWith("kind", {EnumMember{"bribe"}})) == MalformedKind::kBadArgument);
  CHECK(At(TransferWith("kind", {EnumMember{"loan"}}), "kind").lo == 1);
}

TEST_CASE("an amount counts in the currency that its sibling names") {
  CHECK(At(TransferWith("amount", {Money{5, 978}}), "amount") == Slot{5, 978});  // by default
  CHECK(KindOf(TransferWith("amount", Usd(5))) == MalformedKind::kBadArgument);
  FrameBuilder builder = Builder("transfer");
  builder.SetArgument("amount", Usd(5)).SetArgument("currency", Text("USD"));
  CHECK(At(std::move(builder).Seal(), "amount") == Slot{5, kUsd});
  FrameBuilder unknown = Builder("transfer");
  unknown.SetArgument("amount", Usd(5)).SetArgument("currency", Text("usd"));
  CHECK(KindOf(std::move(unknown).Seal()) == MalformedKind::kBadArgument);
}

TEST_CASE("records in a list keep which fields they have") {
  const Frame frame = TransferWith(
      "lines", {Value::List{{Value::Record{{"code", Text("x")}}},
                            {Value::Record{{"price", Usd(7)}, {"currency", Text("USD")}}}}});
  const Slot list = At(frame, "lines");
  REQUIRE(CountOf(list) == 2);
  REQUIRE(StrideOf(list) == 4);
  CHECK(ElementsOf(list)[0].lo == 0b0011);
  CHECK(ElementsOf(list)[4].lo == 0b1101);
  CHECK(ElementsOf(list)[6] == Slot{7, kUsd});
  for (const Value& bad : {Value{Value::Record{{"price", Usd(7)}}},
                           Value{Value::Record{{"price", Usd(7)}, {"currency", Text("EUR")}}},
                           Value{Value::Record{{"code", Text("x")}, {"code", Text("y")}}},
                           Value{Value::Record{{"other", Text("x")}}}}) {
    CHECK(KindOf(TransferWith("lines", {Value::List{bad}})) == MalformedKind::kBadArgument);
  }
}

TEST_CASE("an approval counts for exactly the call it was given for") {
  const Frame::Digest digest = RefundWith(OrderFact()).digest();
  const auto approved = [&](ApprovalInput approval, const char* subject = "agent-7",
                            int64_t cents = 9'870) {
    FrameBuilder builder(World(), 0, subject, kNowUs);
    builder.SetArgument("order_id", Text("O-1")).SetArgument("amount", Usd(cents));
    builder.AddApproval(std::move(approval));
    return std::move(builder).Seal();
  };
  CHECK(approved({"manager", digest}).header()->approvals == 0b01);
  CHECK(approved({"user", digest, "review"}).header()->approvals == 0b10);
  CHECK(approved({"manager", digest}).approval_notes().empty());
  const auto refused = [](const Frame& frame) {
    REQUIRE(frame.header() != nullptr);
    CHECK(frame.header()->approvals == 0);
    REQUIRE(frame.approval_notes().size() == 1);
    return frame.approval_notes()[0].reason;
  };
  using Reason = ApprovalNote::Reason;
  CHECK(refused(approved({"manager", digest}, "agent-8")) == Reason::kOtherCall);
  CHECK(refused(approved({"manager", digest}, "agent-7", 9'871)) == Reason::kOtherCall);
  CHECK(refused(approved({"manager", {}})) == Reason::kOtherCall);
  CHECK(refused(approved({"Manager", digest})) == Reason::kUnknownApprover);
  CHECK(refused(approved({"manager", digest, "wish"})) == Reason::kUnknownKind);
}

TEST_CASE("CBOR heads are the shortest, keys are sorted by their encoding") {
  const auto hex = [](int64_t value) {
    std::string out;
    cbor::AppendInt(value, out);
    std::string text;
    for (const char c : out) {
      constexpr char kDigits[] = "0123456789abcdef";
      text += kDigits[static_cast<uint8_t>(c) >> 4];
      text += kDigits[static_cast<uint8_t>(c) & 15];
    }
    return text;
  };
  // RFC 8949, appendix A.
  CHECK(hex(0) == "00");
  CHECK(hex(23) == "17");
  CHECK(hex(24) == "1818");
  CHECK(hex(255) == "18ff");
  CHECK(hex(256) == "190100");
  CHECK(hex(65'535) == "19ffff");
  CHECK(hex(1'000'000) == "1a000f4240");
  CHECK(hex(1'000'000'000'000) == "1b000000e8d4a51000");
  CHECK(hex(-1) == "20");
  CHECK(hex(-1000) == "3903e7");
  CHECK(hex(INT64_MIN) == "3b7fffffffffffffff");
  std::string map;
  cbor::AppendMap({{"\x62" "aa", "\x01"}, {"\x61z", "\x02"}}, map);
  CHECK(map == "\xa2\x61z\x02\x62" "aa\x01");
}

TEST_CASE("canonical arguments are one byte string for one meaning") {
  const Frame frame = RefundWith(OrderFact());
  // {"rows": 20, "amount": ["USD", 9870], "order_id": "O-1"}
  CHECK(frame.canonical_arguments() ==
        std::string_view("\xa3\x64rows\x14\x66" "amount\x82\x63USD\x19\x26\x8e"
                         "\x68order_id\x63O-1"));
  FrameBuilder other = Builder("process_refund");
  other.SetArgument("rows", Number(20)).SetArgument("amount", Usd(9'870));
  other.SetArgument("order_id", Text("O-1"));
  CHECK(std::move(other).Seal().canonical_arguments() == frame.canonical_arguments());
  FrameBuilder null = Refund();
  null.SetArgument("reason", Value{});
  const Frame with_null = std::move(null).Seal();
  CHECK_FALSE(Present(with_null, "reason"));
  CHECK(At(with_null, "reason") == kNullSlot);
  CHECK(At(frame, "reason") == Slot());
  CHECK(with_null.canonical_arguments() != frame.canonical_arguments());

  const auto canonical = [](std::string name, Value value) {
    return std::string(TransferWith(std::move(name), std::move(value)).canonical_arguments());
  };
  CHECK(canonical("tags", Texts({"b", "a", "b"})) == canonical("tags", Texts({"a", "b"})));
  CHECK(canonical("to", Text("a@B.org")) == canonical("to", Text("a@b.org")));
  CHECK(canonical("to", Text("A@b.org")) != canonical("to", Text("a@b.org")));
  CHECK(canonical("at", {Instant{5}}).ends_with(
      std::string_view("\x62" "at\xa1\0\x05\x68" "currency\x63" "EUR", 19)));
  CHECK(canonical("share", {MakeDecimal(9870, 2)}) == canonical("share", {MakeDecimal(987, 1)}));
  CHECK(canonical("share", {MakeDecimal(987, 1)}).find(std::string_view("\xa1\x02\x64" "98.7")) !=
        std::string::npos);
  CHECK(TransferWith("share", {MakeDecimal(9875, 3)}).header() == nullptr);
  CHECK(canonical("lasts", {Duration{-2}}).find(std::string_view("\xa1\x01\x21", 3)) !=
        std::string::npos);
  CHECK(canonical("kinds", {Value::List{{EnumMember{"rent"}}}}) !=
        canonical("kinds", {Value::List{{EnumMember{"gift"}}}}));
}

TEST_CASE("the digest is SHA-256 of the documented preimage") {
  // printf '\x84\x6acap.call/1\x61t\x61s\x41\xa0' | sha256sum
  const auto digest = CallDigest("t", "s", "\xa0");
  std::string text;
  for (const uint8_t byte : digest) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  CHECK(text == "d113ed317817b31da929c01119183b4155499df1bbe7f0355d549b2ec4f8e324");
}

TEST_CASE("a constant is encoded as strictly as an argument, and more") {
  Arena arena;
  const Program& world = World();
  const auto type_of = [&](std::string_view argument) {
    for (const ArgumentDesc& a : world.tools[2].arguments) {
      if (a.name == argument) return a.type;
    }
    return kNone;
  };
  CHECK(EncodeConstant(world, type_of("count"), Number(-7), arena).value().lo == uint64_t(-7));
  CHECK(EncodeConstant(world, type_of("kinds"), {Value::List{{EnumMember{"loan"}}}}, arena)
            .value() == Slot{0b10, 0});
  const Result<Slot> unknown =
      EncodeConstant(world, type_of("kinds"), {Value::List{{EnumMember{"x"}}}}, arena);
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().code == "bad-value");
  CHECK(EncodeConstant(world, type_of("tags"), Texts({"1", "2", "3", "4", "5"}), arena)
            .error().code == "oversize");
  CHECK_FALSE(EncodeConstant(world, type_of("order"), OrderOf("x"), arena).has_value());
}

}  // namespace
}  // namespace cap::test
