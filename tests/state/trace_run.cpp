#include <fmt/format.h>

#include <map>

#include "tests/state/trace.h"

namespace cap::state::test {
namespace {

constexpr std::pair<std::string_view, CounterKind> kKinds[] = {
    {"rate", CounterKind::kRate},          {"recent", CounterKind::kRecent},
    {"quota", CounterKind::kQuota},        {"total", CounterKind::kTotal},
    {"gauge", CounterKind::kGauge},        {"after", CounterKind::kAfter},
    {"not_after", CounterKind::kNotAfter}, {"breaker", CounterKind::kBreaker},
};

std::string_view NameOf(ReserveStatus status) {
  switch (status) {
    case ReserveStatus::kReserved:
      return "reserved";
    case ReserveStatus::kSpent:
      return "spent";
    case ReserveStatus::kBadRequest:
      return "bad";
    case ReserveStatus::kUnavailable:
      return "unavailable";
    case ReserveStatus::kRewound:
      return "rewound";
  }
  return "?";
}

std::string_view NameOf(SettleStatus status) {
  switch (status) {
    case SettleStatus::kSettled:
      return "settled";
    case SettleStatus::kAlready:
      return "already";
    case SettleStatus::kConflict:
      return "conflict";
    case SettleStatus::kUnknown:
      return "unknown";
    case SettleStatus::kBadRequest:
      return "bad";
    case SettleStatus::kUnavailable:
      return "unavailable";
  }
  return "?";
}

std::string TimeText(int64_t us) { return us == kNever ? "never" : std::to_string(us); }

/// A case that runs: names have become numbers.
class Runner {
 public:
  Runner(const Case& trace, const Maker& maker, bool states)
      : trace_(trace), world_(maker.make(trace.sizes)), states_(states) {}

  std::vector<std::string> Run() {
    for (const Step& step : trace_.steps) {
      step_ = &step;
      Do();
      if (!failures_.empty()) break;  // what follows would only say it again
    }
    return std::move(failures_);
  }

 private:
  void Do() {
    const std::string& verb = step_->verb;
    if (verb == "charge") return Declare();
    if (verb == "reserve" || verb == "peek") return Reserve(verb == "peek");
    if (verb == "commit" || verb == "release") return Settle(verb == "commit");
    if (verb == "violation") return Violation();
    if (verb == "show") return Show();
    if (verb == "sweep") {
      return Expect(std::to_string(store().Sweep(step_->at_us)));
    }
    if (verb == "reset") {
      const auto known = store().Reset(IdOf(FirstWord()));
      return Expect(!known ? "unavailable" : *known ? "yes" : "no");
    }
    if (verb == "reopen") {
      if (!world_->Reopen()) Fail("a durable store", "one that is gone");
      return;
    }
    Fail("a verb", verb);
  }

  Store& store() { return world_->At(step_->handle); }
  std::string FirstWord() const { return step_->words.empty() ? "" : step_->words[0].key; }

  void Fail(std::string_view expected, std::string_view got) {
    failures_.push_back(fmt::format("{}: expected {}, got {}", step_->line, expected, got));
  }
  void Expect(std::string_view got) {
    if (!step_->expect.empty() && step_->expect[0].key != got) Fail(step_->expect[0].key, got);
  }
  void ExpectValue(const Word& word, std::string_view got) {
    if (word.value != got) Fail(word.key + "=" + word.value, got);
  }

  CounterId IdOf(const std::string& name) {
    return {7, ids_.try_emplace(name, ids_.size() + 1).first->second};
  }
  OperationId OperationOf(const std::string& name) {
    return {9, operations_.try_emplace(name, operations_.size() + 1).first->second};
  }
  int64_t TimeOf(const std::string& text) {
    const auto time = ReadTime(text);
    if (!time) Fail("a time", text);
    return time.value_or(0);
  }
  int64_t IntegerOf(const std::string& text) {
    const auto integer = ReadInteger(text);
    if (!integer) Fail("an integer", text);
    return integer.value_or(0);
  }

