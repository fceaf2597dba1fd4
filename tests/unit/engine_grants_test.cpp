// What a mint makes, what a swap keeps, and what the two views of a decision show.
#include <limits>

#include "tests/unit/engine_world.h"

namespace cap::test {
namespace {

constexpr const char* kFiles = R"(
module files
purpose work "work"
context bound { user: string, teams: set<string>, limit: int }
action read { owner: string, name: string, size: int
  resource "file://{owner}/{name}" }
policy p {
  purpose work
  expires after 2h
  capability own: read on "file://{{user}}/*" { require size <= limit }
  capability team: read on "file://{{teams}}/*" { require size < 10 }
  forbid read on "file://{{teams}}/secret"
  forbid read when owner == user and size == 13
}
)";

std::vector<Field> Bound(std::string user, std::vector<std::string> teams, int64_t limit = 100) {
  Value::List list;
  for (std::string& team : teams) list.push_back({std::move(team)});
  return {{"user", {std::move(user)}}, {"teams", {std::move(list)}}, {"limit", {limit}}};
}

std::string Read(const std::string& owner, int size, const std::string& name = "x") {
  return R"({"tool":"read","arguments":{"owner":")" + owner + R"(","name":")" + name +
         R"(","size":)" + std::to_string(size) + "}}";
}

struct Files : World {
  explicit Files(const std::string& text = kFiles) : World(text) {}
  GrantSpec SpecOf(std::vector<Field> bound) const {
    GrantSpec spec = Spec(std::move(bound));
    spec.purpose = "work";
    return spec;
  }
  GrantId MintOf(std::vector<Field> bound) {
    const auto grant = engine().Mint(SpecOf(std::move(bound)), kNowUs);
    REQUIRE(grant.has_value());
    return *grant;
  }
  std::string MintError(const GrantSpec& spec, int64_t now_us = kNowUs) {
    const auto grant = engine().Mint(spec, now_us);
    return grant ? "" : grant.error().code;
  }
};

TEST_CASE("templates are resolved for each grant; a set means alternatives") {
  Files files;
  const GrantId anna = files.MintOf(Bound("anna", {"red", "blue"}));
  const GrantId bert = files.MintOf(Bound("bert", {}, 5));
  CHECK(files.Decide(anna, Read("anna", 50)).permitted());
  CHECK(files.Decide(anna, Read("red", 5)).permitted());
  CHECK(files.Decide(anna, Read("blue", 5)).permitted());
  CHECK(files.Code(anna, Read("green", 5)) == DecisionCode::kNoCapability);
  CHECK(files.Code(anna, Read("bert", 5)) == DecisionCode::kNoCapability);
  CHECK(files.Code(bert, Read("red", 5)) == DecisionCode::kNoCapability);
  CHECK(files.Decide(bert, Read("bert", 5)).permitted());
  CHECK(files.Code(bert, Read("bert", 6)) == DecisionCode::kConstraintFailed);
}

TEST_CASE("a forbid with bound values binds its own grant") {
  Files files;
  const GrantId anna = files.MintOf(Bound("anna", {"red", "blue"}));
  const GrantId bert = files.MintOf(Bound("bert", {"green"}));
  CHECK(files.Code(anna, Read("blue", 5, "secret")) == DecisionCode::kForbidden);
  CHECK(files.Decide(anna, Read("blue", 5, "open")).permitted());
  CHECK(files.Code(anna, Read("green", 5, "secret")) == DecisionCode::kNoCapability);
  CHECK(files.Code(bert, Read("green", 5, "secret")) == DecisionCode::kForbidden);
  CHECK(files.Code(anna, Read("anna", 13)) == DecisionCode::kForbidden);
  CHECK(files.Decide(bert, Read("bert", 13)).permitted() == false);
}

TEST_CASE("literals longer than a record are found like short ones") {
  Files files;
  const std::string longer(200, 'u');
  const GrantId grant = files.MintOf(Bound(longer, {longer + "t"}));
  CHECK(files.Decide(grant, Read(longer, 5)).permitted());
  CHECK(files.Decide(grant, Read(longer + "t", 5)).permitted());
  CHECK(files.Code(grant, Read(longer + "x", 5)) == DecisionCode::kNoCapability);
  CHECK(files.engine().Revoke(grant));
}

