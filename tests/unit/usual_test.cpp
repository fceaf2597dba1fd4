// The short way of usual calls (runtime/engine/usual.cpp) and the general way say the same, do the
// same to the counters, and report the same: two engines side by side, one of which counts in
// memory, and one in memory that it does not know to be near.
#include <algorithm>
#include <functional>
#include <memory>
#include <random>

#include "tests/state/forwarding_store.h"
#include "tests/unit/engine_world.h"

namespace cap::test {
namespace {

constexpr const char* kCounting = R"(
module m
import std.approval
import std.quota
approver owner
context bound { most: money in "USD", often: int }
action pay { to: string, amount: money in "USD", n: int = 1 }
action send { to: string, n: int = 1 }
action look { to: string }
action rest { n: int = 1 }
action once { n: int = 1 }
action alone { n: int = 1 }
action spend { amount: money in "USD" }
action team { n: int = 1 }
policy p {
  expires after 50d
  capability large: pay { require amount <= 90.00 USD  budget(most, every: "day") of amount }
  capability small: pay {
    require amount <= 30.00 USD
    rateLimit(40/hour, burst: 3)
    requireApproval(owner) when n == 3
  }
  capability send {
    maxPerDay(often, per: [subject, to]) when n > 1
    maxPerHour(6) when n > 2
    maxOpen(4, expires: 1h) when n > 3
    rateLimit(90/hour, burst: 9, per: to) when n > 4
  }
  capability look { maxQueries(often, per: to) when to != "t0" }
  capability rest {
    rateLimit(20/hour, burst: 5) when n < 8
    requireApproval(owner) when n == 6
  }
  capability once { maxPerDay(often) }
  capability alone { maxPerDay(often) }
  capability spend { budget(most, every: "total", retain: 30d) of amount }
  capability team { maxPerHour(often) when n < 5 }
  limit crew on team, once { consume 1 of quota(9, every: "hour") }
  forbid rest when n == 7
}
)";

/// Says of nothing that it is near.
class Far : public state::test::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
};

constexpr std::array<uint8_t, 16> kKey = {5};

struct Side {
  std::shared_ptr<state::Store> store;
  std::unique_ptr<Engine> engine;
  std::vector<Reader> readers;
  std::vector<GrantId> grants;

  explicit Side(std::shared_ptr<state::Store> counts) : store(std::move(counts)) {
    EngineOptions options;
    options.store = store;
    engine = std::move(*Engine::Create(options));
  }
};

/// `kind`: 0 to 3, whose it is and what it is bound to.
GrantId Mint(Side& side, uint64_t kind, int64_t now_us) {
  const int64_t most = kind % 2 == 0 ? 100'00 : 250'00;
  const auto grant =
      side.engine->Mint({.policy = "p",
                         .subject = kind / 2 == 0 ? "a" : "b",
                         .purpose = {},
                         .bound = {{"most", Value{Money{most, 840}}}, {"often", Value{int64_t{3}}}},
                         .ttl_us = 50 * 24 * kHourUs},
                        now_us);
  REQUIRE(grant.has_value());
  return *grant;
}

/// What the parent has, with less to spend.
GrantId Delegate(Side& side, GrantId parent, uint64_t kind, int64_t now_us) {
  const int64_t most = kind % 2 == 0 ? 20'00 : 100'00;
  const auto grant = side.engine->Delegate(
      parent,
      {.subject = "child",
       .capabilities = {"spend", "send", "rest", "team", "alone"},
       .narrow =
           {{.capability = "spend", .parameter = "budget.limit", .value = Value{Money{most, 840}}},
            {.capability = "alone", .parameter = "maxPerDay.limit", .value = Value{int64_t{2}}}}},
      now_us);
  REQUIRE(grant.has_value());
  return *grant;
}

std::string Shown(Reader& reader, const Decision& decision, GrantId grant, const Frame& frame) {
  DecisionReport report = reader.Report(decision, grant, frame);
  AgentDecisionReport agent = reader.AgentReport(decision, grant, frame);
  report.id.clear();
  agent.id.clear();
  return ToJson(report) + ToJson(agent);
}

