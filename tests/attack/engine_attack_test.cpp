// Attacks on the engine: what an agent learns from denials, what a mint is made to accept, what a
// terminal is made to obey, and how long a decision can be made to take.
#include <chrono>

#include "runtime/program/verify.h"
#include "runtime/value/quote.h"
#include "tests/unit/engine_world.h"

namespace cap::test {
namespace {

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string Shown(const AgentDecisionReport& report) { return ToText(report) + ToJson(report); }

TEST_CASE("the agent never sees a bound value that no deny text names") {
  World world(R"(
module m
context bound { secret: string, most: int }
constraint told(want: string) of id: string { require id == want  deny "ask for {{want}}" }
action use { id: string, n: int }
action drop { id: string }
policy p {
  capability use { require id == secret  require n <= most }
  capability drop { told(secret) }
  forbid drop when id == secret or id == "b"
}
)");
  const GrantId grant =
      world.Mint({{"secret", {std::string("TOPSECRET")}}, {"most", {int64_t{47110815}}}});
  const std::string use = R"({"tool":"use","arguments":{"id":"guess","n":50000000}})";
  CHECK(world.Report(grant, use).limit == "\"TOPSECRET\"");
  const AgentDecisionReport report = world.AgentReport(grant, use);
  CHECK(report.code == DecisionCode::kConstraintFailed);
  CHECK(report.limit.empty());
  CHECK(report.observed == "\"guess\"");
  CHECK_FALSE(Has(Shown(report), "TOPSECRET"));
  const std::string right = R"({"tool":"use","arguments":{"id":"TOPSECRET","n":50000000}})";
  CHECK_FALSE(Has(Shown(world.AgentReport(grant, right)), "47110815"));

  const std::string forbidden = R"({"tool":"drop","arguments":{"id":"b"}})";
  CHECK(world.Code(grant, forbidden) == DecisionCode::kForbidden);
  CHECK_FALSE(Has(Shown(world.AgentReport(grant, forbidden)), "TOPSECRET"));
  // The author of a deny text chose what it shows.
  const std::string named = R"({"tool":"drop","arguments":{"id":"x"}})";
  CHECK(Has(world.AgentReport(grant, named).message, "TOPSECRET"));
}

TEST_CASE("a limit inside of a quantifier is hidden from the agent as any other") {
  World world(R"(
module m
context bound { secret: string }
record Leg { a: int, b: int }
action use { ids: list<string>, legs: list<Leg> = [] }
policy p {
  capability use { require all(i in ids: i != "plain") }
  forbid use when any(i in ids: i == secret)
  forbid use when any(l in legs: l.a > l.b)
}
)");
  const GrantId grant = world.Mint({{"secret", {std::string("TOPSECRET")}}});
  const std::string bound = R"({"tool":"use","arguments":{"ids":["x","TOPSECRET"]}})";
  CHECK(world.Report(grant, bound).limit == "\"TOPSECRET\"");
  CHECK_FALSE(Has(Shown(world.AgentReport(grant, bound)), "TOPSECRET"));
  const std::string constant = R"({"tool":"use","arguments":{"ids":["x","plain"]}})";
  CHECK(world.AgentReport(grant, constant).limit == "\"plain\"");
  const std::string field =
      R"({"tool":"use","arguments":{"ids":[],"legs":[{"a":1,"b":2},{"a":9,"b":7}]}})";
  CHECK(world.AgentReport(grant, field).observed == "element 1: 9");
  CHECK(world.AgentReport(grant, field).limit == "7");
}

constexpr const char* kMembers = R"(
module m
record Order { owner: string, tags: set<string> }
action mail { id: string, to: list<string>, tags: set<string>
  fact order: Order for id by shop }
policy p {
  capability mail {
    require all(r in to: r != order.owner)
    require tags subset order.tags
    require tags disjoint ["never", "ever"]
  }
}
)";

std::string Members(const std::string& to, const std::string& tags) {
  return R"({"tool":"mail","arguments":{"id":"O","to":[)" + to + R"(],"tags":[)" + tags +
         R"(]},"facts":[{"name":"order","key":"O","as_of":"2026-03-02T10:00:00Z","by":"shop",)"
         R"("value":{"owner":"C7","tags":["new","never"]}}]})";
}

TEST_CASE("which element offends a fact is the operator's to see, not the agent's") {
  World world(kMembers);
  const GrantId grant = world.Mint();
  const std::string owner = Members(R"("C1","C7","C9")", R"("new")");
  CHECK(world.Report(grant, owner).observed == "\"C7\"");
  CHECK_FALSE(Has(Shown(world.AgentReport(grant, owner)), "C7"));

  const std::string subset = Members(R"("C1")", R"("new","gold")");
  CHECK(world.Report(grant, subset).observed == "[\"gold\"]");
  CHECK_FALSE(Has(Shown(world.AgentReport(grant, subset)), "gold"));

  // Held against the policy's own words, the offending members help and tell nothing.
  const std::string disjoint = Members(R"("C1")", R"("new","never")");
  CHECK(world.AgentReport(grant, disjoint).observed == "[\"never\"]");
}

constexpr const char* kBlocked = R"(
module m
context bound { blocked: string, boss: string }
action mail { to: list<email> resource each r in to "email://{r.domain}/{r}" }
policy p {
  capability mail on "email://*/*"
  forbid mail on "email://{{blocked}}/*"
  forbid mail on "email://*/{{boss}}"
}
)";