TEST_CASE("a mint refuses what it cannot stand behind") {
  Files files;
  const auto error = [&](auto change) {
    GrantSpec spec = files.SpecOf(Bound("anna", {"red"}));
    change(spec);
    return files.MintError(spec);
  };
  CHECK(error([](GrantSpec&) {}) == "");
  CHECK(error([](GrantSpec& s) { s.policy = "q"; }) == "unknown-policy");
  CHECK(error([](GrantSpec& s) { s.purpose = "play"; }) == "unknown-purpose");
  CHECK(error([](GrantSpec& s) { s.subject = ""; }) == "bad-subject");
  CHECK(error([](GrantSpec& s) { s.subject = std::string(257, 'x'); }) == "bad-subject");
  CHECK(error([](GrantSpec& s) { s.bound.pop_back(); }) == "missing-bound");
  CHECK(error([](GrantSpec& s) { s.bound.push_back({"more", {true}}); }) == "unknown-bound");
  CHECK(error([](GrantSpec& s) { s.bound.push_back(s.bound[0]); }) == "unknown-bound");
  CHECK(error([](GrantSpec& s) { s.bound[2].value = {std::string("9")}; }) == "bad-bound");
  CHECK(error([](GrantSpec& s) { s.ttl_us = -1; }) == "bad-ttl");
  CHECK(error([](GrantSpec& s) { s.ttl_us = 2 * kHourUs + 1; }) == "bad-ttl");
  CHECK(error([](GrantSpec& s) { s.ttl_us = 0; }) == "bad-ttl");
  CHECK(error([](GrantSpec& s) { s.ttl_us.reset(); }) == "");
  CHECK(files.MintError(files.SpecOf(Bound("anna", {})),
                        std::numeric_limits<int64_t>::max()) == "bad-ttl");
}

TEST_CASE("a bound value never becomes more than one literal segment") {
  Files files;
  for (const char* bad : {"", "*", "**", "a/b", "..", ".", "%2e%2e", "a%2Fb", "a\nb", "\\"}) {
    CAPTURE(bad);
    CHECK(files.MintError(files.SpecOf(Bound(bad, {}))) == "bad-bound");
    CHECK(files.MintError(files.SpecOf(Bound("anna", {"red", bad}))) == "bad-bound");
  }
  CHECK(files.engine().stats().records == 0);
  CHECK(files.engine().stats().grants == 0);
}

