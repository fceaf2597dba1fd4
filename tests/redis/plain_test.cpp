// The short ways of the scripts (plain.lua, commit.lua) beside the general ones (reserve.lua,
// settle.lua): two tenants are told the same at random, one by the scripts as they are, one by
// scripts whose short way is closed. What they answer and what they keep is the same to the byte.
#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <random>
#include <vector>

#include "runtime/redis/connection.h"
#include "runtime/redis/redis_store.h"
#include "runtime/redis/request.h"
#include "runtime/redis/scripts.h"
#include "runtime/state/choose.h"
#include "tests/redis/server.h"

namespace cap::redis::test {
namespace {

using namespace cap::state;

constexpr int64_t kHourUs = 3'600'000'000;
constexpr int64_t kClockMs = 1'700'000'000'000;  // the server's, as it is told

/// A script that always takes the general way.
std::string Closed(std::string_view script, const std::string& short_way) {
  std::string text(script);
  const size_t at = text.find(short_way);
  REQUIRE(at != std::string::npos);
  return text.insert(text.find(' ', at), " false and");
}

class Tenant {
 public:
  Tenant(const Server& server, const std::string& name, std::string_view reserve,
         std::string_view settle)
      : key_("capc:{" + name + "}:state"), reserve_(reserve), settle_(settle) {
    auto store = NewRedisStore(server.url(),
                               {.tenant = name, .promise = Promise::kAsConfigured});
    REQUIRE(store);
    said_branch_ = branch_ = BranchNumber(ParseStanding((*store)->Position())->branch);
    std::string why;
    connection_ = Connection::Open(*ParseAddress(server.url()), Deadline(), why);
    REQUIRE(connection_ != nullptr);
  }

  std::string Reserve(const ReserveRequest& request) {
    Numbered numbered;
    if (!NumberCounters(request.charges, numbered)) return "B";  // no server is asked
    return Run(reserve_, ReserveArguments(request, numbered, Mode::kCharge, true));
  }
  std::string Settle(OperationId operation, char as, int64_t now_us,
                     const std::optional<Actual>& actual) {
    const Actual measured = actual.value_or(Actual());
    Packed head;
    head.Long(now_us).Byte(static_cast<uint64_t>(as)).Byte(actual.has_value());
    head.Quantity(measured.amount).Short(measured.unit);
    Arguments arguments(head.bytes());
    arguments.Add(Field(operation).text());
    return Run(settle_, std::move(arguments));
  }
  std::string Sweep(int64_t idle_us) {
    return Run(kSweep.text, Arguments(Packed().Byte(0).Long(idle_us).Long(0).bytes()));
  }
  /// All that is kept. Of how far the history has come, not the branch.
  std::map<std::string, std::string> All() {
    const auto reply = connection_->Call({"HGETALL", key_}, Deadline());
    REQUIRE(reply);
    std::map<std::string, std::string> all;
    for (size_t i = 0; i + 1 < reply->list.size(); i += 2) {
      std::string value = reply->list[i + 1].text;
      if (reply->list[i].text == "h") value.resize(value.size() - 8);
      all[reply->list[i].text] = value;
    }
    return all;
  }
  /// What the next call says of where it stands: the truth, another branch, or further than it is.
  void Misplace(uint64_t how) {
    said_branch_ = how == 1 ? branch_ + 1 : how == 2 ? 0 : branch_;
    said_place_ = how == 3 ? 1'000'000 : 0;
  }

 private:
  static int64_t Deadline() { return SteadyUs() + 10'000'000; }
  std::string Run(std::string_view script, Arguments arguments) {
    arguments.Stand(said_branch_, said_place_, kClockMs);
    const std::string_view begin[] = {"EVAL", script, "1", key_};
    connection_->Append(begin, arguments.words());
    REQUIRE(connection_->Send(Deadline()));
    const auto reply = connection_->Receive(Deadline());
    REQUIRE(reply);
    REQUIRE_MESSAGE(reply->kind == Reply::Kind::kText, reply->text);
    return reply->text;
  }

