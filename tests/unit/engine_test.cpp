// What the engine decides: every decision code, forbids, kindness, many resources, grants, swaps.
#include "tests/unit/engine_world.h"

#include <algorithm>

namespace cap::test {
namespace {

constexpr const char* kShop = R"(
module shop
import std.approval
approver manager, user
context bound { customer: string }
context live { environment: string }
enum Status { "open", "delivered" }
record Order { owner: string, status: Status, total: money in "USD" }

action refund { order_id: string, amount: money in "USD", note: string max 20 = ""
  fact order: Order for order_id by shop within 30s
  resource "order://customer:{order.owner}/{order_id}" }
action mail { to: list<email>, body: string
  resource each r in to "email://{r.domain}/{r}" }
action ping { }

policy support {
  expires after 8h
  capability refund on "order://customer:{{customer}}/*" {
    require amount <= 500.00 USD
    require order.status == "delivered"
    requireApproval(by: manager) when amount > 100.00 USD
  }
  capability mail on "email://company.com/*" { require size(body) > 0 }
  capability ping
  forbid refund on "order://customer:{{customer}}/O-666"
  forbid mail when environment == "frozen"
  forbid ping unless approved by user when environment == "production"
}
policy other { capability ping }
)";

std::string Refund(const std::string& amount, const std::string& order = "O-1",
                   const std::string& owner = "C1", const std::string& more = "",
                   const std::string& status = "delivered") {
  return R"({"tool":"refund","arguments":{"order_id":")" + order + R"(","amount":)" + amount +
         R"(},"facts":[{"name":"order","key":")" + order +
         R"(","as_of":"2026-03-02T10:00:00Z","by":"shop","value":{"owner":")" + owner +
         R"(","status":")" + status + R"(","total":800.00}}])" + more + "}";
}
std::string Mail(const std::string& to, const std::string& environment = "test") {
  return R"({"tool":"mail","arguments":{"to":[)" + to +
         R"(],"body":"hi"},"live":{"environment":")" + environment + "\"}}";
}

const std::vector<Field> kBound = {{"customer", {std::string("C1")}}};

TEST_CASE("a permit names the capability and carries no clause") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  const Decision decision = world.Decide(grant, Refund("50.00"));
  CHECK(decision.permitted());
  CHECK(decision.code == DecisionCode::kPermit);
  CHECK(world.Capability(decision) == "refund");
  CHECK((decision.fail | decision.fault | decision.skipped | decision.step_up) == 0);
  CHECK(decision.forbid == kNone);
}

TEST_CASE("two decisions of one call differ in their id alone") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  const Decision a = world.Decide(grant, Refund("900.00"));
  const Decision b = world.Decide(grant, Refund("900.00"));
  CHECK(SameDecision(a, b));
  CHECK(a.id != b.id);
  CHECK_FALSE(SameDecision(a, world.Decide(grant, Refund("50.00"))));
}