TEST_CASE("what a grant holds is given back when it is revoked") {
  Files files;
  files.MintOf(Bound("anna", {"red"}));
  const EngineStats before = files.engine().stats();
  for (int i = 0; i < 2000; ++i) {
    const GrantId grant = files.MintOf(Bound("user" + std::to_string(i), {"a", "b", "c"}, i));
    CHECK(files.engine().Revoke(grant));
  }
  const EngineStats after = files.engine().stats();
  CHECK(after.grants == before.grants);
  CHECK(after.records == before.records);
  CHECK(after.record_bytes == before.record_bytes);
  CHECK(after.index_bytes <= before.index_bytes * 2);
  // Of 2,000 some 500 wait for their readers still; all of them would be 150,000 bytes.
  CHECK(after.grant_bytes < before.grant_bytes + 60'000);
}

TEST_CASE("many grants are all found, and only their own") {
  Files files;
  std::vector<GrantId> grants;
  for (int i = 0; i < 3000; ++i) {
    grants.push_back(files.MintOf(Bound("u" + std::to_string(i), {"t" + std::to_string(i)})));
  }
  for (int i = 0; i < 3000; ++i) {
    const std::string own = "u" + std::to_string(i);
    REQUIRE(files.Decide(grants[static_cast<size_t>(i)], Read(own, 50)).permitted());
    REQUIRE(files.Code(grants[static_cast<size_t>((i + 1) % 3000)], Read(own, 50)) ==
            DecisionCode::kNoCapability);
  }
}

TEST_CASE("many capabilities with one key are all asked") {
  std::string text = "module m\naction pay { amount: int }\npolicy p {\n";
  for (int i = 0; i < 300; ++i) {
    text += "capability c" + std::to_string(1000 + i) + ": pay { require amount == " +
            std::to_string(i) + " }\n";
  }
  World world(text + "}");
  const GrantId grant = world.Mint();
  for (int i = 0; i < 300; ++i) {
    const Decision decision =
        world.Decide(grant, R"({"tool":"pay","arguments":{"amount":)" + std::to_string(i) + "}}");
    REQUIRE(world.Capability(decision) == "c" + std::to_string(1000 + i));
    REQUIRE(decision.permitted());
  }
}

TEST_CASE("a swap keeps a grant whose policy wants the same bound context") {
  Files files;
  const GrantId grant = files.MintOf(Bound("anna", {"red"}));
  REQUIRE(files.Decide(grant, Read("anna", 50)).permitted());

  std::string stricter = kFiles;
  stricter.replace(stricter.find("size <= limit"), 13, "size <= limit and size <= 20");
  const auto loaded = files.engine().Load(MustCompile(stricter));
  REQUIRE(loaded.has_value());
  CHECK(loaded->program == 2);
  CHECK(loaded->kept == 1);
  CHECK(loaded->orphaned == 0);
  CHECK(files.Code(grant, Read("anna", 50)) == DecisionCode::kConstraintFailed);
  CHECK(files.Decide(grant, Read("anna", 20)).permitted());
  CHECK(files.Decide(grant, Read("red", 5)).permitted());
}

TEST_CASE("a swap ends a grant whose policy is gone or wants another context, for good") {
  const std::pair<std::string, std::string> changes[] = {
      {"user: string", "user: string max 9"},
      {"policy p {", "policy q {"},
      {"policy p {\n  purpose work", "purpose play \"play\"\npolicy p {\n  purpose play"}};
  for (const auto& [from, to] : changes) {
    CAPTURE(to);
    Files files;
    const GrantId grant = files.MintOf(Bound("anna", {"red"}));
    std::string changed = kFiles;
    changed.replace(changed.find(from), from.size(), to);
    const auto loaded = files.engine().Load(MustCompile(changed));
    REQUIRE(loaded.has_value());
    CHECK(loaded->orphaned == 1);
    CHECK(files.Code(grant, Read("anna", 50)) == DecisionCode::kGrantOrphaned);
    REQUIRE(files.engine().Load(MustCompile(kFiles)).has_value());
    CHECK(files.Code(grant, Read("anna", 50)) == DecisionCode::kGrantOrphaned);
  }
}

TEST_CASE("native code must have every function") {
  const auto program = MustCompile(kFiles);
  auto engine = std::move(*Engine::Create());
  const std::vector<ShapeCode> none(program->shapes.size());
  CHECK(engine->Load(program, {none, nullptr}).error().code == "bad-native-code");
  CHECK(engine->Load(nullptr).error().code == "bad-program");
  CHECK(engine->program() == nullptr);
}

// --- views ---

constexpr const char* kRefunds = R"(
module refunds
record Order { owner: string, total: money in "USD", tags: set<string> }
constraint atMost(limit: money) of amount: money {
  require amount <= limit
  deny "amount {{amount}} is over the limit of {{limit}}"
}
action refund { order_id: string, amount: money in "USD", columns: set<string>
  fact order: Order for order_id by shop
  resource "order://{order_id}" }
policy p {
  capability refund on "order://*" {
    atMost(500.00 USD)
    require amount <= order.total
    require columns subset ["name", "email"]
    require all(t in order.tags: t != "blocked")
  }
}
)";

