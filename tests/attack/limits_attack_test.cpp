// Attacks on what is counted: taking more than there is by asking at once, through others, in
// parts, or by beginning anew.
#include <cstdlib>
#include <random>
#include <thread>

#include "tests/state/forwarding_store.h"
#include "tests/unit/limit_world.h"

#pragma GCC diagnostic push
// What is written by hand names only the fields that matter here.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace cap::test {
namespace {

constexpr const char* kPay = R"(
module m
action pay { to: string, amount: money in "USD", n: int = 1 }
policy p { capability pay { require amount <= 50000.00 USD } }
)";

std::string Pay(const std::string& amount, const std::string& more = "") {
  return R"({"tool":"pay","arguments":{"to":"ann","amount":)" + amount + more + "}}";
}

/// A policy with a budget of amounts a day; `limit` is a parameter that narrows.
std::shared_ptr<const Program> Budget(int64_t units) {
  Limiter limiter(kPay);
  const LimitOperand amount = limiter.Slot(0, "amount");
  limiter.Add(0, limiter.Quota(0, Period::kDay, amount,
                               limiter.Const(0, amount.type, {Money{units, 840}})));
  limiter.Parameter(0, "maxPerDay", "limit", {Money{units, 840}}, ParameterOrder::kAtMost);
  return limiter.Finish();
}

DelegationSpec Less(int64_t units) {
  return {.subject = "child",
          .capabilities = {"pay"},
          .narrow = {{"pay", "maxPerDay.limit", {Money{units, 840}}}}};
}

