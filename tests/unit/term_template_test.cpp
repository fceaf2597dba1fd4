// What a template of a limit says of a call is what a LimitReader says: verdict and charge, bit by
// bit, over random terms, constants and calls. And an engine that goes the short way asks its store
// for what one asks that goes the general way.
#include "runtime/engine/term_template.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>

#include "runtime/engine/limit_reader.h"
#include "runtime/value/zone.h"
#include "tests/state/blind_store.h"
#include "tests/unit/engine_world.h"

#pragma GCC diagnostic push
// What is written by hand names only the fields that matter here.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace cap::test {
namespace {

using engine::TermTemplate;
using engine::TypedSlot;
using Source = LimitOperand::Source;
using Way = TermTemplate::Way;

constexpr uint32_t kSlots = 12;
constexpr int64_t kDayUs = 24 * kHourUs;

/// The types that operands have, by their places in the Program.
enum TypeAt : TypeIndex {
  kInt, kMoney, kRateType, kDuration, kPeriodType, kZoneType, kString, kEnum, kDate, kInstant,
  kBool, kDecimal
};

std::shared_ptr<const Program> TypesOnly() {
  Program program;
  for (const TypeKind kind :
       {TypeKind::kInt, TypeKind::kMoney, TypeKind::kRate, TypeKind::kDuration, TypeKind::kEnum,
        TypeKind::kZone, TypeKind::kString, TypeKind::kEnum, TypeKind::kDate, TypeKind::kInstant,
        TypeKind::kBool, TypeKind::kDecimal}) {
    program.types.push_back({.kind = kind});
  }
  program.types[kEnum].ref = 1;
  program.types[kDecimal].ref = 3;
  program.enums.push_back({.name = "period", .members = {"hour", "day", "week", "month", "total"}});
  program.enums.push_back({.name = "colour", .members = {"red", "green", "blue"}});
  return std::make_shared<const Program>(std::move(program));
}

/// A zone whose clocks go forward and back each half a year, from 1960 to 2120.
std::vector<uint32_t> Summer(int64_t offset_s) {
  std::vector<uint32_t> words;
  constexpr int64_t kHalfYear = 182 * 86'400;
  int64_t second = -3'600 * 24 * 3'653;
  for (int nth = 0; nth < 322; ++nth, second += kHalfYear) {
    zone::Append(second, offset_s + (nth % 2) * 3'600, words);
  }
  zone::Append(second, 0, words);
  return words;
}

/// A limit, its constants and a call.
struct Case {
  LimitTerm term;
  std::vector<TypedSlot> constants;
  struct {
    FrameHeader header;
    Slot slots[kSlots];
  } frame;
  state::CounterId id, subject;
  uint32_t number = 0;  // of the Load
};

class Cases {
 public:
  explicit Cases(uint64_t seed) : random_(seed) {
    for (const int64_t offset : {3'600, -18'000, 12'600}) zones_.push_back(Summer(offset));
  }

  Case Next() {
    Case made;
    made.id = {random_(), random_()};
    made.subject = {random_(), random_()};
    made.number = static_cast<uint32_t>(1 + Below(3));
    for (uint32_t i = 0; i < kSlots; ++i) made.frame.slots[i] = Value(SlotType(i));
    made.frame.header.present[0] = One(4) ? random_() : ~uint64_t{0};
    made.frame.header.now_us = Now();
    LimitTerm& term = made.term;
    term.kind = static_cast<LimitKind>(Below(6));
    term.clause = static_cast<uint32_t>(Below(64));
    term.on_store_error = One(2) ? OnStoreError::kPermit : OnStoreError::kDeny;
    const bool money = One(2) && term.kind != LimitKind::kRate;
    const TypeIndex amount = money ? kMoney : kInt;
    term.amount = Operand(made, amount, One(2) ? Source::kConst : Source::kSlot);
    term.limit = Operand(made, term.kind == LimitKind::kRate ? kRateType : amount, Usual());
    if (One(2)) term.burst = Operand(made, kInt, Usual());
    term.period = Operand(made, kPeriodType, Usual());
    if (One(2)) term.zone = Operand(made, kZoneType, Source::kConst);
    if (!One(16)) term.span = Operand(made, kDuration, Usual());
    if (term.kind == LimitKind::kAfter || term.kind == LimitKind::kNotAfter) term.history = 0;
    for (uint64_t left = Below(4); left > 0; --left) term.keys.push_back(Key(made));
    return made;
  }

 private:
  uint64_t Below(uint64_t end) { return random_() % end; }
  bool One(uint64_t of) { return Below(of) == 0; }
  Source Usual() { return One(24) ? Source::kSlot : Source::kConst; }
  static TypeIndex SlotType(uint32_t slot) {
    constexpr TypeIndex kOf[kSlots] = {kInt,  kMoney, kString,  kEnum,     kDate,    kInstant,
                                       kBool, kDecimal, kDuration, kRateType, kMoney, kInt};
    return kOf[slot];
  }
  LimitOperand Operand(Case& in, TypeIndex type, Source source) {
    if (source == Source::kConst) {
      in.constants.push_back({type, Value(type)});
      return {source, static_cast<uint32_t>(in.constants.size() - 1), type};
    }
    for (uint32_t i = 0; i < kSlots; ++i) {
      const uint32_t slot = (i + static_cast<uint32_t>(in.id.low)) % kSlots;
      if (SlotType(slot) == type) return {source, slot, type};
    }
    return {};
  }
  LimitOperand Key(Case& in) {
    constexpr TypeIndex kOf[] = {kString, kInt, kEnum, kDate, kInstant, kBool, kDecimal, kMoney,
                                 kDuration, kRateType};
    const uint64_t what = Below(4);
    if (what == 0) return {};
    return Operand(in, kOf[Below(std::size(kOf))], what == 1 ? Source::kConst : Source::kSlot);
  }

  int64_t Number() {
    constexpr int64_t kOf[] = {1, 2, 100, 3'600, 0, -1, limits::kQuantity, limits::kQuantity + 1,
                               INT64_MIN, INT64_MAX, limits::kRecentTimes,
                               limits::kRecentTimes + 1};
    return One(2) ? static_cast<int64_t>(1 + Below(100'000)) : kOf[Below(std::size(kOf))];
  }
  int64_t Time() {
    constexpr int64_t kOf[] = {1, 0, -1, limits::kStampKeepUs, limits::kStampKeepUs + 1,
                               limits::kTimeUs, limits::kTimeUs + 1, limits::kRateIntervalUs};
    return One(3) ? kOf[Below(std::size(kOf))] : static_cast<int64_t>(Below(9)) * kHourUs;
  }
  // Often one of few days, so that a period is asked for again.
  int64_t Now() {
    constexpr int64_t kOf[] = {0, -1, 1, limits::kTimeUs, limits::kTimeUs + 1, kHourUs, kDayUs};
    if (One(16)) return kOf[Below(std::size(kOf))];
    if (One(4)) return static_cast<int64_t>(Below(limits::kTimeUs));
    return kNowUs + static_cast<int64_t>(Below(600)) * kHourUs / 2 - One(3);
  }
  Slot Value(TypeIndex type) {
    static constexpr std::string_view kTexts[] = {"", "a", "customer-17", "ümlaut", "a rather long "
                                                  "key that no small buffer would ever hold"};
    constexpr uint64_t kCurrencies[] = {840, 840, 840, 978, 0, 70'000};
    switch (type) {
      case kMoney: return {static_cast<uint64_t>(Number()), kCurrencies[Below(6)]};
      case kRateType:
        return {static_cast<uint64_t>(One(3) ? Number() : 1 + static_cast<int64_t>(Below(50))),
                static_cast<uint64_t>(Time())};
      case kDuration:
      case kInstant: return {static_cast<uint64_t>(Time()), 0};
      case kPeriodType: return {One(32) ? 5 + Below(3) : Below(5), 0};
      case kZoneType: {
        const std::vector<uint32_t>& words = zones_[Below(zones_.size())];
        return {reinterpret_cast<uintptr_t>(words.data()), PackPair(
                    static_cast<uint32_t>(words.size()), static_cast<uint32_t>(TableKind::kZone))};
      }
      case kString: return StringSlot(kTexts[Below(std::size(kTexts))]);
      case kEnum: return {Below(4), 0};  // one that the type does not have
      case kBool: return {Below(2), 0};
      case kDecimal: return {random_(), One(2) ? 0 : ~uint64_t{0}};
      default: return {static_cast<uint64_t>(Number()), 0};
    }
  }

  std::mt19937_64 random_;
  std::vector<std::vector<uint32_t>> zones_;
};

/// Both ways, side by side.
class Judge {
 public:
  TermTemplate Make(const Case& of) const {
    return engine::MakeTemplate(*program_, hash_, of.term, of.id, {}, of.constants);
  }
  /// Whether the template says of the call what the rule says; `good`: the call can be charged.
  bool Same(const Case& of, const TermTemplate& made, bool& good) {
    std::vector<Slot> constants;
    for (const TypedSlot& each : of.constants) constants.push_back(each.slot);
    CapabilityRecord record;
    record.consts = constants.data();
    const Shape shape;
    state::Charge rule, charge;
    good = engine::LimitReader(state_, &of.frame.header, hash_,
                               {.term = &of.term, .shape = &shape, .record = &record})
               .Read(of.id, of.subject, rule);
    const bool filled = engine::Fill(made,
                                     {.program = *program_,
                                      .number = of.number,
                                      .frame = &of.frame.header,
                                      .hash = hash_,
                                      .subject = of.subject,
                                      .periods = periods_,
                                      .parts = parts_},
                                     charge);
    rule.group = charge.group;
    return filled == good && (!good || charge == rule);
  }

 private:
  std::shared_ptr<const Program> program_ = TypesOnly();
  engine::EpochDomain epochs_{false};
  engine::Limbo limbo_{epochs_};
  engine::ProgramState state_{program_, {}, HashSeed{1, 2}, limbo_};
  engine::CounterHash hash_{{7, 1, 2}};
  engine::PeriodCache periods_;
  engine::PartCache parts_;
};

TEST_CASE("a template says what the rule says") {
  Cases cases(11);
  Judge judge;
  std::map<std::pair<LimitKind, Way>, std::pair<int, int>> seen;  // those that say yes, and no
  for (int i = 0; i < 400'000; ++i) {
    const Case each = cases.Next();
    const TermTemplate made = judge.Make(each);
    if (made.way == Way::kGeneral) continue;
    bool good = false;
    const bool same = judge.Same(each, made, good);
    CAPTURE(i);
    REQUIRE(same);
    auto& [yes, no] = seen[{each.term.kind, made.way}];
    ++(good ? yes : no);
  }
  for (int kind = 0; kind < 6; ++kind) {
    const auto& [yes, no] = seen[{static_cast<LimitKind>(kind), Way::kReady}];
    CAPTURE(kind);
    CHECK(yes > 1'000);
    CHECK(no > 100);
  }
  CHECK(seen[{LimitKind::kQuota, Way::kCalendar}].first > 1'000);
  CHECK(seen[{LimitKind::kQuota, Way::kCalendar}].second > 100);
}

TEST_CASE("what an instruction computes is for the reader to say") {
  Cases cases(12);
  Judge judge;
  int made = 0;
  for (int i = 0; i < 10'000; ++i) {
    Case each = cases.Next();
    if (judge.Make(each).way == Way::kGeneral) continue;
    ++made;
    for (LimitOperand* operand : {&each.term.amount, &each.term.limit, &each.term.span}) {
      Case other = each;
      const bool reads = operand == &each.term.amount ? each.term.history == kNone
                         : operand == &each.term.limit
                             ? each.term.history == kNone
                             : each.term.kind != LimitKind::kRate &&
                                   each.term.kind != LimitKind::kQuota;
      if (!reads) continue;
      LimitOperand& changed = operand == &each.term.amount  ? other.term.amount
                              : operand == &each.term.limit ? other.term.limit
                                                            : other.term.span;
      changed.source = Source::kInst;
      CHECK(judge.Make(other).way == Way::kGeneral);
    }
  }
  CHECK(made > 1'000);
}

// Controls: a template that is wrong in one place is found out.
TEST_CASE("a wrong template is found") {
  const std::pair<const char*, std::function<void(TermTemplate&)>> wrong[] = {
      {"limit", [](TermTemplate& t) { ++t.charge.limit; }},
      {"span", [](TermTemplate& t) { ++t.charge.span_us; }},
      {"unit", [](TermTemplate& t) { t.charge.unit ^= state::kFixed; }},
      {"on_store_error", [](TermTemplate& t) { t.charge.permit_without_store ^= true; }},
      {"kind", [](TermTemplate& t) { t.charge.kind = state::CounterKind::kBreaker; }},
      {"constant keys", [](TermTemplate& t) { t.charge.id.low ^= 1; }},
      {"any currency will do", [](TermTemplate& t) { t.currency = 0; }},
      {"the amount stays one", [](TermTemplate& t) { t.amount_slot = kNone; }},
      {"another amount", [](TermTemplate& t) { t.amount_slot ^= t.amount_slot < 2 ? 1 : 0; }},
      {"the bounds stay open", [](TermTemplate& t) { t.way = Way::kReady; }},
      {"no zone", [](TermTemplate& t) { t.zone = t.zone_words = 0; }},
      {"another period", [](TermTemplate& t) { t.period = Period::kHour; }},
      {"only the subject", [](TermTemplate& t) { t.own = true; }},
      {"one key less", [](TermTemplate& t) { t.key_count -= t.key_count > 0 && !t.own; }},
      {"keys in another order",
       [](TermTemplate& t) { std::swap(t.keys[0].shift, t.keys[1].shift); }},
      {"a text that is none", [](TermTemplate& t) { t.keys[0].type = kInt, t.keys[0].text = 0; }},
      {"the subject for a key", [](TermTemplate& t) { t.keys[0].slot = kNone; }},
  };
  for (const auto& [what, spoil] : wrong) {
    Cases cases(13);
    Judge judge;
    bool found = false;
    for (int i = 0; i < 100'000 && !found; ++i) {
      const Case each = cases.Next();
      TermTemplate made = judge.Make(each);
      if (made.way == Way::kGeneral) continue;
      spoil(made);
      bool good = false;
      found = !judge.Same(each, made, good);
    }
    CAPTURE(what);
    CHECK(found);
  }
}

/// A store that says yes, and writes down what it was asked.
class Scribe : public state::test::BlindStore {
 public:
  explicit Scribe(bool names) : names_(names) {}
  state::ReserveResult Reserve(const state::ReserveRequest& request,
                               std::span<state::ChargeState> states) override {
    asked.emplace_back(request.charges.begin(), request.charges.end());
    kept.push_back(request.operation != state::kNoOperation);
    for (state::ChargeState& each : states) each = {true, true, 0, 0};
    return {.status = state::ReserveStatus::kReserved};
  }
  /// As a store in memory is asked, unless it keeps names.
  bool near() const override { return !names_; }
  bool Take(std::span<const state::Charge> charges, const state::OperationId* operation, int64_t,
            state::ChargeState* states) override {
    asked.emplace_back(charges.begin(), charges.end());
    kept.push_back(operation != nullptr);
    std::fill_n(states, charges.size(), state::ChargeState{true, true, 0, 0});
    return true;
  }
  bool keeps_names() const override { return names_; }

  std::vector<std::vector<state::Charge>> asked;
  std::vector<bool> kept;

 private:
  const bool names_;
};

constexpr const char* kHead = R"(
module m
import std.quota
context bound { most: money in "USD", often: int }
action pay { to: string, amount: money in "USD", n: int = 1 }
action send { to: string, n: int = 1 }
action look { to: string }
policy p {
  expires after 50d)";

constexpr const char* kPolicy = R"(
  capability pay {
    require amount <= 500.00 USD
    budget(most, every: "day", zone: "Europe/Vienna", per: to) of amount when n < 7
    maxPerMonth(often, zone: "America/New_York") when n < 9
    rateLimit(100/hour, burst: 20)
  }
  capability send {
    maxPerWeek(often, per: [subject, to]) when n > 1
    maxOpen(10, expires: 1h) when n > 2
    maxPerHour(n * 2) when n == 4
  }
  capability look { maxQueries(often, per: to) }
}
)";

/// What makes a call unusual.
constexpr const char* kMore = R"(
  circuit_breaker { maxViolations(3) window(5m) suspendDuration(30m) }
  limit daily on pay, send { consume 1 of quota(often, every: "day") }
  capability small: pay {
    require amount <= 50.00 USD
    budget(most, every: "day", zone: "Europe/Vienna", per: to) of amount
  }
  capability large: pay { maxPerMonth(often) rateLimit(100/hour, burst: 20, per: to) when n < 5 }
  capability send {
    require after look(to: to) within 1h
    maxOpen(10, expires: 1h) when n > 2
    maxPerHour(n * 2) when n == 4
  }
  capability look { maxQueries(often, per: to) }
}
)";

/// A store that keeps names is asked as the readers say.
void AskBoth(const std::string& capabilities) {
  const auto program = MustCompile(kHead + capabilities);
  std::shared_ptr<Scribe> stores[2];
  std::unique_ptr<Engine> engines[2];
  std::unique_ptr<Reader> readers[2];
  std::vector<GrantId> grants[2];
  for (int i = 0; i < 2; ++i) {
    stores[i] = std::make_shared<Scribe>(i == 1);
    EngineOptions options;
    options.store = stores[i];
    engines[i] = std::move(*Engine::Create(options));
    REQUIRE(engines[i]->Load(program).has_value());
    readers[i] = std::make_unique<Reader>(engines[i]->NewReader());
    for (const int64_t most : {100'00, 70'00, 100'00}) {
      const auto grant = engines[i]->Mint({.policy = "p",
                                           .subject = most == 70'00 ? "a" : "b",
                                           .purpose = {},
                                           .bound = {{"most", Value{Money{most, 840}}},
                                                     {"often", Value{most / 10}}},
                                           .ttl_us = 50 * kDayUs},
                                          kNowUs);
      REQUIRE(grant.has_value());
      grants[i].push_back(*grant);
    }
  }
  std::mt19937_64 random(5);
  size_t charged = 0;
  for (int i = 0; i < 6'000; ++i) {
    const std::string to = "t" + std::to_string(random() % 3);
    const std::string n = std::to_string(random() % 10);
    const std::string amount = std::to_string(random() % 120) + ".00";
    const std::string json =
        random() % 3 == 0 ? R"({"tool":"look","arguments":{"to":")" + to + "\"}}"
        : random() % 2 == 0
            ? R"({"tool":"send","arguments":{"to":")" + to + R"(","n":)" + n + "}}"
            : R"({"tool":"pay","arguments":{"to":")" + to + R"(","amount":)" + amount +
                  R"(,"n":)" + n + "}}";
    const int64_t now_us = kNowUs + static_cast<int64_t>(random() % 1'000) * kHourUs;
    const size_t grant = random() % 3;
    Decision decisions[2];
    for (int e = 0; e < 2; ++e) {
      const std::string subject = grant == 1 ? "a" : "b";
      decisions[e] = readers[e]->Authorize(grants[e][grant],
                                           ParseRequest(*program, json, subject, now_us));
    }
    CAPTURE(json);
    REQUIRE(SameDecision(decisions[0], decisions[1]));
    REQUIRE(stores[0]->asked == stores[1]->asked);
    REQUIRE(stores[0]->kept == stores[1]->kept);
    charged += stores[0]->asked.size();
    for (const auto& store : stores) {
      store->asked.clear();
      store->kept.clear();
    }
    // Half way, records are made anew.
    if (i == 3'000) {
      for (const auto& each : engines) REQUIRE(each->Load(program).has_value());
    }
  }
  CHECK(charged > 3'000);
}

TEST_CASE("the usual way asks for what the general way asks for") { AskBoth(kPolicy); }

TEST_CASE("the general way may take templates") { AskBoth(kMore); }

}  // namespace
}  // namespace cap::test

#pragma GCC diagnostic pop