TEST_CASE("a bound domain or email forbids in every spelling, or is refused at the mint") {
  World world(kBlocked);
  const auto bound = [](const char* blocked, const char* boss) {
    return std::vector<Field>{{"blocked", {std::string(blocked)}}, {"boss", {std::string(boss)}}};
  };
  const GrantId grant = world.Mint(bound("Evil.com", "Boss@Company.COM"));
  const auto mail = [&](const std::string& to) {
    return world.Code(grant, R"({"tool":"mail","arguments":{"to":[")" + to + R"("]}})");
  };
  CHECK(mail("a@evil.com") == DecisionCode::kForbidden);
  CHECK(mail("a@EVIL.com") == DecisionCode::kForbidden);
  CHECK(mail("Boss@company.com") == DecisionCode::kForbidden);
  CHECK(mail("a@good.com") == DecisionCode::kPermit);
  for (const char* bad :
       {"evil", "evil.com.", " evil.com", "x@evil.com", "ev\xC4\xB1l.com", "-a.com"}) {
    CAPTURE(bad);
    const auto refused = world.engine().Mint(world.Spec(bound(bad, "a@b.com")), kNowUs);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "bad-bound");
  }
  const auto refused = world.engine().Mint(world.Spec(bound("evil.com", "boss")), kNowUs);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == "bad-bound");
}

TEST_CASE("a grant for no time at all is refused, not made as long as can be") {
  World world("module m\naction a { }\npolicy p { expires after 8h capability a }");
  const Program& program = world.program();
  const auto mint = [&](const char* json) {
    const auto context = ParseGrantContext(program, json);
    if (!context) return context.error().code;
    GrantSpec spec = world.Spec();
    spec.ttl_us = context->ttl_us;
    const auto grant = world.engine().Mint(spec, kNowUs);
    return grant ? std::string() : grant.error().code;
  };
  CHECK(mint(R"({"policy":"p","subject":"s"})").empty());
  CHECK(mint(R"({"policy":"p","subject":"s","ttl":"1s"})").empty());
  CHECK_FALSE(mint(R"({"policy":"p","subject":"s","ttl":"0s"})").empty());
  CHECK_FALSE(mint(R"({"policy":"p","subject":"s","ttl":""})").empty());
  GrantSpec none = world.Spec();
  none.ttl_us = 0;
  CHECK(world.engine().Mint(none, kNowUs).error().code == "bad-ttl");
}