std::string Call(std::mt19937_64& random) {
  const std::string to = R"({"to":"t)" + std::to_string(random() % 3) + '"';
  const std::string n = R"("n":)" + std::to_string(random() % 9);
  switch (random() % 8) {
    case 0:
      return R"({"tool":"pay","arguments":)" + to + R"(,"amount":)" +
             std::to_string(random() % 100) + ".50," + n + "}}";
    case 1:
      return R"({"tool":"send","arguments":)" + to + "," + n + "}}";
    case 2:
      return R"({"tool":"look","arguments":)" + to + "}}";
    case 3:
      return R"({"tool":"once","arguments":{)" + n + "}}";
    case 4:
      return R"({"tool":"team","arguments":{)" + n + "}}";
    case 5:
      return R"({"tool":"alone","arguments":{)" + n + "}}";
    case 6:
      return R"({"tool":"spend","arguments":{"amount":)" + std::to_string(random() % 9) + ".50}}";
    default:
      return R"({"tool":"rest","arguments":{)" + n + "}}";
  }
}

std::vector<state::CounterView> Sorted(state::Store& store) {
  std::vector<state::CounterView> all = *store.Counters();
  std::ranges::sort(all, {},
                    [](const state::CounterView& of) { return std::pair(of.id.high, of.id.low); });
  return all;
}

void SameCounters(Side& near, Side& far) {
  const auto a = Sorted(*near.store), b = Sorted(*far.store);
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].id == b[i].id);
    REQUIRE(a[i].kind == b[i].kind);
    REQUIRE(a[i].used == b[i].used);
    REQUIRE(a[i].limit_value == b[i].limit_value);
    REQUIRE(a[i].end_us == b[i].end_us);
    REQUIRE(a[i].last_us == b[i].last_us);
  }
}

/// Both, and the same calls and changes for them.
class Pair {
 public:
  static constexpr size_t kMinted = 70, kDelegated = 20, kReaders = 2;
  struct Seen {
    int permitted = 0, spent = 0, settled = 0, delegated = 0;
  };

  Pair()
      : near_(state::NewMemoryStore(kKey)),
        far_(std::make_shared<Far>(state::NewMemoryStore(kKey))) {
    REQUIRE(near_.store->near());
    REQUIRE_FALSE(far_.store->near());
    for (Side* side : sides_) {
      Load(*side);
      for (size_t i = 0; i < kReaders; ++i) side->readers.push_back(side->engine->NewReader());
      for (uint64_t i = 0; i < kMinted; ++i) side->grants.push_back(Mint(*side, i % 4, now_us_));
      for (uint64_t i = 0; i < kDelegated; ++i) {
        const GrantId parent = side->grants[i % 2 == 0 ? i : kMinted + i - 1];
        side->grants.push_back(Delegate(*side, parent, i % 4 / 2, now_us_));
      }
    }
    for (size_t i = 0; i < kMinted; ++i) subjects_.push_back(i % 4 / 2 == 0 ? "a" : "b");
    subjects_.resize(kMinted + kDelegated, "child");
  }

  /// One call, and perhaps what comes of it.
  void Ask(Seen& seen) {
    // A clock that goes back now and then.
    now_us_ += static_cast<int64_t>(random_() % 400) * 1'000'000 - 20'000'000;
    json_ = Call(random_);
    // Mostly few grants, so that they are charged again; some share a place of the reader.
    nth_ = random_() % 4 == 0   ? random_() % kMinted
           : random_() % 3 == 0 ? kMinted + random_() % kDelegated
                                : random_() % 2 * 64;
    reader_ = random_() % kReaders;
    const bool settles = random_() % 2 == 0, commits = random_() % 2 == 0;
    Decision decisions[2];
    std::string shown[2];
    state::SettleStatus ends[2] = {};
    for (int s = 0; s < 2; ++s) {
      Reader& reader = sides_[s]->readers[reader_];
      const GrantId grant = sides_[s]->grants[nth_];
      const Frame frame = ParseRequest(*program_, json_, subjects_[nth_], now_us_);
      decisions[s] = reader.Authorize(grant, frame);
      shown[s] = Shown(reader, decisions[s], grant, frame);
      if (!settles) continue;
      ends[s] =
          commits ? reader.Commit(decisions[s], now_us_) : reader.Release(decisions[s], now_us_);
    }
    CAPTURE(json_);
    CAPTURE(shown[0]);
    CAPTURE(shown[1]);
    REQUIRE(SameDecision(decisions[0], decisions[1]));
    REQUIRE(shown[0] == shown[1]);
    REQUIRE(ends[0] == ends[1]);
    seen.permitted += decisions[0].permitted();
    seen.delegated += decisions[0].permitted() && nth_ >= kMinted;
    seen.spent += decisions[0].code == DecisionCode::kLimitExceeded;
    seen.settled += settles && decisions[0].reserved();
  }