  // charge NAME KIND [of=COUNTER] [amount=N] [limit=N] [span=T] [begin=T] [end=T] [unit=N]
  void Declare() {
    if (step_->words.size() < 2) return Fail("a name and a kind", "less");
    Charge charge;
    const std::string name = FirstWord();
    std::string of = name;
    bool known = false;
    for (const auto& [text, kind] : kKinds) {
      if (text != step_->words[1].key) continue;
      charge.kind = kind;
      known = true;
    }
    if (!known) return Fail("a kind", step_->words[1].key);
    for (size_t i = 2; i < step_->words.size(); ++i) {
      const auto& [key, value, has_value] = step_->words[i];
      if (key == "of")
        of = value;
      else if (key == "amount")
        charge.amount = IntegerOf(value);
      else if (key == "limit")
        charge.limit = IntegerOf(value);
      else if (key == "span")
        charge.span_us = TimeOf(value);
      else if (key == "begin")
        charge.begin_us = TimeOf(value);
      else if (key == "end")
        charge.end_us = TimeOf(value);
      else if (key == "unit")
        charge.unit = static_cast<uint16_t>(IntegerOf(value));
      else
        Fail("what a charge has", key);
    }
    charge.id = IdOf(of);
    charges_[name] = charge;
  }

  struct Request {
    OperationId operation = kNoOperation;
    std::vector<std::string> names;
    std::vector<Charge> charges;
    std::vector<uint16_t> free;
    std::vector<Stamp> stamps;
  };

  // op=NAME · NAME, NAME*AMOUNT · [ alternatives | of a group | free ] · stamp=NAME[/KEEP]
  Request ReadRequest() {
    Request request;
    uint16_t group = 0, alternative = 0;
    bool inside = false;
    for (const auto& [key, value, has_value] : step_->words) {
      if (key == "op") {
        request.operation = OperationOf(value);
      } else if (key == "stamp") {
        const size_t slash = std::min(value.find('/'), value.size());
        Stamp stamp{IdOf(value.substr(0, slash))};
        if (slash < value.size()) stamp.keep_us = TimeOf(value.substr(slash + 1));
        request.stamps.push_back(stamp);
      } else if (key == "[") {
        inside = true;
        alternative = 0;
        request.free.push_back(kNoFree);
      } else if (key == "|") {
        ++alternative;
      } else if (key == "]") {
        inside = false;
        ++group;
      } else if (key == "free" && inside) {
        request.free.back() = alternative;
      } else {
        AddCharge(key, inside ? group : kEveryGroup, inside ? alternative : uint16_t{0}, request);
      }
    }
    return request;
  }

  void AddCharge(const std::string& word, uint16_t group, uint16_t alternative, Request& request) {
    const size_t star = std::min(word.find('*'), word.size());
    const auto named = charges_.find(word.substr(0, star));
    if (named == charges_.end()) return Fail("the name of a charge", word);
    Charge charge = named->second;
    if (star < word.size()) charge.amount = IntegerOf(word.substr(star + 1));
    charge.group = group;
    charge.alternative = alternative;
    request.names.push_back(named->first);
    request.charges.push_back(charge);
  }

  void Reserve(bool peek) {
    const Request asked = ReadRequest();
    if (!failures_.empty()) return;
    std::vector<ChargeState> states(states_ ? asked.charges.size() : 0);
    const ReserveResult result = store().Reserve({.now_us = step_->at_us,
                                                  .operation = asked.operation,
                                                  .charges = asked.charges,
                                                  .free = asked.free,
                                                  .stamps = asked.stamps,
                                                  .names = {},
                                                  .peek = peek},
                                                 states);
    Expect(NameOf(result.status));
    bool may_be_repeated = false;
    for (size_t i = 1; i < step_->expect.size(); ++i) {
      const Word& word = step_->expect[i];
      if (word.key == "repeated") {
        may_be_repeated = true;
        if (!result.repeated) Fail("repeated", "for the first time");
      } else if (word.key == "failed") {
        ExpectValue(word, result.failed < asked.names.size() ? asked.names[result.failed] : "");
      } else if (!states_) {
        continue;
      } else if (word.key == "taken") {
        std::string taken;
        for (size_t n = 0; n < states.size(); ++n) {
          if (states[n].taken) taken += (taken.empty() ? "" : ",") + asked.names[n];
        }
        ExpectValue(word, taken);
      } else {
        ExpectState(word, asked, states);
      }
    }
    if (result.repeated && !may_be_repeated) Fail("for the first time", "repeated");
  }

