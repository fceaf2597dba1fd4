// Grants made from grants: what they leave, what they refuse, and whose counters they charge.
#include <cstdlib>
#include <random>

#include "tests/unit/limit_world.h"

#pragma GCC diagnostic push
// What is written by hand names only the fields that matter here.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace cap::test {
namespace {

constexpr const char* kPayShop = R"(
module m
action pay { to: string, amount: money in "USD", tags: set<string> = [], file: path = "/data/x" }
action look { to: string }
policy p {
  capability pay { require amount <= 500.00 USD  require tags subset ["a", "b", "c"] }
  capability look
}
)";

Limiter Shop() {
  Limiter limiter(kPayShop);
  limiter.Own(0);
  limiter.Parameter(0, "maxAmount", "limit", {Money{500'00, 840}}, ParameterOrder::kAtMost);
  limiter.Parameter(0, "tagged", "allowed",
                    {Value::List{{std::string("a")}, {std::string("b")}, {std::string("c")}}},
                    ParameterOrder::kSubset);
  return limiter;
}

std::string Pay(const std::string& amount, const std::string& more = "") {
  return R"({"tool":"pay","arguments":{"to":"ann","amount":)" + amount + more + "}}";
}

Value Usd(int64_t units) { return {Money{units, 840}}; }

struct Child {
  Engine& engine;
  GrantId parent;
  Result<GrantId> Of(DelegationSpec spec) const {
    if (spec.subject.empty()) spec.subject = "child";
    if (spec.capabilities.empty()) spec.capabilities = {"pay", "look"};
    return engine.Delegate(parent, spec, kNowUs);
  }
  std::string Refused(const DelegationSpec& spec) const {
    const auto made = Of(spec);
    return made ? "" : made.error().code;
  }
};

TEST_CASE("a delegated grant is its parent and less") {
  World world(Shop().Finish());
  const GrantId root = world.Mint();
  const Child from{world.engine(), root};
  const GrantId child = *from.Of({.narrow = {{"pay", "maxAmount.limit", Usd(100'00)}}});
  const GrantId grandchild =
      *Child{world.engine(), child}.Of({.capabilities = {"pay"},
                                        .narrow = {{"pay", "maxAmount.limit", Usd(50'00)}}});
  CHECK(world.Code(root, Pay("500.00")) == DecisionCode::kPermit);
  CHECK(world.Code(child, Pay("100.00")) == DecisionCode::kPermit);
  CHECK(world.Code(child, Pay("100.01")) == DecisionCode::kConstraintFailed);
  CHECK(world.Code(grandchild, Pay("50.00")) == DecisionCode::kPermit);
  CHECK(world.Code(grandchild, Pay("50.01")) == DecisionCode::kConstraintFailed);
  const char* look = R"({"tool":"look","arguments":{"to":"a"}})";
  CHECK(world.Code(child, look) == DecisionCode::kPermit);
  CHECK(world.Code(grandchild, look) == DecisionCode::kNoCapability);
  CHECK(world.Report(child, Pay("100.01")).limit == "100.00 USD");
  CHECK(world.Report(child, Pay("100.01")).subject == "child");
}

TEST_CASE("widening is refused, and says both values") {
  World world(Shop().Finish());
  const Child from{world.engine(), world.Mint()};
  const auto made = from.Of({.narrow = {{"pay", "maxAmount.limit", Usd(500'01)}}});
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == "widening");
  CHECK(made.error().message == "`pay.maxAmount.limit` is 500.00 USD and cannot become 500.01 USD");
  CHECK(from.Refused({.narrow = {{"pay", "maxAmount.limit", {Money{1, 978}}}}}) == "widening");
  CHECK(from.Refused({.narrow = {{"pay", "maxAmount.limit", {int64_t{1}}}}}) == "bad-value");
  CHECK(from.Refused({.narrow = {{"pay", "maxAmount.most", Usd(1)}}}) == "unknown-parameter");
  CHECK(from.Refused({.capabilities = {"drop"}}) == "unknown-capability");
  const Value some{Value::List{{std::string("a")}}};
  const Value other{Value::List{{std::string("a")}, {std::string("z")}}};
  CHECK(from.Refused({.narrow = {{"pay", "tagged.allowed", other}}}) == "widening");
  const GrantId child = *from.Of({.narrow = {{"pay", "tagged.allowed", some}}});
  CHECK(world.Code(child, Pay("1.00", R"(,"tags":["a"])")) == DecisionCode::kPermit);
  CHECK(world.Code(child, Pay("1.00", R"(,"tags":["b"])")) == DecisionCode::kConstraintFailed);
  const Child below{world.engine(), child};
  const Value all{Value::List{{std::string("a")}, {std::string("b")}}};
  CHECK(below.Refused({.narrow = {{"pay", "tagged.allowed", all}}}) == "widening");
  CHECK(below.Refused({.subject = std::string(257, 'x')}) == "bad-subject");
  CHECK(below.Refused({.ttl_us = 0}) == "bad-ttl");
}

TEST_CASE("only confines arguments") {
  World world(Shop().Finish());
  const Child from{world.engine(), world.Mint()};
  const auto code = [&](std::vector<Only> only, const std::string& call) {
    const auto child = from.Of({.only = std::move(only)});
    if (!child) MESSAGE(child.error().message);
    REQUIRE(child.has_value());
    return world.Code(*child, call);
  };
  const Only ann{.argument = "to", .values = {{std::string("ann")}, {std::string("bob")}}};
  CHECK(code({ann}, Pay("1.00")) == DecisionCode::kPermit);
  CHECK(code({{.argument = "to", .values = {{std::string("bob")}}}}, Pay("1.00")) ==
        DecisionCode::kNotDelegated);
  const Only range{.argument = "amount", .kind = Only::Kind::kRange, .low = Usd(2'00),
                   .high = Usd(3'00)};
  CHECK(code({range}, Pay("1.99")) == DecisionCode::kNotDelegated);
  CHECK(code({range}, Pay("2.00")) == DecisionCode::kPermit);
  CHECK(code({range}, Pay("3.00")) == DecisionCode::kPermit);
  CHECK(code({range}, Pay("3.01")) == DecisionCode::kNotDelegated);
  // A tool that has no such argument is outside.
  CHECK(code({range}, R"({"tool":"look","arguments":{"to":"a"}})") == DecisionCode::kNotDelegated);
  const Only data{.argument = "file", .kind = Only::Kind::kPrefix,
                  .values = {{std::string("/data")}}};
  CHECK(code({data}, Pay("1.00", R"(,"file":"/data/a")")) == DecisionCode::kPermit);
  CHECK(code({data}, Pay("1.00", R"(,"file":"/database/a")")) == DecisionCode::kNotDelegated);
  const Only tags{.argument = "tags", .values = {{std::string("a")}}};
  CHECK(code({tags}, Pay("1.00", R"(,"tags":["a"])")) == DecisionCode::kPermit);
  CHECK(code({tags}, Pay("1.00", R"(,"tags":["a","b"])")) == DecisionCode::kNotDelegated);
  CHECK(from.Refused({.only = {{.argument = "nobody", .values = {{int64_t{1}}}}}}) == "bad-only");
  CHECK(from.Refused({.only = {{.argument = "to", .kind = Only::Kind::kRange,
                                .low = Value{std::string("a")}}}}) == "bad-only");
  CHECK(from.Refused({.only = {{.argument = "amount", .kind = Only::Kind::kRange}}}) == "bad-only");
  // What a link confines, every link below is confined to.
  const GrantId child = *from.Of({.only = {range}});
  const GrantId below = *Child{world.engine(), child}.Of({.only = {ann}});
  CHECK(world.Code(below, Pay("3.01")) == DecisionCode::kNotDelegated);
  const AgentDecisionReport report = world.AgentReport(below, Pay("3.01"));
  CHECK(report.observed == "3.01 USD");
  CHECK(ToText(report).find("3.00") == std::string::npos);
}

TEST_CASE("a chain dies with any of its grants, and lives no longer than its parent") {
  World world(Shop().Finish());
  const RevocationHandle handle = *world.engine().NewHandle();
  const GrantId root = world.Mint();
  std::vector<GrantId> chain{root};
  for (uint32_t i = 0; i < limits::kDelegationDepth; ++i) {
    DelegationSpec spec{.ttl_us = 2 * kHourUs};
    if (i == 3) spec.handles = {handle};
    chain.push_back(*Child{world.engine(), chain.back()}.Of(spec));
  }
  CHECK(Child{world.engine(), chain.back()}.Refused({}) == "depth-exceeded");
  CHECK(world.Code(chain.back(), Pay("1.00")) == DecisionCode::kPermit);
  CHECK(world.Code(chain.back(), Pay("1.00"), kNowUs + kHourUs) == DecisionCode::kGrantExpired);
  // A swap keeps the chain.
  REQUIRE(world.engine().Load(Shop().Finish()).has_value());
  CHECK(world.Code(chain.back(), Pay("1.00")) == DecisionCode::kPermit);
  CHECK(world.engine().Revoke(chain[8]));
  CHECK(world.Code(chain[7], Pay("1.00")) == DecisionCode::kPermit);
  CHECK(world.Code(chain[9], Pay("1.00")) == DecisionCode::kGrantRevoked);
  CHECK(world.Code(chain.back(), Pay("1.00")) == DecisionCode::kGrantRevoked);
  CHECK(Child{world.engine(), chain.back()}.Refused({}) == "grant-gone");
  CHECK(world.engine().RevokeHandle(handle));
  CHECK(world.Code(chain[3], Pay("1.00")) == DecisionCode::kPermit);
  CHECK(world.Code(chain[4], Pay("1.00")) == DecisionCode::kGrantRevoked);
  world.engine().SweepExpired(kNowUs);
  CHECK(world.engine().stats().grants == 4);
  // Its row may be another grant's by now; the chain stays dead.
  const GrantId next = world.Mint();
  CHECK(world.Code(next, Pay("400.00")) == DecisionCode::kPermit);
  CHECK(world.Code(chain[5], Pay("1.00")) == DecisionCode::kGrantRevoked);
}

// Limits of a few cents around the one above, so that every comparison is at its edge. More chains
// than a build's share of time allows: CAP_CHAINS=100000.
TEST_CASE("no chain permits what one of its links alone would deny") {
  const char* asked = std::getenv("CAP_CHAINS");
  const int chains = asked == nullptr ? 300 : std::atoi(asked);
  World world(Shop().Finish());
  std::mt19937_64 random(7);
  const auto upto = [&](int64_t n) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
  };
  const GrantId root = world.Mint();
  uint64_t permitted = 0, denied = 0, widening = 0;
  for (int i = 0; i < chains; ++i) {
    std::vector<int64_t> limits{500'00};
    std::vector<std::pair<int64_t, int64_t>> ranges;
    std::vector<GrantId> grants;
    GrantId last = root;
    const int64_t depth = 1 + upto(limits::kDelegationDepth);
    for (int64_t d = 0; d < depth; ++d) {
      DelegationSpec spec{.subject = "c", .capabilities = {"pay"}};
      int64_t limit = limits.back();
      if (upto(3) != 0) {
        limit = std::max<int64_t>(0, limits.back() + 1 - upto(3));
        spec.narrow = {{"pay", "maxAmount.limit", Usd(limit)}};
      }
      if (upto(4) == 0) {
        const int64_t high = limits.front() - upto(4);
        ranges.emplace_back(0, high);
        spec.only = {{.argument = "amount", .kind = Only::Kind::kRange, .high = Usd(high)}};
      }
      const auto made = world.engine().Delegate(last, spec, kNowUs);
      if (limit > limits.back()) {
        ++widening;
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == "widening");
        if (!spec.only.empty()) ranges.pop_back();
        continue;
      }
      REQUIRE(made.has_value());
      grants.push_back(*made);
      last = *made;
      limits.push_back(limit);
    }
    for (int call = 0; call < 6; ++call) {
      const int64_t amount = std::max<int64_t>(1, limits.back() + 2 - upto(5));
      const std::string cents = std::to_string(amount % 100);
      const Decision decision = world.Decide(
          last, Pay(std::to_string(amount / 100) + (cents.size() == 1 ? ".0" : ".") + cents));
      bool all = amount <= *std::ranges::min_element(limits);
      for (const auto& [low, high] : ranges) all = all && low <= amount && amount <= high;
      CHECK(decision.permitted() == all);
      (decision.permitted() ? permitted : denied) += 1;
    }
    for (const GrantId grant : grants) world.engine().Revoke(grant);
  }
  CHECK(permitted > 0);
  CHECK(denied > 0);
  CHECK(widening > 0);
}

// Limits that permits share and the time between calls, narrowed to a unit above, at and below what
// stands above: what is tighter is taken, and binds; what is wider is refused.
TEST_CASE("no chain leaves more of a shared limit or a spacing than its links do") {
  World world(R"(
module m
import std.money
import std.quota
action pay { to: string, amount: money in "USD" }
policy p {
  expires after 8h
  capability pay { spacing(1h) }
  limit daily on pay { budget(500.00 USD, every: "day") }
}
)");
  std::mt19937_64 random(11);
  const auto upto = [&](int64_t n) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
  };
  uint64_t permitted = 0, spent = 0, widening = 0;
  for (int i = 0; i < 200; ++i) {
    GrantSpec spec = world.Spec();
    spec.subject = "s" + std::to_string(i);
    spec.ttl_us = 8 * kHourUs;
    const GrantId root = *world.engine().Mint(spec, kNowUs);
    int64_t cents = 500'00, gap = kHourUs;
    GrantId last = root;
    const int64_t depth = 1 + upto(6);
    for (int64_t d = 0; d < depth; ++d) {
      const int64_t own_cents = cents + 1 - upto(3), own_gap = gap - 1 + upto(3);
      const auto made = world.engine().Delegate(
          last,
          {.subject = "c",
           .capabilities = {"pay"},
           .narrow = {{"limit daily", "budget.limit", Usd(own_cents)},
                      {"pay", "spacing.interval", {Duration{own_gap}}}}},
          kNowUs);
      CHECK(made.has_value() == (own_cents <= cents && own_gap >= gap));
      widening += made.has_value() ? 0 : 1;
      if (!made) {
        CHECK(made.error().code == "widening");
        continue;
      }
      last = *made;
      cents = own_cents;
      gap = own_gap;
    }
    const auto pay = [&](int64_t amount, int64_t at) {
      const std::string units = std::to_string(amount % 100);
      const std::string text =
          std::to_string(amount / 100) + (units.size() == 1 ? ".0" : ".") + units;
      const Decision decision = world.reader().Authorize(last, world.Call(Pay(text), at));
      (decision.permitted() ? permitted : spent) += 1;
      if (!decision.permitted()) CHECK(decision.code == DecisionCode::kLimitExceeded);
      return decision.permitted();
    };
    CHECK_FALSE(pay(cents + 1, kNowUs));
    CHECK(pay(1, kNowUs));
    CHECK_FALSE(pay(1, kNowUs + gap - 1));
    CHECK_FALSE(pay(cents, kNowUs + gap));
    CHECK(pay(cents - 1, kNowUs + gap));
  }
  CHECK(permitted == 400);
  CHECK(spent == 600);
  CHECK(widening > 0);
}

// A compiler gives each part of a term a constant of its own; a bundle of another may not.
TEST_CASE("a constant that says two things is not narrowed for one of them") {
  constexpr const char* kText = R"(
module m
import std.quota
action pay { to: string }
policy p {
  expires after 8h
  capability pay
  limit daily on pay { consume 5 of quota(5, every: "day") }
}
)";
  const DelegationSpec spec{.capabilities = {"pay"},
                            .narrow = {{"limit daily", "consume.limit", {int64_t{4}}}}};
  Limiter alone(kText), twin(kText);
  LimitTerm& term = twin.program().limits[0].terms[0];
  term.amount = term.limit;
  World worlds[] = {World(alone.Finish()), World(twin.Finish())};
  CHECK(Child{worlds[0].engine(), worlds[0].Mint()}.Refused(spec) == "");
  CHECK(Child{worlds[1].engine(), worlds[1].Mint()}.Refused(spec) == "unknown-parameter");
}

}  // namespace
}  // namespace cap::test

#pragma GCC diagnostic pop