std::string RefundWith(const std::string& amount, const std::string& columns = R"("name")",
                   const std::string& tags = R"("new")", const std::string& fact = "order") {
  return R"({"tool":"refund","arguments":{"order_id":"O-1","amount":)" + amount +
         R"(,"columns":[)" + columns + R"(]},"facts":[{"name":")" + fact +
         R"(","key":"O-1","as_of":"2026-03-02T10:00:00Z","by":"shop",)"
         R"("value":{"owner":"C1","total":321.00,"tags":[)" +
         tags + "]}}]}";
}

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a denial shows its deny text, place, observed value and limit") {
  World world(kRefunds);
  const GrantId grant = world.Mint();
  const DecisionReport report = world.Report(grant, RefundWith("750.00"));
  CHECK(report.complete);
  CHECK(report.clause == "atMost");
  CHECK(report.text == "amount 750.00 USD is over the limit of 500.00 USD");
  CHECK(report.observed == "750.00 USD");
  CHECK(report.limit == "500.00 USD");
  CHECK(report.place.file == "test.cap");
  CHECK(report.place.line == 13);
  CHECK(report.subject == "agent-7");
  REQUIRE(report.candidates.size() == 1);
  CHECK(report.candidates[0].stage == "clauses");
  CHECK(report.candidates[0].clauses[0].outcome == ClauseOutcome::kFalse);
  CHECK(Has(ToText(report), "test.cap:13:5"));
  CHECK(Has(ToJson(report), R"("code":"constraint_failed")"));
}

TEST_CASE("of sets the offending members are shown, of quantifiers the element") {
  World world(kRefunds);
  const GrantId grant = world.Mint();
  CHECK(world.Report(grant, RefundWith("5.00", R"("name","ssn","iban")")).observed ==
        R"(["iban", "ssn"])");
  CHECK(Has(world.Report(grant, RefundWith("5.00", R"("name")", R"("a","blocked")")).observed,
            R"("blocked")"));
}

TEST_CASE("the agent sees arguments and constants, never a fact that no deny text names") {
  World world(kRefunds);
  const GrantId grant = world.Mint();
  const AgentDecisionReport over = world.AgentReport(grant, RefundWith("750.00"));
  CHECK(over.observed == "750.00 USD");
  CHECK(over.limit == "500.00 USD");
  CHECK(Has(over.message, "over the limit"));

  const AgentDecisionReport fact = world.AgentReport(grant, RefundWith("400.00"));
  CHECK(fact.code == DecisionCode::kConstraintFailed);
  CHECK(fact.limit.empty());
  CHECK_FALSE(Has(ToJson(fact), "321.00"));
  CHECK_FALSE(Has(ToText(fact), "321.00"));
  CHECK(world.Report(grant, RefundWith("400.00")).limit == "321.00 USD");

  const AgentDecisionReport tags = world.AgentReport(grant, RefundWith("5.00", R"("name")",
                                                                   R"("blocked")"));
  CHECK_FALSE(Has(ToJson(tags), "blocked"));
}

TEST_CASE("a report of a call whose grant or program is gone says so and does not guess") {
  World world(kRefunds);
  const GrantId grant = world.Mint();
  const Frame frame = world.Call(RefundWith("750.00"));
  const Decision decision = world.reader().Authorize(grant, frame);
  world.engine().Revoke(grant);
  DecisionReport report = world.reader().Report(decision, grant, frame);
  CHECK_FALSE(report.complete);
  CHECK(report.code == DecisionCode::kConstraintFailed);
  CHECK(report.place.line == 13);
  REQUIRE(world.engine().Load(MustCompile("module m\naction a { }")).has_value());
  report = world.reader().Report(decision, grant, frame);
  CHECK_FALSE(report.complete);
  CHECK(report.place.line == 13);
  CHECK(report.capability.empty());
}

TEST_CASE("strings of a request are quoted and cut in both views") {
  World world("module m\naction say { text: string }\n"
              "policy p { capability say { require text == \"yes\" } }");
  const GrantId grant = world.Mint();
  const std::string json =
      R"({"tool":"say","arguments":{"text":"\u001b[31m\n)" + std::string(500, 'x') + R"("}})";
  const std::string text = ToText(world.Report(grant, json));
  CHECK_FALSE(Has(text, "\x1b"));
  CHECK_FALSE(Has(text, std::string(100, 'x')));
  CHECK_FALSE(Has(ToText(world.AgentReport(grant, json)), std::string(100, 'x')));
}

}  // namespace
}  // namespace cap::test