TEST_CASE("a malformed call denies before any policy is asked, each kind by its code") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  const auto code = [&](std::string_view json) { return world.Code(grant, json); };
  CHECK(code(R"({"tool":"nothing","arguments":{}})") == DecisionCode::kUnknownTool);
  CHECK(code(R"({"tool":"ping","arguments":{"x":1}})") == DecisionCode::kUndeclaredArgument);
  CHECK(code(R"({"tool":"mail","arguments":{"to":[]}})") == DecisionCode::kMissingArgument);
  CHECK(code(Refund("-1.00")) == DecisionCode::kBadArgument);
  CHECK(code(R"({"tool":"refund","arguments":{"order_id":"a","amount":1.00,)"
             R"("note":"123456789012345678901"}})") == DecisionCode::kOversize);
  CHECK(code(R"({"tool":"ping","tool":"ping","arguments":{}})") == DecisionCode::kDuplicateKey);
  CHECK(code(R"({"tool":"ping")") == DecisionCode::kBadJson);
  CHECK(code(Refund("5.00", "O-1", "C1", R"(,"resource":"order://customer:C2/O-1")")) ==
        DecisionCode::kResourceMismatch);
  CHECK(code(R"({"tool":"ping","arguments":{},"facts":[{"name":"f","key":"a",)"
             R"("as_of":"2026-03-02T10:00:00Z","value":1}]})") == DecisionCode::kUndeclaredFact);
  CHECK(code(R"({"tool":"ping","arguments":{},"live":{"moon":"full"}})") ==
        DecisionCode::kUndeclaredLive);
}

TEST_CASE("nothing is decided without a live grant") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  CHECK(world.Code({}, Refund("5.00")) == DecisionCode::kUnknownGrant);
  CHECK(world.Code({grant.index, grant.generation + 1}, Refund("5.00")) ==
        DecisionCode::kUnknownGrant);
  CHECK(world.Code({grant.index + 1000, 1}, Refund("5.00")) == DecisionCode::kUnknownGrant);
  CHECK(world.Code({0xFFFF'FFFF, 1}, Refund("5.00")) == DecisionCode::kUnknownGrant);

  CHECK(world.engine().Revoke(grant));
  CHECK_FALSE(world.engine().Revoke(grant));
  CHECK(world.Code(grant, Refund("5.00")) == DecisionCode::kGrantRevoked);
  const GrantId next = world.Mint(kBound);
  CHECK(world.Decide(next, Refund("5.00")).permitted());
  CHECK(world.Code(grant, Refund("5.00")) == DecisionCode::kGrantRevoked);
}

TEST_CASE("a grant expires at its time, also when it was swept") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  const std::string ping = R"({"tool":"ping","arguments":{},"live":{"environment":"test"}})";
  CHECK(world.Decide(grant, ping, kNowUs + kHourUs - 1).permitted());
  CHECK(world.Code(grant, ping, kNowUs + kHourUs) == DecisionCode::kGrantExpired);
  CHECK(world.engine().SweepExpired(kNowUs + kHourUs - 1) == 0);
  CHECK(world.engine().SweepExpired(kNowUs + kHourUs) == 1);
  CHECK(world.engine().stats().grants == 0);
  CHECK(world.Code(grant, ping, kNowUs) == DecisionCode::kGrantExpired);
}

TEST_CASE("an engine without a program denies, and mints nothing") {
  World world(kShop);
  auto empty = std::move(*Engine::Create());
  Reader reader = empty->NewReader();
  CHECK(reader.Authorize({0, 1}, world.Call(Refund("5.00"))).code == DecisionCode::kNotLoaded);
  CHECK(empty->Mint(world.Spec(kBound), kNowUs).error().code == "not-loaded");
}

TEST_CASE("a frame of another layout is refused, not misread") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  std::string changed = kShop;
  changed.replace(changed.find("note: string"), 4, "memo");
  World other(changed);
  const Frame frame = other.Call(Refund("5.00"));
  REQUIRE(frame.header() != nullptr);
  CHECK(world.reader().Authorize(grant, frame).code == DecisionCode::kLayoutMismatch);
}

TEST_CASE("approvals of another subject are no approvals") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  const Frame bare = world.Call(Refund("200.00"), kNowUs, "somebody-else");
  std::string digest;
  for (const uint8_t byte : bare.digest()) {
    constexpr char kDigits[] = "0123456789abcdef";
    digest.append({kDigits[byte >> 4], kDigits[byte & 15]});
  }
  const Frame frame = world.Call(
      Refund("200.00", "O-1", "C1",
             R"(,"approvals":[{"approver":"manager","digest":")" + digest + "\"}]"),
      kNowUs, "somebody-else");
  REQUIRE(frame.header()->approvals != 0);
  CHECK(world.reader().Authorize(grant, frame).code == DecisionCode::kSubjectMismatch);
}

TEST_CASE("a resource that no pattern covers is denied before any clause") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  CHECK(world.Code(grant, Refund("5.00", "O-1", "C2")) == DecisionCode::kNoCapability);
  GrantSpec spec = world.Spec();
  spec.policy = "other";
  const GrantId other = *world.engine().Mint(spec, kNowUs);
  CHECK(world.Code(other, Refund("5.00")) == DecisionCode::kNoCapability);
}

TEST_CASE("clauses deny by their value, their fault, or ask for a step-up") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  const Decision over = world.Decide(grant, Refund("500.01"));
  CHECK(over.code == DecisionCode::kConstraintFailed);
  CHECK(over.clause == 0);
  CHECK((over.fail & 1) == 1);
  CHECK(over.span.line == 20);
  const Decision early = world.Decide(grant, Refund("5.00", "O-1", "C1", "", "open"));
  CHECK(early.code == DecisionCode::kConstraintFailed);
  CHECK(early.clause == 1);

  const Decision step = world.Decide(grant, Refund("100.01"));
  CHECK(step.verdict == Verdict::kStepUp);
  CHECK(step.code == DecisionCode::kStepUp);
  CHECK(step.clause == 2);
  CHECK(step.step_up == 4);

  World unlabelled(R"(module m
context live { mode: int }
action go { }
policy p { capability go { require mode == 1 } })");
  CHECK(unlabelled.Code(unlabelled.Mint(), R"({"tool":"go","arguments":{}})") ==
        DecisionCode::kConstraintFault);
}

TEST_CASE("a fact that is missing leaves no resource") {
  World world(kShop);
  CHECK(world.Code(world.Mint(kBound),
                   R"({"tool":"refund","arguments":{"order_id":"O-1","amount":5.00}})") ==
        DecisionCode::kNoResource);
}

