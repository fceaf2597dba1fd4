// What is said of a limit: to whom, where a store is away, and where a counter is another one.
#include "runtime/engine/limit_reader.h"
#include "tests/state/blind_store.h"
#include "tests/unit/engine_world.h"

namespace cap::test {
namespace {

/// A store that answers everything with one status.
class Deaf : public state::test::BlindStore {
 public:
  explicit Deaf(state::ReserveStatus status) : status_(status) {}
  state::ReserveResult Reserve(const state::ReserveRequest&,
                               std::span<state::ChargeState>) override {
    return {.status = status_, .repeated = false, .failed = 0xFFFF};
  }
  state::SettleStatus CountViolation(state::CounterId, int64_t, int64_t, int64_t,
                                     int64_t) override {
    return state::SettleStatus::kUnavailable;
  }

 private:
  state::ReserveStatus status_;
};

struct Said {
  Decision decision;
  DecisionReport report;
  AgentDecisionReport agent;
};

Said Ask(state::ReserveStatus status, const char* amount) {
  const auto program = MustCompile(R"(
module m
action pay { amount: money in "USD" }
policy p {
  expires after 8h
  capability pay { consume amount of quota(10.00 USD, every: "day", on_store_error: "permit") }
}
)");
  EngineOptions options;
  options.store = std::make_shared<Deaf>(status);
  auto engine = *Engine::Create(options);
  REQUIRE(engine->Load(program).has_value());
  Reader reader = engine->NewReader();
  const GrantId grant = *engine->Mint(
      {.policy = "p", .subject = "s", .purpose = {}, .bound = {}, .ttl_us = kHourUs}, kNowUs);
  const Frame frame = ParseRequest(
      *program, std::string(R"({"tool":"pay","arguments":{"amount":)") + amount + "}}", "s",
      kNowUs);
  Said said;
  said.decision = reader.Authorize(grant, frame);
  said.report = reader.Report(said.decision, grant, frame);
  said.agent = reader.AgentReport(said.decision, grant, frame);
  return said;
}

TEST_CASE("where the store is away, a permit says that it is not counted") {
  const Said fits = Ask(state::ReserveStatus::kUnavailable, "10.00");
  CHECK(fits.decision.permitted());
  CHECK(fits.decision.uncounted());
  CHECK_FALSE(fits.decision.reserved());
  CHECK(ToText(fits.report).find("not counted: the store is away") != std::string::npos);
  CHECK(ToText(fits.agent).find("not counted: the store is away") != std::string::npos);
  CHECK(ToJson(fits.report).find("\"uncounted\":true") != std::string::npos);
  CHECK(ToJson(fits.agent).find("\"uncounted\":true") != std::string::npos);
  // No counter would take so much, whatever it had counted.
  const Said more = Ask(state::ReserveStatus::kUnavailable, "10.01");
  CHECK(more.decision.code == DecisionCode::kStoreUnavailable);
  CHECK_FALSE(more.decision.uncounted());
}

TEST_CASE("a counter that counts something else is named as the reason") {
  const Said said = Ask(state::ReserveStatus::kBadRequest, "1.00");
  CHECK(said.decision.code == DecisionCode::kConstraintFault);
  CHECK(said.report.message.find("counts something else") != std::string::npos);
  CHECK(said.report.message.find("needs a reset") != std::string::npos);
  CHECK(said.agent.message.find("reset") == std::string::npos);
}

TEST_CASE("an agent sees what remains of its own counters alone") {
  World world(R"(
module m
import std.quota
action pay { to: string, amount: money in "USD" }
policy p {
  expires after 8h
  capability pay {
    maxPerDay(5)
    consume amount of quota(100.00 USD, every: "day") per to
  }
}
)");
  const GrantId grant = world.Mint();
  const auto call = [](const char* amount) {
    return std::string(R"({"tool":"pay","arguments":{"to":"a","amount":)") + amount + "}}";
  };
  const AgentDecisionReport permit = world.AgentReport(grant, call("30.00"));
  REQUIRE(permit.limits.size() == 2);
  CHECK(permit.limits[0].name == "maxPerDay");
  CHECK(permit.limits[0].remains == "4");
  CHECK(permit.limits[1].name == "consume");
  CHECK(permit.limits[1].remains.empty());
  CHECK(permit.limits[1].limit.empty());
  const AgentDecisionReport spent = world.AgentReport(grant, call("80.00"));
  CHECK(spent.code == DecisionCode::kLimitExceeded);
  CHECK(spent.retry_after_us == 14 * kHourUs);
  CHECK(ToText(spent).find("70.00") == std::string::npos);
  CHECK(world.Report(grant, call("80.00")).message.find("70.00 USD left") != std::string::npos);
}

TEST_CASE("what the policy says that a call takes is not for a host to settle") {
  World world("module m\nimport std.quota\naction ask { n: int }\n"
              "policy p { capability ask { maxPerDay(3) } }");
  const GrantId grant = world.Mint();
  const char* call = R"({"tool":"ask","arguments":{"n":1}})";
  const Decision asked = world.Decide(grant, call);
  REQUIRE(asked.permitted());
  for (const uint16_t unit : {uint16_t{0}, state::kFixed}) {
    CHECK(world.reader().Commit(asked, kNowUs, state::Actual{.unit = unit, .amount = 0}) ==
          state::SettleStatus::kBadRequest);
  }
  CHECK(world.reader().Commit(asked, kNowUs) == state::SettleStatus::kSettled);
  CHECK(world.Report(grant, call).limits[0].remains == "1");
}

TEST_CASE("keys that were cut are told apart") {
  CHECK(engine::MarkCut("\"abc\"", {.high = 1, .low = 2}) == "\"abc\"");
  CHECK(engine::MarkCut("\"abc…\"", {.high = 0x0123'4567'89AB'CDEFu, .low = 2}) ==
        "\"abc…\" #01234567");
}

}  // namespace
}  // namespace cap::test