  /// All records are made anew.
  void Reload() {
    for (Side* side : sides_) Load(*side);
  }
  void DelegateAgain() {
    const size_t child = kMinted + random_() % kDelegated, parent = random_() % kMinted;
    for (Side* side : sides_) {
      side->grants[child] = Delegate(*side, side->grants[parent], child, now_us_);
    }
  }
  /// The grant of the last call is revoked; its record and its row may become another's.
  void MintAgain() {
    if (nth_ >= kMinted) return;
    const uint64_t kind = random_() % 4;
    for (Side* side : sides_) {
      const GrantId gone = side->grants[nth_];
      REQUIRE(side->engine->Revoke(gone));
      side->grants[nth_] = Mint(*side, kind, now_us_);
      const Frame frame = ParseRequest(*program_, json_, subjects_[nth_], now_us_);
      REQUIRE_FALSE(side->readers[reader_].Authorize(gone, frame).permitted());
    }
    subjects_[nth_] = kind / 2 == 0 ? "a" : "b";
  }
  void CompareCounters() { SameCounters(near_, far_); }

 private:
  void Load(Side& side) { REQUIRE(side.engine->Load(program_).has_value()); }

  std::shared_ptr<const Program> program_ = MustCompile(kCounting);
  Side near_, far_;
  Side* const sides_[2] = {&near_, &far_};
  std::mt19937_64 random_{9};
  std::vector<std::string> subjects_;
  int64_t now_us_ = kNowUs;
  std::string json_;
  size_t nth_ = 0, reader_ = 0;
};

TEST_CASE("the short way says what the general way says") {
  Pair pair;
  Pair::Seen seen;
  for (int i = 0; i < 20'000; ++i) {
    CAPTURE(i);
    pair.Ask(seen);
    if (i % 8 == 0) pair.MintAgain();
    if (i % 16 == 3) pair.DelegateAgain();
    if (i % 4'000 == 1'234) pair.Reload();
    if (i % 250 == 0) pair.CompareCounters();
  }
  pair.CompareCounters();
  CHECK(seen.permitted > 4'000);
  CHECK(seen.spent > 1'000);
  CHECK(seen.settled > 500);
  CHECK(seen.delegated > 300);
}

// More capabilities than a reader has places for their charges.
TEST_CASE("each capability of many has its own limit") {
  constexpr int kMany = 130;
  std::string text =
      "module m\nimport std.quota\naction rest { n: int = 1 }\n"
      "policy p {\n  expires after 8h\n";
  for (int i = 0; i < kMany; ++i) {
    text += "  capability c" + std::to_string(i) + ": rest { require n == " + std::to_string(i) +
            "  rateLimit(2/hour, burst: 2) }\n";
  }
  const auto program = MustCompile(text + "}\n");
  auto engine = *Engine::Create({});
  REQUIRE(engine->Load(program).has_value());
  Reader reader = engine->NewReader();
  const GrantId grant = *engine->Mint(
      {.policy = "p", .subject = "s", .purpose = {}, .bound = {}, .ttl_us = kHourUs}, kNowUs);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kMany; ++i) {
      const std::string json = R"({"tool":"rest","arguments":{"n":)" + std::to_string(i) + "}}";
      const Decision decision = reader.Authorize(grant, ParseRequest(*program, json, "s", kNowUs));
      CAPTURE(i);
      REQUIRE(decision.permitted() == (round < 2));
    }
  }
}