TEST_CASE("a capability must cover every resource, and no resource denies") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  CHECK(world.Decide(grant, Mail(R"("a@company.com","b@company.com")")).permitted());
  const Decision outside = world.Decide(grant, Mail(R"("a@company.com","b@evil.io")"));
  CHECK(outside.code == DecisionCode::kNoCapability);
  CHECK(outside.resource == 1);
  CHECK(world.Code(grant, Mail(R"("b@evil.io")")) == DecisionCode::kNoCapability);
  CHECK(world.Code(grant, Mail("")) == DecisionCode::kNoResource);
}

TEST_CASE("two capabilities do not cover two resources between them") {
  World world(R"(module m
action mail { to: list<email>  resource each r in to "email://{r.domain}/{r}" }
policy p {
  capability one: mail on "email://a.com/*"
  capability two: mail on "email://b.com/*"
  capability both: mail on "email://c.com/*", "email://d.com/*"
})");
  const GrantId grant = world.Mint();
  const auto mail = [](const std::string& to) {
    return R"({"tool":"mail","arguments":{"to":[)" + to + "]}}";
  };
  CHECK(world.Decide(grant, mail(R"("x@a.com")")).permitted());
  CHECK(world.Code(grant, mail(R"("x@a.com","x@b.com")")) == DecisionCode::kNoCapability);
  const Decision both = world.Decide(grant, mail(R"("x@c.com","x@d.com")"));
  CHECK(both.permitted());
  CHECK(world.Capability(both) == "both");
}

TEST_CASE("a forbid overrides every capability, when it is true and when it faults") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  const Decision bound = world.Decide(grant, Refund("5.00", "O-666"));
  CHECK(bound.code == DecisionCode::kForbidden);
  CHECK(bound.forbid == 0);
  CHECK(world.Code(grant, Mail(R"("a@company.com")", "frozen")) == DecisionCode::kForbidden);
  CHECK(world.Code(grant, R"({"tool":"mail","arguments":{"to":["a@company.com"],"body":"hi"}})") ==
        DecisionCode::kForbidFault);
}

TEST_CASE("a forbid that one resource of many matches denies all of them") {
  World world(R"(module m
action mail { to: list<email>  resource each r in to "email://{r.domain}/{r}" }
policy p {
  capability mail on "email://**"
  forbid mail on "email://evil.io/*"
})");
  const GrantId grant = world.Mint();
  CHECK(world.Decide(grant, R"({"tool":"mail","arguments":{"to":["x@a.com"]}})").permitted());
  CHECK(world.Code(grant, R"({"tool":"mail","arguments":{"to":["x@a.com","y@evil.io"]}})") ==
        DecisionCode::kForbidden);
}

TEST_CASE("forbid unless steps up, whatever a kinder capability says") {
  World world(kShop);
  const GrantId grant = world.Mint(kBound);
  const std::string ping =
      R"({"tool":"ping","arguments":{},"live":{"environment":"production"}})";
  const Decision step = world.Decide(grant, ping);
  CHECK(step.verdict == Verdict::kStepUp);
  CHECK(step.forbid != kNone);
  const DecisionReport report = world.Report(grant, ping);
  REQUIRE(report.step_ups.size() == 1);
  CHECK(report.step_ups[0].approvers == std::vector<std::string>{"user"});
  const std::string approved =
      R"({"tool":"ping","arguments":{},"live":{"environment":"production"},)"
      R"("approvals":[{"approver":"user","digest":")" +
      report.call_digest + "\"}]}";
  CHECK(world.Decide(grant, approved).permitted());
}

TEST_CASE("the kindest verdict wins, the lowest name is charged, order never matters") {
  const std::string head = R"(module m
import std.approval
approver boss
action pay { amount: int }
policy p {
)";
  std::vector<std::string> rules = {
      "capability c_deny: pay { require amount < 0 }\n",
      "capability b_step: pay { requireApproval(by: boss) when amount > 5 }\n",
      "capability z_yes: pay { require amount < 10 }\n",
      "capability a_yes: pay { require amount == 7 }\n"};
  for (int turn = 0; turn < 4; ++turn) {
    std::rotate(rules.begin(), rules.begin() + 1, rules.end());
    World world(head + rules[0] + rules[1] + rules[2] + rules[3] + "}");
    const GrantId grant = world.Mint();
    const auto decide = [&](int amount) {
      return world.Decide(grant, R"({"tool":"pay","arguments":{"amount":)" +
                                     std::to_string(amount) + "}}");
    };
    CHECK(world.Capability(decide(7)) == "a_yes");
    CHECK(world.Capability(decide(3)) == "b_step");
    CHECK(decide(8).permitted());
    CHECK(world.Capability(decide(8)) == "z_yes");
    CHECK(decide(20).verdict == Verdict::kStepUp);
    CHECK(world.Capability(decide(20)) == "b_step");
  }
}