TEST_CASE("nothing that a grant or a policy says steers the terminal") {
  World world("module m\naction a { n: int }\nconstraint over(least: int) of n: int {\n"
              "  require n > least\n  deny \"no\\u{1b}[2J\\n{{n}}\\u{202e}\" }\n"
              "policy p { capability a { over(5) } }");
  GrantSpec spec = world.Spec();
  spec.subject = "agent\x1b[31m\n  verdict permit";
  const auto grant = world.engine().Mint(spec, kNowUs);
  REQUIRE(grant.has_value());
  const Frame frame = world.Call(R"({"tool":"a","arguments":{"n":1}})");
  const Decision decision = world.reader().Authorize(*grant, frame);
  const std::string operators = ToText(world.reader().Report(decision, *grant, frame));
  const std::string agents = ToText(world.reader().AgentReport(decision, *grant, frame));
  for (const std::string& text : {operators, agents}) {
    CAPTURE(text);
    CHECK_FALSE(Has(text, "\x1b"));
    CHECK_FALSE(Has(text, "\xE2\x80\xAE"));
    CHECK(Has(text, "no\\u{1b}[2J\\n1"));
  }
  CHECK(Has(operators, "agent\\u{1b}[31m\\n  verdict permit"));
  CHECK(OneLine("a \"b\" \\ c\x9b\xC2\x9b") == "a \"b\" \\ c\\x9b\\u{9b}");
}

TEST_CASE("a Program whose names hold control characters is none") {
  const auto program = MustCompile(
      "module m\napprover boss\naction a { n: int }\n"
      "policy p { capability a { require n > 5 } }");
  const auto refused = [&](auto change) {
    Program changed = *program;
    change(changed);
    return !Verify(changed).has_value();
  };
  CHECK_FALSE(refused([](Program&) {}));
  CHECK(refused([](Program& p) { p.capabilities[0].name = "a\x1b[2J"; }));
  CHECK(refused([](Program& p) { p.capabilities[0].clauses[0].name = "a\nb"; }));
  CHECK(refused([](Program& p) { p.policies[0].name = "p\x7f"; }));
  CHECK(refused([](Program& p) { p.actions[0].name = "a\xC2\x9b"; }));
  CHECK(refused([](Program& p) { p.approvers[0] = "boss\r"; }));
}

std::string Recipients(int count) {
  std::string json = R"({"tool":"mail","arguments":{"to":[)";
  for (int i = 0; i < count; ++i) {
    json += (i == 0 ? "\"r" : ",\"r") + std::to_string(i) + "@company.com\"";
  }
  return json + "]}}";
}

TEST_CASE("many capabilities and many resources do not multiply twice") {
  std::string text = "module m\naction mail { to: list<email> max 4096\n"
                     "  resource each r in to \"email://{r.domain}/{r}\" }\npolicy p {\n";
  for (int i = 0; i < 1500; ++i) {
    text += "capability c" + std::to_string(1000 + i) + ": mail on \"email://*/*\" "
            "{ require size(to) < " + std::to_string(i) + " }\n";
  }
  World world(text + "}");
  const GrantId grant = world.Mint();
  const Frame frame = world.Call(Recipients(4096));
  const auto begin = std::chrono::steady_clock::now();
  const Decision decision = world.reader().Authorize(grant, frame);
  CHECK(decision.code == DecisionCode::kConstraintFailed);
  CHECK(world.reader().Report(decision, grant, frame).candidates.size() == 1500);
  // Takes well under a second without optimisation; what it replaced, minutes.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(15));
  CHECK(world.Capability(world.Decide(grant, Recipients(600))) == "c1601");
}

TEST_CASE("of more than a thousand capabilities the one that covers every resource is found") {
  std::string text = "module m\naction mail { to: list<email>\n"
                     "  resource each r in to \"email://{r.domain}/{r}\" }\npolicy p {\n";
  for (int i = 0; i < 1100; ++i) {
    const std::string n = std::to_string(1000 + i);
    text += "capability c" + n + ": mail on \"email://company.com/r" + n + "@company.com\", " +
            "\"email://company.com/boss@company.com\"\n";
  }
  World world(text + "}");
  const GrantId grant = world.Mint();
  const auto mail = [&](const std::string& to) {
    return world.Decide(grant, R"({"tool":"mail","arguments":{"to":[)" + to + "]}}");
  };
  const Decision both = mail(R"("boss@company.com","r2099@company.com")");
  CHECK(both.permitted());
  CHECK(world.Capability(both) == "c2099");
  const Decision two =
      mail(R"("boss@company.com","r2050@company.com","r1007@company.com")");
  CHECK(two.code == DecisionCode::kNoCapability);
  CHECK(world.Capability(two) == "c2050");
  CHECK(two.resource == 2);
}

}  // namespace
}  // namespace cap::test