  // NAME.remains, NAME.retry, NAME.fits; the first charge of that name
  void ExpectState(const Word& word, const Request& asked, std::span<const ChargeState> states) {
    const size_t dot = std::min(word.key.find('.'), word.key.size());
    for (size_t i = 0; i < states.size(); ++i) {
      if (asked.names[i] != word.key.substr(0, dot)) continue;
      if (word.key.ends_with(".remains")) {
        return ExpectValue(word, std::to_string(states[i].remains));
      }
      if (word.key.ends_with(".retry")) {
        const std::string expected =
            word.value == "never" ? "never" : std::to_string(TimeOf(word.value));
        const std::string got = TimeText(states[i].retry_after_us);
        if (expected != got) Fail(word.key + "=" + expected, got);
        return;
      }
      if (word.key.ends_with(".fits")) return ExpectValue(word, states[i].fits ? "yes" : "no");
    }
    Fail("what an answer has", word.key);
  }

  // op=NAME [actual=[UNIT:]AMOUNT]
  void Settle(bool commit) {
    OperationId operation;
    std::optional<Actual> actual;
    for (const auto& [key, value, has_value] : step_->words) {
      if (key == "op") {
        operation = OperationOf(value);
      } else if (key == "actual") {
        const size_t colon = value.find(':');
        const bool has_unit = colon != std::string::npos;
        actual.emplace();
        if (has_unit) actual->unit = static_cast<uint16_t>(IntegerOf(value.substr(0, colon)));
        actual->amount = IntegerOf(has_unit ? value.substr(colon + 1) : value);
      } else {
        Fail("what settles", key);
      }
    }
    Expect(NameOf(commit ? store().Commit(operation, actual, step_->at_us)
                         : store().Release(operation, step_->at_us)));
  }

  // NAME limit=N window=T suspend=T
  void Violation() {
    int64_t limit = 0, window = 0, suspend = 0;
    for (size_t i = 1; i < step_->words.size(); ++i) {
      const auto& [key, value, has_value] = step_->words[i];
      if (key == "limit")
        limit = IntegerOf(value);
      else if (key == "window")
        window = TimeOf(value);
      else if (key == "suspend")
        suspend = TimeOf(value);
      else
        Fail("what a violation has", key);
    }
    Expect(NameOf(store().CountViolation(IdOf(FirstWord()), limit, window, suspend, step_->at_us)));
  }

  // NAME => none, or => [used=N] [limit=N] [unit=N] [begin=T] [end=T] [last=T]
  void Show() {
    const auto views = store().Counters();
    if (!views) return Expect("unavailable");
    const CounterView* found = nullptr;
    for (const CounterView& view : *views) {
      if (view.id == IdOf(FirstWord())) found = &view;
    }
    for (const Word& word : step_->expect) {
      if (!word.has_value) {
        const std::string_view got = found == nullptr ? "none" : "one";
        if (word.key != got) Fail(word.key, got);
        continue;
      }
      if (found == nullptr) return Fail(word.key + "=" + word.value, "none");
      int64_t got = 0;
      if (word.key == "used")
        got = found->used;
      else if (word.key == "limit")
        got = found->limit_value;
      else if (word.key == "unit")
        got = found->unit;
      else if (word.key == "begin")
        got = found->begin_us;
      else if (word.key == "end")
        got = found->end_us;
      else if (word.key == "last")
        got = found->last_us;
      else
        return Fail("what a counter has", word.key);
      if (TimeOf(word.value) != got) Fail(word.key + "=" + word.value, std::to_string(got));
    }
  }

  const Case& trace_;
  std::unique_ptr<World> world_;
  const bool states_;
  const Step* step_ = nullptr;
  std::map<std::string, Charge> charges_;
  std::map<std::string, uint64_t> ids_, operations_;
  std::vector<std::string> failures_;
};

}  // namespace

std::vector<std::string> RunCase(const Case& trace, const Maker& maker, bool states) {
  const StoreSizes any;
  const bool sized =
      trace.sizes.counters != any.counters || trace.sizes.operations != any.operations;
  if (sized && !maker.has_sizes) return {};
  return Runner(trace, maker, states).Run();
}

}  // namespace cap::state::test