TEST_CASE("the nearest capability is the one with most clauses true, then the lowest name") {
  World world(R"(module m
action pay { amount: int, count: int }
policy p {
  capability b: pay { require amount < 5  require count < 5 }
  capability c: pay { require amount < 7  require count < 5 }
  capability a: pay { require amount < 5  require count < 5 }
})");
  const GrantId grant = world.Mint();
  const auto name = [&](int amount, int count) {
    return world.Capability(world.Decide(
        grant, R"({"tool":"pay","arguments":{"amount":)" + std::to_string(amount) +
                   R"(,"count":)" + std::to_string(count) + "}}"));
  };
  CHECK(name(6, 9) == "c");
  CHECK(name(9, 9) == "a");
}

TEST_CASE("a call that is none of its tool's actions is denied") {
  auto program = std::make_shared<Program>(*MustCompile("module m\naction go { }\n"
                                                        "policy p { capability go }"));
  const auto add_guard = [&](bool value) {
    Program guarded = *program;
    guarded.types.push_back({.kind = TypeKind::kBool});
    const auto type = static_cast<TypeIndex>(guarded.types.size() - 1);
    guarded.values.push_back({value});
    guarded.shapes.push_back({.kind = ShapeKind::kPredicate,
                              .tool = 0,
                              .first_inst = static_cast<uint32_t>(guarded.insts.size()),
                              .inst_count = 1,
                              .first_clause = static_cast<uint32_t>(guarded.clauses.size()),
                              .clause_count = 1,
                              .const_types = {type}});
    guarded.insts.push_back({.op = Op::kConst, .type = static_cast<uint16_t>(type)});
    guarded.clauses.push_back({.begin = 0, .end = 1});
    guarded.actions[0].guard = static_cast<uint32_t>(guarded.shapes.size() - 1);
    guarded.actions[0].guard_consts = {
        {.bound = false, .index = static_cast<uint32_t>(guarded.values.size() - 1)}};
    return std::make_shared<const Program>(std::move(guarded));
  };
  const std::string go = R"({"tool":"go","arguments":{}})";
  World no(add_guard(false));
  CHECK(no.Code(no.Mint(), go) == DecisionCode::kNoAction);
  World yes(add_guard(true));
  CHECK(yes.Decide(yes.Mint(), go).permitted());
}

}  // namespace
}  // namespace cap::test

TEST_CASE("an obligation that the enforcement point does not know denies") {
  const auto program = cap::test::MustCompile(
      "module m\n"
      "action read { rows: int }\n"
      "constraint cut(limit: int) { oblige limitRows(version: 2, limit: limit) }\n"
      "policy p { capability read { require rows <= 9 cut(5) when rows > 3 } }\n");
  constexpr int64_t kHourUs = cap::test::kHourUs;
  const auto decide = [&](std::vector<std::string> known, int rows, std::string* arguments) {
    auto engine =
        std::move(*cap::Engine::Create({.hash_seed = {}, .obligations = std::move(known)}));
    REQUIRE(engine->Load(program).has_value());
    const auto grant =
        engine->Mint({.policy = "p", .subject = "s", .purpose = {}, .bound = {}, .ttl_us = kHourUs},
                     cap::test::kNowUs);
    REQUIRE(grant.has_value());
    cap::Reader reader = engine->NewReader();
    const cap::Frame frame = cap::ParseRequest(
        *program, "{\"tool\": \"read\", \"arguments\": {\"rows\": " + std::to_string(rows) + "}}",
        "s", cap::test::kNowUs);
    const cap::Decision decision = reader.Authorize(*grant, frame);
    const auto obligations = reader.Obligations(decision, *grant, frame);
    REQUIRE(obligations.has_value());
    CHECK(obligations->size() == decision.obligations.count);
    if (!obligations->empty()) *arguments = obligations->front().arguments;
    engine->Revoke(*grant);
    CHECK(reader.Obligations(decision, *grant, frame).has_value() == obligations->empty());
    return decision.code;
  };
  std::string arguments;
  CHECK(decide({"limitRows@2"}, 4, &arguments) == cap::DecisionCode::kPermit);
  CHECK(arguments == "{\"limit\":5}");
  CHECK(decide({}, 4, &arguments) == cap::DecisionCode::kUnknownObligation);
  CHECK(decide({"limitRows@1"}, 4, &arguments) == cap::DecisionCode::kUnknownObligation);
  CHECK(decide({}, 3, &arguments) == cap::DecisionCode::kPermit);
  CHECK(decide({}, 10, &arguments) == cap::DecisionCode::kConstraintFailed);
}