/// Does something while it is asked.
class Busy : public state::test::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  bool near() const override { return true; }
  bool Take(std::span<const state::Charge> charges, const state::OperationId* operation,
            int64_t now_us, state::ChargeState* states) override {
    const bool taken = inner_->Take(charges, operation, now_us, states);
    if (meanwhile) meanwhile();
    return taken;
  }

  std::function<void()> meanwhile;
};

TEST_CASE("a grant that is revoked while the store is asked permits nothing and takes nothing") {
  const auto program = MustCompile(kCounting);
  const auto store = std::make_shared<Busy>(state::NewMemoryStore(kKey));
  Side side(store);
  REQUIRE(side.engine->Load(program).has_value());
  Reader reader = side.engine->NewReader();
  const auto ask = [&](GrantId grant) {
    return reader.Authorize(
        grant,
        ParseRequest(*program, R"({"tool":"spend","arguments":{"amount":4.00}})", "a", kNowUs));
  };
  const auto used = [&] {
    const auto counters = *store->Counters();
    REQUIRE(counters.size() == 1);
    return counters[0].used;
  };
  const GrantId grant = Mint(side, 0, kNowUs), other = Mint(side, 0, kNowUs);
  CHECK(ask(grant).permitted());  // so that the counter is there
  CHECK(ask(grant).permitted());
  REQUIRE(used() == 8'00);
  store->meanwhile = [&] { REQUIRE(side.engine->Revoke(grant)); };
  const Decision revoked = ask(grant);
  CHECK(revoked.code == DecisionCode::kGrantRevoked);
  CHECK_FALSE(revoked.reserved());
  CHECK(used() == 8'00);
  store->meanwhile = nullptr;
  CHECK(ask(other).permitted());
  CHECK(used() == 12'00);
}

/// Two capabilities that permit the same; what the second counts is open.
std::shared_ptr<const Program> TwoPermit(const std::string& second) {
  return MustCompile(R"(
module m
import std.quota
action pay { amount: money in "USD", n: int = 1 }
policy p {
  expires after 8h
  capability a: pay { require n == 1  rateLimit(100/hour, burst: 50) }
  capability b: pay { budget(90.00 USD, )" +
                     second + R"() of amount }
}
)");
}

// A store refuses a request of which one charge is bad, though it would take another one: so who
// permits is not charged alone where several do.
TEST_CASE("where several permit, both ways refuse what a store refuses") {
  const auto program = TwoPermit(R"(every: "hour")");
  const auto changed = TwoPermit(R"(every: "total", retain: 30d)");
  const Frame first =
      ParseRequest(*program, R"({"tool":"pay","arguments":{"amount":20.00}})", "a", kNowUs);
  const Frame second =
      ParseRequest(*program, R"({"tool":"pay","arguments":{"amount":20.00,"n":2}})", "a", kNowUs);
  for (const bool far : {false, true}) {
    for (const bool swept : {false, true}) {
      std::shared_ptr<state::Store> store = state::NewMemoryStore(kKey);
      if (far) store = std::make_shared<Far>(std::move(store));
      Side side(store);
      REQUIRE(side.engine->Load(program).has_value());
      Reader reader = side.engine->NewReader();
      const GrantId grant = *side.engine->Mint(
          {.policy = "p", .subject = "a", .purpose = {}, .bound = {}, .ttl_us = kHourUs}, kNowUs);
      REQUIRE(reader.Authorize(grant, first).permitted());
      REQUIRE(reader.Authorize(grant, second).permitted());  // so that both counters are there
      if (swept) {
        store->Sweep(kNowUs + 3 * kHourUs);
      } else {
        REQUIRE(side.engine->Load(changed).has_value());
      }
      CAPTURE(far);
      CAPTURE(swept);
      CHECK(reader.Authorize(grant, first).code == DecisionCode::kConstraintFault);
      CHECK(reader.Peek(grant, first).code == DecisionCode::kConstraintFault);
    }
  }
}

}  // namespace
}  // namespace cap::test
