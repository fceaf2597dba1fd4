#include "tests/sequences/mutants.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "tests/state/forwarding_store.h"

namespace cap::sequences {
namespace {

using state::Charge;
using state::CounterKind;

constexpr int64_t kHour = int64_t{3'600} * 1'000'000;
constexpr int64_t kDay = 24 * kHour;

/// A store in this process, every part of which a mutant can replace.
class Wrong : public state::test::ForwardingStore {
 public:
  Wrong() : ForwardingStore(state::NewMemoryStore(std::array<uint8_t, 16>{})) {}

  state::ReserveResult Reserve(const state::ReserveRequest& request,
                               std::span<state::ChargeState> states) override {
    std::vector<Charge> charges(request.charges.begin(), request.charges.end());
    state::ReserveRequest changed = request;
    for (size_t i = 0; i < charges.size(); ++i) {
      Change(charges[i], i < request.names.size() ? request.names[i] : state::CounterName());
    }
    ChangeAll(charges);
    changed.charges = charges;
    ChangeRequest(changed);
    const state::ReserveResult result = inner_->Reserve(changed, states);
    Answered(changed, result, states);
    return result;
  }
  bool keeps_names() const override { return true; }

 protected:
  virtual void Change(Charge&, const state::CounterName&) {}
  virtual void ChangeAll(std::vector<Charge>&) {}
  virtual void ChangeRequest(state::ReserveRequest&) {}
  virtual void Answered(const state::ReserveRequest&, const state::ReserveResult&,
                        std::span<state::ChargeState>) {}

  /// An operation that nobody asks for again.
  state::OperationId Fresh() { return {.high = ~uint64_t{0}, .low = ++fresh_}; }

 private:
  uint64_t fresh_ = 0;
};

/// It takes nothing, and fits.
void Drop(Charge& charge) {
  charge.kind = CounterKind::kBreaker;
  charge.id = {.high = 1, .low = 1};
}

/// One that reads its charges wrongly.
class WrongCharge final : public Wrong {
 public:
  using How = std::function<void(Charge&, const state::CounterName&)>;
  explicit WrongCharge(How how) : how_(std::move(how)) {}

 protected:
  void Change(Charge& charge, const state::CounterName& name) override { how_(charge, name); }

 private:
  How how_;
};

class CountsTwoOnce final : public Wrong {
  void ChangeAll(std::vector<Charge>& charges) override {
    for (size_t i = 0; i < charges.size(); ++i) {
      const auto same = [&](const Charge& each) { return each.id == charges[i].id; };
      if (std::any_of(charges.begin(), charges.begin() + static_cast<int64_t>(i), same)) {
        Drop(charges[i]);
      }
    }
  }
};

class ChargesWhatFits final : public Wrong {
  void Answered(const state::ReserveRequest& request, const state::ReserveResult& result,
                std::span<state::ChargeState>) override {
    if (result.status != state::ReserveStatus::kSpent || request.peek) return;
    for (const Charge& charge : request.charges) {
      if (charge.group != state::kEveryGroup) continue;
      state::ReserveRequest alone;
      alone.now_us = request.now_us;
      alone.operation = Fresh();
      alone.charges = {&charge, 1};
      inner_->Reserve(alone, {});
    }
  }
};

class PeekCharges final : public Wrong {
  void ChangeRequest(state::ReserveRequest& request) override {
    if (request.peek) request.operation = Fresh();
    request.peek = false;
  }
};

class ChargesAgain final : public Wrong {
 public:
  state::SettleStatus Commit(state::OperationId operation, std::optional<state::Actual> actual,
                             int64_t now_us) override {
    return Wrong::Commit(latest_[{operation.high, operation.low}], actual, now_us);
  }
  state::SettleStatus Release(state::OperationId operation, int64_t now_us) override {
    return Wrong::Release(latest_[{operation.high, operation.low}], now_us);
  }

 private:
  void ChangeRequest(state::ReserveRequest& request) override {
    if (request.peek || request.operation == state::kNoOperation) return;
    const state::OperationId fresh = Fresh();
    latest_[{request.operation.high, request.operation.low}] = fresh;
    request.operation = fresh;
  }
  std::map<std::pair<uint64_t, uint64_t>, state::OperationId> latest_;
};

class StampsAtOnce final : public Wrong {
  void Answered(const state::ReserveRequest& request, const state::ReserveResult& result,
                std::span<state::ChargeState>) override {
    if (result.status != state::ReserveStatus::kReserved || request.peek) return;
    state::ReserveRequest stamps;
    stamps.now_us = request.now_us;
    stamps.operation = Fresh();
    stamps.stamps = request.stamps;
    inner_->Reserve(stamps, {});
    inner_->Commit(stamps.operation, std::nullopt, request.now_us);
  }
};

class StampsNothing final : public Wrong {
  void ChangeRequest(state::ReserveRequest& request) override { request.stamps = {}; }
};

class TriesTheFirst final : public Wrong {
  void ChangeAll(std::vector<Charge>& charges) override {
    for (Charge& charge : charges) {
      const bool takes = charge.kind == CounterKind::kQuota || charge.kind == CounterKind::kRecent;
      if (charge.alternative > 0 && takes) charge.limit = 0;
    }
  }
};

class TriesTheFree final : public Wrong {
  void ChangeRequest(state::ReserveRequest& request) override {
    free_.assign(request.free.begin(), request.free.end());
    for (uint16_t& each : free_) each = each == state::kNoFree ? each : uint16_t{0};
    request.free = free_;
  }
  std::vector<uint16_t> free_;
};

class IgnoresActual final : public Wrong {
 public:
  state::SettleStatus Commit(state::OperationId operation, std::optional<state::Actual> actual,
                             int64_t now_us) override {
    if (actual) actual->amount = std::max<int64_t>(actual->amount, 1);
    return Wrong::Commit(operation, actual, now_us);
  }
};

class KeepsReleased final : public Wrong {
 public:
  state::SettleStatus Release(state::OperationId operation, int64_t now_us) override {
    return Wrong::Commit(operation, std::nullopt, now_us);
  }
};

class GivesBackCommitted final : public Wrong {
 public:
  state::SettleStatus Commit(state::OperationId operation, std::optional<state::Actual>,
                             int64_t now_us) override {
    return Wrong::Release(operation, now_us);
  }
};

/// A breaker with other numbers.
class WrongBreaker final : public Wrong {
 public:
  using How = std::function<void(int64_t& limit, int64_t& window_us, int64_t& suspend_us)>;
  explicit WrongBreaker(How how) : how_(std::move(how)) {}

  state::SettleStatus CountViolation(state::CounterId id, int64_t limit, int64_t window_us,
                                     int64_t suspend_us, int64_t now_us) override {
    how_(limit, window_us, suspend_us);
    return Wrong::CountViolation(id, limit, window_us, suspend_us, now_us);
  }

 private:
  How how_;
};

/// One that counts rightly and says it wrongly.
class WrongAnswer final : public Wrong {
 public:
  using How = std::function<void(state::ChargeState&)>;
  explicit WrongAnswer(How how) : how_(std::move(how)) {}

 private:
  void Answered(const state::ReserveRequest&, const state::ReserveResult&,
                std::span<state::ChargeState> states) override {
    std::ranges::for_each(states, how_);
  }
  How how_;
};

/// … whose charges of one kind are changed.
Mutant Of(std::string what, CounterKind kind, std::function<void(Charge&)> change) {
  return {std::move(what), [kind, change] {
            return std::make_unique<WrongCharge>([kind, change](Charge& charge, const auto&) {
              if (charge.kind == kind) change(charge);
            });
          }};
}

template <typename Store>
Mutant Whole(std::string what) {
  return {std::move(what), [] { return std::make_unique<Store>(); }};
}

Mutant Breaker(std::string what, WrongBreaker::How how) {
  return {std::move(what), [how] { return std::make_unique<WrongBreaker>(how); }};
}

Mutant Answer(std::string what, WrongAnswer::How how) {
  return {std::move(what), [how] { return std::make_unique<WrongAnswer>(how); }};
}

Mutant Named(std::string what, WrongCharge::How how) {
  return {std::move(what), [how] { return std::make_unique<WrongCharge>(how); }};
}

void ForgetKey(Charge& charge, const state::CounterName& name) {
  const bool counts = charge.kind != CounterKind::kBreaker && charge.kind != CounterKind::kAfter &&
                      charge.kind != CounterKind::kNotAfter;
  const std::string whole = fmt::format("{}|{}|{}", name.policy, name.limit, name.constraint);
  if (counts) charge.id = {.high = std::hash<std::string>()(whole), .low = charge.unit};
}

}  // namespace

std::vector<Mutant> Mutants() {
  std::vector<Mutant> all;
  const auto of = [&](const char* what, CounterKind kind, std::function<void(Charge&)> change) {
    all.push_back(Of(what, kind, std::move(change)));
  };
  of("the interval of a rate is a microsecond short", CounterKind::kRate,
     [](Charge& c) { --c.span_us; });
  of("a rate lets one more through at once", CounterKind::kRate, [](Charge& c) { ++c.limit; });
  of("a call counts to the end of a window, inclusively", CounterKind::kRecent,
     [](Charge& c) { ++c.span_us; });
  of("a window ends a microsecond early", CounterKind::kRecent, [](Charge& c) { --c.span_us; });
  of("a day has 24 hours", CounterKind::kQuota, [](Charge& c) {
    const int64_t length = c.end_us - c.begin_us;
    if (22 * kHour < length && length < kDay) c.end_us = c.begin_us + kDay;
  });
  of("an hour more of a month", CounterKind::kQuota, [](Charge& c) {
    if (c.end_us - c.begin_us > 20 * kDay) c.end_us += kHour;
  });
  of("a week has 168 hours", CounterKind::kQuota, [](Charge& c) {
    if (c.end_us - c.begin_us == 167 * kHour) c.end_us += kHour;
  });
  of("a quota lets one more through", CounterKind::kQuota, [](Charge& c) { ++c.limit; });
  of("only what is constant is counted by its amount", CounterKind::kQuota, [](Charge& c) {
    if ((c.unit & state::kFixed) == 0) c.amount = 1;
  });
  of("an actual settles a count of calls too", CounterKind::kQuota,
     [](Charge& c) { c.unit = state::CurrencyOf(c.unit); });
  of("a total is never forgotten", CounterKind::kTotal, [](Charge& c) { c.span_us = 0; });
  of("a hold ends a microsecond late", CounterKind::kGauge, [](Charge& c) { ++c.span_us; });
  of("a hold takes one, whatever it says", CounterKind::kGauge, [](Charge& c) { c.amount = 1; });
  of("a history holds a microsecond less", CounterKind::kAfter, [](Charge& c) { --c.span_us; });
  of("`not after` forgets a microsecond early", CounterKind::kNotAfter,
     [](Charge& c) { --c.span_us; });
  of("nobody asks whether the breaker is open", CounterKind::kBreaker, Drop);
  all.push_back(Named("what a link narrows is not counted", [](Charge& c, const auto& name) {
    if (name.key.find("delegated") != std::string_view::npos) Drop(c);
  }));
  all.push_back(Named("all keys are one counter", ForgetKey));
  all.push_back(Whole<CountsTwoOnce>("two actions of a call are counted once"));
  all.push_back(Whole<ChargesWhatFits>("what fits is charged though the call is denied"));
  all.push_back(Whole<PeekCharges>("a peek charges"));
  all.push_back(Whole<ChargesAgain>("an operation is charged each time"));
  all.push_back(Whole<StampsAtOnce>("what is permitted counts as carried out"));
  all.push_back(Whole<StampsNothing>("nothing that is carried out is remembered"));
  all.push_back(Whole<TriesTheFirst>("of alternatives, the first alone is charged"));
  all.push_back(Whole<TriesTheFree>("an alternative that is charged nothing goes first"));
  all.push_back(Whole<IgnoresActual>("what took nothing took one"));
  all.push_back(Whole<KeepsReleased>("a release gives nothing back"));
  all.push_back(Whole<GivesBackCommitted>("a commit gives back"));
  all.push_back(Breaker("the breaker waits for one denial more",
                        [](int64_t& limit, int64_t&, int64_t&) { ++limit; }));
  all.push_back(Breaker("the breaker forgets denials early",
                        [](int64_t&, int64_t& window_us, int64_t&) { window_us /= 2; }));
  all.push_back(Breaker("the breaker is open a microsecond longer",
                        [](int64_t&, int64_t&, int64_t& suspend_us) { ++suspend_us; }));
  all.push_back(Answer("one more remains than there is", [](auto& s) { ++s.remains; }));
  all.push_back(Answer("the time to try again is a microsecond early", [](auto& s) {
    if (s.retry_after_us > 0 && s.retry_after_us != state::kNever) --s.retry_after_us;
  }));
  return all;
}

}  // namespace cap::sequences
