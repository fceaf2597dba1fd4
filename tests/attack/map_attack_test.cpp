// Attacks on maps, through a whole engine: keys that are two spellings of one, more of them than
// there may be, values of another shape, orders; and the search for a key in maps of every size.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "runtime/frame/frame_builder.h"
#include "runtime/program/abi.h"
#include "runtime/value/arena.h"
#include "runtime/value/map.h"
#include "tests/unit/engine_world.h"

namespace cap::test {
namespace {

constexpr const char* kMaps = R"(
module m
approver manager
context bound { limits: map<string, int> max 4096, mails: map<email, list<string>> }
action pay { amounts: map<string, int> max 4096, who: string }
action mail { sent: map<email, int>, to: email }
action held { quotas: map<int, int>, n: int }
policy p {
  capability pay { require amounts[who] <= limits[who] }
  capability mail { require sent[to] <= 3 and "x" in mails[to] }
  capability held { require n in quotas and quotas[n] == n }
  forbid pay unless approved by manager when "risky" in amounts
}
)";

std::vector<Field> Bound() {
  return {{"limits", MapOf({{{std::string("ann")}, {int64_t{5}}},
                            {{std::string("bob")}, {int64_t{7}}}})},
          {"mails", MapOf({{{std::string("Ann@B.org")}, {Value::List{{std::string("x")}}}}})}};
}

std::string PayJson(const std::string& amounts, const std::string& who) {
  return R"({"tool":"pay","arguments":{"amounts":)" + amounts + R"(,"who":")" + who + R"("}})";
}

TEST_CASE("attack: a key that is hidden behind another spelling of itself") {
  World world(kMaps);
  const GrantId grant = world.Mint(Bound());
  const auto mail = [&](const std::string& sent) {
    return world.Code(grant, R"({"tool":"mail","arguments":{"sent":)" + sent +
                                 R"(,"to":"Ann@b.org"}})");
  };
  CHECK(mail(R"({"Ann@B.ORG": 3})") == DecisionCode::kPermit);
  CHECK(mail(R"({"Ann@b.org": 1, "Ann@B.org": 9})") == DecisionCode::kBadArgument);
  CHECK(mail(R"({"Ann@b.org": 1, "Ann@b.org": 1})") == DecisionCode::kDuplicateKey);
  CHECK(mail(R"({"Ann@b.org": 1, "Ann\u0040b.org": 1})") == DecisionCode::kDuplicateKey);
  CHECK(mail(R"({"ann@b.org": 1})") == DecisionCode::kConstraintFault);
  CHECK(mail(R"([["Ann@b.org", 1]])") == DecisionCode::kBadArgument);
  CHECK(mail(R"({"Ann@b.org": {"value": 1}})") == DecisionCode::kBadArgument);
  CHECK(mail(R"({"Ann@b.org": "1"})") == DecisionCode::kBadArgument);
  CHECK(mail(R"({"Ann@b.org": null})") == DecisionCode::kBadArgument);
  const auto held = [&](const std::string& quotas) {
    return world.Code(grant, R"({"tool":"held","arguments":{"quotas":)" + quotas +
                                 R"(,"n":7}})");
  };
  CHECK(held(R"({"7": 7, "-7": 1, "0": 0})") == DecisionCode::kPermit);
  for (const char* key : {"07", "+7", " 7", "7 ", "7.0", "7e0", "0x7", "-0", "", "seven",
                          "99999999999999999999"}) {
    CAPTURE(key);
    CHECK(held(std::string(R"({")") + key + R"(": 7})") == DecisionCode::kBadArgument);
  }
}

TEST_CASE("attack: keys at the bound and over it, each of them found") {
  World world(kMaps);
  const GrantId grant = world.Mint(Bound());
  const auto amounts = [](int count, const std::string& last) {
    std::string text = "{";
    for (int i = 0; i + 1 < count; ++i) text += "\"k" + std::to_string(i * 7919 % count) + "\":9,";
    return text + "\"" + last + "\":5}";
  };
  CHECK(world.Code(grant, PayJson(amounts(4096, "ann"), "ann")) == DecisionCode::kPermit);
  CHECK(world.Code(grant, PayJson(amounts(4097, "ann"), "ann")) == DecisionCode::kOversize);
  CHECK(world.Code(grant, PayJson(amounts(4096, "zoe"), "zoe")) ==
        DecisionCode::kConstraintFault);
  CHECK(world.Code(grant, PayJson("{}", "ann")) == DecisionCode::kConstraintFault);
  CHECK(world.Code(grant, PayJson(R"({"risky":1,"ann":5})", "ann")) ==
        DecisionCode::kStepUp);
  const std::string nested(200'000, '{');
  CHECK(world.Code(grant, PayJson(nested, "ann")) != DecisionCode::kPermit);
}

TEST_CASE("attack: one call in two orders is one call, and approved as one") {
  World world(kMaps);
  const Frame one = world.Call(PayJson(R"({"ann":5,"bob":7,"__proto__":1})", "ann"));
  const Frame other = world.Call(PayJson(R"({"__proto__":1,"bob":7,"ann":5})", "ann"));
  const Frame more = world.Call(PayJson(R"({"__proto__":1,"bob":8,"ann":5})", "ann"));
  REQUIRE(one.header() != nullptr);
  REQUIRE(other.header() != nullptr);
  CHECK(one.digest() == other.digest());
  CHECK(one.digest() != more.digest());
  // "amounts" → {"ann": 5, …}: keys by the bytes of their encoding, the shorter ones first.
  const std::string bytes(one.canonical_arguments());
  CHECK(bytes.find("\xA3\x63" "ann\x05\x63" "bob\x07\x69__proto__\x01") != std::string::npos);
}

TEST_CASE("attack: rows that a host makes itself are checked as those of a request") {
  const auto program = MustCompile(kMaps);
  const auto pay = [&](Value amounts) {
    FrameBuilder call(*program, *FindTool(*program, "pay"), "agent-7", kNowUs);
    call.SetArgument("amounts", std::move(amounts));
    call.SetArgument("who", Value{std::string("ann")});
    return std::move(call).Seal();
  };
  const auto row = [](Value::Record fields) { return Value{Value::List{{std::move(fields)}}}; };
  const Value ann{std::string("ann")};
  const Frame good = pay(MapOf({{{std::string("bob")}, {int64_t{1}}}, {ann, {int64_t{5}}}}));
  REQUIRE(good.header() != nullptr);
  World world(program);
  CHECK(good.digest() == world.Call(PayJson(R"({"ann":5,"bob":1})", "ann")).digest());
  CHECK(pay(row({{"value", {int64_t{5}}}, {"key", ann}})).header() != nullptr);
  CHECK(pay(MapOf({{ann, {int64_t{5}}}, {ann, {int64_t{5}}}})).header() == nullptr);
  CHECK(pay(MapOf({{ann, Value{}}})).header() == nullptr);
  CHECK(pay(MapOf({{Value{}, {int64_t{5}}}})).header() == nullptr);
  CHECK(pay(MapOf({{{int64_t{1}}, {int64_t{5}}}})).header() == nullptr);
  CHECK(pay(row({{"key", ann}})).header() == nullptr);
  CHECK(pay(row({{"key", ann}, {"value", {int64_t{5}}}, {"more", ann}})).header() == nullptr);
  CHECK(pay(row({{"key", ann}, {"key", ann}, {"value", {int64_t{5}}}})).header() == nullptr);
  CHECK(pay(Value{Value::List{ann}}).header() == nullptr);
  CHECK(pay(Value{Value::Record{{"ann", {int64_t{5}}}}}).header() == nullptr);
}

TEST_CASE("attack: a bound map with a key twice is not minted") {
  World world(kMaps);
  std::vector<Field> bound = Bound();
  const Value list{Value::List{{std::string("x")}}};
  bound[1].value = MapOf({{{std::string("a@B.org")}, list}, {{std::string("a@b.org")}, list}});
  CHECK_FALSE(world.engine().Mint(world.Spec(bound), kNowUs).has_value());
}

/// Maps of every size to one that is halved several times, asked for each key and those beside it.
TEST_CASE("a key is found where one of the rows has it, and nowhere else") {
  Arena arena;
  for (uint32_t count = 0; count < 150; ++count) {
    std::vector<Slot> words;
    std::vector<Slot> texts;
    std::vector<std::string> names;
    for (uint32_t i = 0; i < count; ++i) names.push_back("k" + std::to_string(i * 2));
    std::ranges::sort(names);
    for (uint32_t i = 0; i < count; ++i) {
      const int64_t key = i == 0 ? std::numeric_limits<int64_t>::min()
                                 : (int64_t{i} - 70) * 2;
      words.insert(words.end(), {{7, 0}, {static_cast<uint64_t>(key), 0}, {i, 0}});
      texts.insert(texts.end(), {{7, 0}, arena.CopyString(names[i]), {i, 0}});
    }
    const Slot word_map{reinterpret_cast<uintptr_t>(words.data()), PackPair(count, 3)};
    const Slot text_map{reinterpret_cast<uintptr_t>(texts.data()), PackPair(count, 3)};
    const CallOuts& calls = StandardCallOuts();
    uint32_t found = 0;
    for (int64_t key = -145; key < 170; ++key) {
      const uint64_t row = calls.map_word(static_cast<uint64_t>(key), &word_map);
      const int64_t last = (int64_t{count} - 71) * 2;
      const bool there = count > 1 && key % 2 == 0 && key >= -138 && key <= last;
      CHECK((row != 0) == there);
      if (row != 0) found += reinterpret_cast<const Slot*>(row)[1].lo == static_cast<uint64_t>(key);
    }
    CHECK(found == (count == 0 ? 0 : count - 1));
    const auto lowest = static_cast<uint64_t>(std::numeric_limits<int64_t>::min());
    CHECK((calls.map_word(lowest, &word_map) != 0) == (count > 0));
    for (uint32_t i = 0; i < 300; ++i) {
      const Slot key = arena.CopyString("k" + std::to_string(i));
      const uint64_t row = calls.map_str(&key, &text_map);
      CHECK((row != 0) == (i % 2 == 0 && i / 2 < count));
      if (row != 0) CHECK(StringOf(reinterpret_cast<const Slot*>(row)[1]) == StringOf(key));
    }
  }
}

}  // namespace
}  // namespace cap::test