  const std::string key_, reserve_, settle_;
  uint64_t branch_ = 0, said_branch_ = 0;
  int64_t said_place_ = 0;
  std::unique_ptr<Connection> connection_;
};

/// What was reserved last.
struct Asked {
  OperationId operation;
  std::vector<Charge> charges;
  std::vector<Stamp> stamps;
  std::vector<CounterName> names;
};

struct Call {
  enum Kind : uint8_t { kReserve, kSettle, kSweep };
  Kind kind = kReserve;
  int64_t now_us = 0;
  OperationId operation = {};  // kSettle, and what follows
  char as = 'C';
  std::optional<Actual> actual = std::nullopt;
};

/// Requests of which most are plain, at bounds and times that matter.
class Requests {
 public:
  explicit Requests(uint64_t seed) : random_(seed) {}

  uint64_t Dice(uint64_t sides) { return random_() % sides; }
  int64_t Quantity() {
    constexpr int64_t kEdges[] = {1,
                                  2,
                                  5,
                                  40,
                                  499'999'999,
                                  999'999'999,
                                  1'000'000'000,
                                  9'007'199'254'740'993,
                                  limits::kQuantity - 3};
    return kEdges[Dice(std::size(kEdges))] + static_cast<int64_t>(Dice(3));
  }
  /// Stands, goes on by a little or much, and goes back a little.
  int64_t Now() {
    switch (Dice(8)) {
      case 0:
        return now_us_ - static_cast<int64_t>(Dice(kHourUs / 2));
      case 1:
        return now_us_ += static_cast<int64_t>(Dice(kHourUs));
      case 2:
        return now_us_;
      case 3:  // as a period ends
        return now_us_ = (now_us_ / (kHourUs / 360) + 1) * (kHourUs / 360);
      default:
        return now_us_ += static_cast<int64_t>(Dice(3'000));
    }
  }
  Charge Any(int64_t now_us) {
    constexpr CounterKind kKinds[] = {CounterKind::kRate, CounterKind::kQuota, CounterKind::kTotal};
    const uint64_t kind = Dice(3);
    Charge charge{.id = {kind, Dice(5)}, .kind = kKinds[kind], .amount = 1, .limit = Quantity()};
    if (Dice(3) == 0) charge.amount = Dice(2) == 0 ? 500'000'000 : Quantity();
    if (Dice(30) == 0) charge.kind = kKinds[Dice(3)];  // another than it was charged with
    if (Dice(30) == 0) charge.unit = 5;
    if (charge.kind == CounterKind::kRate) {
      charge.limit = 1 + static_cast<int64_t>(Dice(5));
      charge.span_us = Dice(4) == 0 ? 1'000 : 2'000;
    } else if (charge.kind == CounterKind::kTotal) {
      charge.span_us = Dice(2) == 0 ? 0 : 20'000;
    } else {
      const int64_t period_us = Dice(3) == 0 ? kHourUs : kHourUs / 360;
      charge.begin_us = now_us / period_us * period_us;
      charge.end_us = charge.begin_us + period_us;
    }
    if (Dice(2) == 0) charge.group = 0;
    if (Dice(9) == 0) charge.alternative = 1;
    return charge;
  }
  /// The i-th call. One that reserves: `asked`, as it was or anew.
  Call Next(uint64_t i, Asked& asked) {
    Call call{.now_us = Now(), .operation = {7, i - Dice(i > 8 ? 8 : 1)}};
    if (Dice(60) == 0) {
      call.kind = Call::kSweep;
    } else if (Dice(3) == 0) {
      call.kind = Call::kSettle;
      if (Dice(4) == 0) call.actual = Actual{.unit = 0, .amount = Quantity()};
      if (Dice(4) == 0) call.as = 'X';
    } else if (asked.charges.empty() || Dice(8) > 0) {
      asked = {};
      asked.operation = {7, i};
      if (Dice(4) == 0) asked.operation = kNoOperation;
      if (Dice(5) == 0) asked.operation = call.operation;
      for (uint64_t left = 1 + Dice(3); left > 0; --left) {
        asked.charges.push_back(Any(call.now_us));
      }
      if (Dice(5) == 0) asked.stamps.push_back({.id = {9, Dice(3)}});
      const CounterName name{"policy", "limit", "term", "key"};
      if (Dice(2) == 0) asked.names.resize(asked.charges.size(), name);
    }
    return call;
  }

 private:
  std::mt19937_64 random_;
  int64_t now_us_ = 500 * kHourUs;
};

ReserveRequest RequestOf(const Asked& asked, int64_t now_us) {
  return {.now_us = now_us,
          .operation = asked.operation,
          .charges = asked.charges,
          .free = {},
          .stamps = asked.stamps,
          .names = asked.names};
}

/// Whether a store would ask the server for it.
bool IsAnswered(const Asked& asked, int64_t now_us) {
  const ReserveRequest request = RequestOf(asked, now_us);
  return IsSound(request) && (!(asked.operation == kNoOperation) || !HasSequel(request));
}

std::string Put(const Call& call, const Asked& asked, Tenant& tenant) {
  switch (call.kind) {
    case Call::kSweep:
      return tenant.Sweep(call.now_us - kHourUs / 4);
    case Call::kSettle:
      return tenant.Settle(call.operation, call.as, call.now_us, call.actual);
    case Call::kReserve:
      break;
  }
  return tenant.Reserve(RequestOf(asked, call.now_us));
}

char General(char word) { return word == 'h' ? 'R' : word == 's' ? 'S' : word; }

/// What plain.lua answered of a counter is what is kept of it.
void CheckAnswer(std::string_view answer, size_t counters,
                 const std::map<std::string, std::string>& all) {
  constexpr size_t kHistory = 35, kEach = kFieldSize + kCounterSize;
  REQUIRE(answer.size() == kHistory + counters * kEach);
  CHECK(answer.substr(1, kHistory - 9) == all.at("h"));
  for (size_t i = 0; i < counters; ++i) {
    const auto text = answer.substr(kHistory + i * kEach, kEach);
    const auto kept = all.find(std::string(text.substr(0, kFieldSize)));
    CHECK(text.substr(kFieldSize) ==
          (kept == all.end() ? std::string(kCounterSize, '\0') : kept->second));
  }
}

}  // namespace

TEST_CASE("redis: the short ways answer and keep what the general ones do") {
  const Server server(Server::Options{.durable = false});
  const std::string reserve = Closed(kReserve.text, "while plain > 0");
  const std::string settle = Closed(kSettle.text, "if at and operation and to == 'C'");
  std::map<char, int> words;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    Tenant quick(server, "q" + std::to_string(seed), kReserve.text, kSettle.text);
    Tenant general(server, "g" + std::to_string(seed), reserve, settle);
    Requests requests(seed);
    Asked asked;
    for (uint64_t i = 1; i <= 600; ++i) {
      CAPTURE(seed);
      CAPTURE(i);
      const uint64_t misplaced = requests.Dice(20) == 0 ? 1 + requests.Dice(3) : 0;
      quick.Misplace(misplaced);
      general.Misplace(misplaced);
      const Call call = requests.Next(i, asked);
      if (call.kind == Call::kReserve && !IsAnswered(asked, call.now_us)) continue;
      const std::string answer = Put(call, asked, quick), other = Put(call, asked, general);
      ++words[answer[0]];
      REQUIRE(General(answer[0]) == other[0]);
      REQUIRE((answer == "M") == (misplaced > 0));
      if (misplaced == 0) CHECK(answer.substr(1, 8) == other.substr(1, 8));
      if (call.kind != Call::kReserve) CHECK(answer == other);
      const auto all = quick.All();
      REQUIRE(all == general.All());
      if (General(answer[0]) != answer[0]) CheckAnswer(answer, asked.charges.size(), all);
    }
  }
  CHECK(words['h'] > 400);
  CHECK(words['s'] > 150);
  CHECK(words['R'] > 100);
  CHECK(words['B'] > 50);
  CHECK(words['T'] > 20);
  CHECK(words['E'] > 100);
  CHECK(words['M'] > 50);
}

}  // namespace cap::redis::test