TEST_CASE("eight threads take no more than one budget has") {
  World world(Budget(100'00));
  const GrantId grant = world.Mint();
  const Frame frame = world.Call(Pay("1.00"));
  std::atomic<int> permitted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      Reader reader = world.engine().NewReader();
      for (int i = 0; i < 50; ++i) permitted += reader.Authorize(grant, frame).permitted() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(permitted == 100);
}

TEST_CASE("ten children share what their parent has") {
  World world(Budget(50'00));
  const GrantId root = world.Mint();
  int permitted = 0;
  for (int i = 0; i < 10; ++i) {
    DelegationSpec spec = Less(20'00);
    spec.subject += std::to_string(i);
    const GrantId child = *world.engine().Delegate(root, spec, kNowUs);
    for (int call = 0; call < 3; ++call) {
      permitted += world.Decide(child, Pay("10.00")).permitted() ? 1 : 0;
    }
  }
  CHECK(permitted == 5);
  CHECK(world.Code(root, Pay("0.01")) == DecisionCode::kLimitExceeded);
}

TEST_CASE("neither minting nor delegating again begins a counter anew") {
  World world(Budget(50'00));
  const GrantId first = world.Mint();
  const GrantId child = *world.engine().Delegate(first, Less(20'00), kNowUs);
  CHECK(world.Code(child, Pay("20.00")) == DecisionCode::kPermit);
  CHECK(world.Code(child, Pay("0.01")) == DecisionCode::kLimitExceeded);
  const GrantId again = *world.engine().Delegate(first, Less(20'00), kNowUs);
  CHECK(world.Code(again, Pay("0.01")) == DecisionCode::kLimitExceeded);
  const GrantId below = *world.engine().Delegate(child, Less(20'00), kNowUs);
  CHECK(world.Code(below, Pay("0.01")) == DecisionCode::kLimitExceeded);
  world.engine().Revoke(first);
  const GrantId second = world.Mint();
  CHECK(world.Code(second, Pay("30.01")) == DecisionCode::kLimitExceeded);
  CHECK(world.Code(second, Pay("30.00")) == DecisionCode::kPermit);
  // A swap of the policy keeps what was counted, and a lower limit holds at once.
  REQUIRE(world.engine().Load(Budget(60'00)).has_value());
  CHECK(world.Code(second, Pay("10.01")) == DecisionCode::kLimitExceeded);
  REQUIRE(world.engine().Load(Budget(40'00)).has_value());
  CHECK(world.Code(second, Pay("0.01")) == DecisionCode::kLimitExceeded);
}

// A tree of grants over one budget, each link with a limit of its own or with its parent's. A call
// is permitted exactly if every link above it has that much left.
TEST_CASE("a tree of delegations takes of every budget above what is there, to the cent") {
  struct Node {
    GrantId grant;
    int parent = -1;
    int64_t limit = 0, used = 0;
  };
  const char* asked = std::getenv("CAP_CHAINS");
  const int trees = std::max(20, (asked == nullptr ? 300 : std::atoi(asked)) / 100);
  const auto program = Budget(100'00);
  std::mt19937_64 random(11);
  const auto upto = [&](int64_t n) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
  };
  uint64_t permitted = 0, spent = 0;
  for (int tree = 0; tree < trees; ++tree) {
    World world(program);
    std::vector<Node> nodes{{.grant = world.Mint(), .limit = 100'00}};
    for (int i = 1; i < 12; ++i) {
      const int parent = static_cast<int>(upto(i));
      const int64_t above = nodes[static_cast<size_t>(parent)].limit;
      const int64_t limit =
          upto(3) == 0 ? above : std::max<int64_t>(1, above - upto(above / 3 + 2));
      DelegationSpec spec = Less(limit);
      spec.subject += std::to_string(i);
      const auto made =
          world.engine().Delegate(nodes[static_cast<size_t>(parent)].grant, spec, kNowUs);
      if (!made) {
        CHECK(made.error().code == "depth-exceeded");
        continue;
      }
      nodes.push_back({.grant = *made, .parent = parent, .limit = limit});
    }
    for (int call = 0; call < 60; ++call) {
      const auto leaf = static_cast<int>(upto(static_cast<int64_t>(nodes.size())));
      int64_t left = INT64_MAX;
      for (int at = leaf; at >= 0; at = nodes[static_cast<size_t>(at)].parent) {
        const Node& node = nodes[static_cast<size_t>(at)];
        left = std::min(left, node.limit - node.used);
      }
      const int64_t amount = std::max<int64_t>(1, upto(4) == 0 ? left + 1 - upto(3) : upto(9'00));
      const std::string cents = std::to_string(amount % 100);
      const Decision decision = world.Decide(
          nodes[static_cast<size_t>(leaf)].grant,
          Pay(std::to_string(amount / 100) + (cents.size() == 1 ? ".0" : ".") + cents));
      CHECK(decision.permitted() == (amount <= left));
      (decision.permitted() ? permitted : spent) += 1;
      if (!decision.permitted() || upto(5) == 0) {
        if (decision.permitted()) world.reader().Release(decision, kNowUs);
        continue;
      }
      for (int at = leaf; at >= 0; at = nodes[static_cast<size_t>(at)].parent) {
        nodes[static_cast<size_t>(at)].used += amount;
      }
    }
  }
  CHECK(permitted > 0);
  CHECK(spent > 0);
}

TEST_CASE("split transfers meet the cap on their sum") {
  World world(Budget(50'000'00));
  const GrantId grant = world.Mint();
  CHECK(world.Code(grant, Pay("40000.00")) == DecisionCode::kPermit);
  CHECK(world.Code(grant, Pay("8000.00")) == DecisionCode::kPermit);
  CHECK(world.Code(grant, Pay("8000.00")) == DecisionCode::kLimitExceeded);
  CHECK(world.Code(grant, Pay("2000.00")) == DecisionCode::kPermit);
}

TEST_CASE("denied calls consume nothing") {
  World world(Budget(100'00));
  const GrantId grant = world.Mint();
  const GrantId child = *world.engine().Delegate(grant, Less(10'00), kNowUs);
  for (int i = 0; i < 20; ++i) {
    CHECK(world.Code(grant, Pay("100.01")) == DecisionCode::kLimitExceeded);
    CHECK(world.Code(grant, Pay("60000.00")) == DecisionCode::kConstraintFailed);
    CHECK(world.Code(grant, Pay("-1.00")) == DecisionCode::kBadArgument);
    CHECK(world.Code(child, Pay("10.01")) == DecisionCode::kLimitExceeded);
  }
  CHECK(world.Code(grant, Pay("100.00")) == DecisionCode::kPermit);
}

TEST_CASE("amounts that are none are no charge") {
  Limiter limiter(kPay);
  const LimitOperand count = limiter.Slot(0, "n");
  limiter.Add(0, limiter.Quota(0, Period::kTotal, count,
                               limiter.Const(0, count.type, {int64_t{limits::kQuantity}})));
  World world(limiter.Finish());
  const GrantId grant = world.Mint();
  const auto code = [&](const std::string& n) {
    return world.Code(grant, Pay("1.00", ",\"n\":" + n));
  };
  CHECK(code("0") == DecisionCode::kConstraintFault);
  CHECK(code("-5") == DecisionCode::kConstraintFault);
  CHECK(code("9223372036854775807") == DecisionCode::kConstraintFault);
  CHECK(code("1000000000000000000") == DecisionCode::kPermit);
  CHECK(code("1") == DecisionCode::kLimitExceeded);
  CHECK(code("1000000000000000000") == DecisionCode::kLimitExceeded);
}

TEST_CASE("a limit whose operand is missing denies") {
  Limiter limiter(R"(
module m
action pay { to: string, most: int? }
policy p { capability pay }
)");
  const LimitOperand most = limiter.Slot(0, "most");
  limiter.Add(0, limiter.Quota(0, Period::kDay,
                               limiter.Const(0, most.type, {int64_t{1}}), most));
  World world(limiter.Finish());
  const GrantId grant = world.Mint();
  CHECK(world.Code(grant, R"({"tool":"pay","arguments":{"to":"a"}})") ==
        DecisionCode::kConstraintFault);
  CHECK(world.Code(grant, R"({"tool":"pay","arguments":{"to":"a","most":0}})") ==
        DecisionCode::kLimitExceeded);
  CHECK(world.Code(grant, R"({"tool":"pay","arguments":{"to":"a","most":1}})") ==
        DecisionCode::kPermit);
}

/// Revokes a grant while it is asked.
class RevokingStore : public state::test::ForwardingStore {
 public:
  RevokingStore() : ForwardingStore(state::NewMemoryStore()) {}

  state::ReserveResult Reserve(const state::ReserveRequest& request,
                               std::span<state::ChargeState> states) override {
    const state::ReserveResult result = inner_->Reserve(request, states);
    if (engine != nullptr) engine->Revoke(grant);
    return result;
  }
  state::SettleStatus Release(state::OperationId operation, int64_t now_us) override {
    ++released;
    return inner_->Release(operation, now_us);
  }

  Engine* engine = nullptr;
  GrantId grant;
  int released = 0;
};

TEST_CASE("a grant that is revoked while the store is asked permits and keeps nothing") {
  auto store = std::make_shared<RevokingStore>();
  auto engine = *Engine::Create({.store = store});
  const auto program = Budget(10'00);
  REQUIRE(engine->Load(program).has_value());
  Reader reader = engine->NewReader();
  const GrantSpec spec{.policy = "p", .subject = "s", .purpose = {}, .bound = {},
                       .ttl_us = kHourUs};
  const GrantId root = *engine->Mint(spec, kNowUs);
  const GrantId child = *engine->Delegate(root, Less(10'00), kNowUs);
  const Frame frame = ParseRequest(*program, Pay("10.00"), "child", kNowUs);
  store->engine = engine.get();
  store->grant = root;  // its parent
  CHECK(reader.Authorize(child, frame).code == DecisionCode::kGrantRevoked);
  CHECK(store->released == 1);
  store->engine = nullptr;
  const GrantId next = *engine->Mint(spec, kNowUs);
  CHECK(reader.Authorize(next, ParseRequest(*program, Pay("10.00"), "s", kNowUs)).permitted());
}

}  // namespace
}  // namespace cap::test

#pragma GCC diagnostic pop
