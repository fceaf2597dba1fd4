// How the store speaks with its server: connections, repetitions, what is known of its history.
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>

#include "runtime/base/limits.h"
#include "runtime/redis/redis_store_impl.h"

namespace cap::redis {
namespace {

constexpr size_t kBatch = 256;  // fields of one script

std::string Prefix(const RedisOptions& options, std::string_view what) {
  return "capc:{" + options.tenant + "}:" + std::string(what);
}

Error Unavailable(const std::string& why) {
  return {"store-unavailable",
          why.empty() ? "the Redis server cannot be used now; try again" : why};
}

}  // namespace

RedisStoreImpl::RedisStoreImpl(Address address, const RedisOptions& options, Standing known)
    : address_(std::move(address)),
      options_(options),
      keys_{Prefix(options, "state"), Prefix(options, "facts")},
      known_(std::move(known)),
      pool_(address_, options.connections, options.waiting,
            [this](Session& session, int64_t deadline_us) { return Open(session, deadline_us); }) {
  if (options.hash_key) {
    hash_key_ = *options.hash_key;
    has_key_ = true;
  }
}

RedisStoreImpl::~RedisStoreImpl() {
  if (!options_.passing) return;
  const std::string_view words[] = {"UNLINK", keys_.state, keys_.facts};
  Ask(words);
}

Result<void> RedisStoreImpl::Begin() {
  auto session = pool_.Take(SteadyUs() + options_.timeout_us);
  if (session != nullptr) {
    pool_.Return(std::move(session), true);
    return {};
  }
  const std::lock_guard lock(known_mutex_);
  switch (last_word_) {
    case Greeting::Word::kRefused:
      return Fail("redis-refused", refused_);
    case Greeting::Word::kKey:
      return Fail("store-key", "the Redis server was begun with another hash key than is given");
    case Greeting::Word::kRewound:
      return {};  // it denies until somebody acknowledges
    case Greeting::Word::kOpen:
    case Greeting::Word::kAway:
      break;
  }
  return std::unexpected(Unavailable(refused_.empty() ? pool_.why() : refused_));
}

Standing RedisStoreImpl::known() const {
  const std::lock_guard lock(known_mutex_);
  return known_;
}

std::string RedisStoreImpl::Position() const { return Print(known()); }

bool RedisStoreImpl::Open(Session& session, int64_t deadline_us) {
  const Standing before = known();
  const auto key = has_key_ ? std::optional(hash_key_) : std::nullopt;
  const Greeting greeting =
      Greet(*session.connection, keys_, options_.promise, key, before, false, deadline_us);
  session.branch = greeting.standing.branch;
  session.branch_number = BranchNumber(session.branch);
  session.ahead_ms = greeting.clock_ms - BootMs();
  return Enter(before, greeting);
}

bool RedisStoreImpl::Enter(const Standing& known, const Greeting& greeting) {
  const std::lock_guard lock(known_mutex_);
  last_word_ = greeting.word;
  refused_ = greeting.why;
  if (greeting.word == Greeting::Word::kOpen || greeting.word == Greeting::Word::kRewound) {
    if (!has_key_) {  // the first greeting, before anybody has the store
      hash_key_ = greeting.key;
      has_key_ = true;
    }
  }
  if (greeting.word == Greeting::Word::kRewound) rewound_ = true;
  if (greeting.word != Greeting::Word::kOpen) return false;
  if (known_.branch != greeting.standing.branch) {
    // More was heard of the branch before than the server was asked about.
    if (known_.branch != known.branch || known_.place != known.place) return false;
    known_ = greeting.standing;
  } else {
    known_.place = std::max(known_.place, greeting.standing.place);
    known_.acknowledged = std::max(known_.acknowledged, greeting.standing.acknowledged);
  }
  rewound_ = false;
  return true;
}

bool RedisStoreImpl::Learn(const std::string& branch, int64_t place) {
  const std::lock_guard lock(known_mutex_);
  if (known_.branch != branch) return false;
  known_.place = std::max(known_.place, place);
  return true;
}

std::optional<int64_t> RedisStoreImpl::PlaceOn(const std::string& branch) const {
  const std::lock_guard lock(known_mutex_);
  if (known_.branch != branch) return std::nullopt;
  return known_.place;
}

RedisStoreImpl::Answer RedisStoreImpl::Run(Order& order, std::string& reply) {
  const int64_t deadline_us = SteadyUs() + options_.timeout_us;
  // A connection that was idle may be broken, and one that is whole may be of a server that moved.
  for (int attempt = 0; attempt < 3; ++attempt) {
    auto session = pool_.Take(deadline_us);
    if (session == nullptr) return Answer::kAway;
    bool usable = true;
    const Answer answer = RunOn(*session, order, deadline_us, reply, usable);
    pool_.Return(std::move(session), usable);
    if (answer == Answer::kDone) return answer;
    if (answer == Answer::kMoved) {
      pool_.Renew();
    } else if (usable || !order.again || SteadyUs() >= deadline_us) {
      return answer;
    } else {
      pool_.Forgive();
    }
  }
  return Answer::kAway;
}

RedisStoreImpl::Answer RedisStoreImpl::RunOn(Session& session, Order& order, int64_t deadline_us,
                                             std::string& reply, bool& usable) {
  usable = false;
  const auto place_before = PlaceOn(session.branch);
  if (!place_before) {
    usable = true;
    return Answer::kMoved;
  }
  order.arguments.Stand(session.branch_number, *place_before, session.ahead_ms + BootMs());
  const Words& arguments = order.arguments.words();
  const bool waits = order.writes && options_.promise == Promise::kReplicated;
  Connection& connection = *session.connection;
  std::optional<Reply> answer, waited;
  for (const bool whole : {false, true}) {
    const std::string_view begin[] = {whole ? "EVAL" : "EVALSHA",
                                      whole ? order.script.text : order.script.sha1, "1",
                                      keys_.state};
    connection.Append(begin, arguments);
    if (waits) {
      const int64_t left_ms = std::max<int64_t>(1, (deadline_us - SteadyUs()) / 1000 * 7 / 8);
      connection.Append({"WAIT", std::to_string(options_.replicas), std::to_string(left_ms)});
    }
    if (!connection.Send(deadline_us)) return Answer::kAway;
    answer = connection.Receive(deadline_us);
    if (answer && waits) waited = connection.Receive(deadline_us);
    if (!answer || (waits && !waited)) return Answer::kAway;
    if (!answer->IsError("NOSCRIPT")) break;
  }
  // READONLY, LOADING, OOM, MISCONF and their like: another connection may find another server.
  if (answer->kind != Reply::Kind::kText || answer->text.empty()) return Answer::kAway;
  usable = true;
  const char word = answer->text[0];
  if (word == 'M') return Answer::kMoved;
  Unpacked behind(std::string_view(answer->text).substr(1));
  const int64_t place = behind.Long();
  if (behind.failed() || !Learn(session.branch, place)) return Answer::kAway;
  // What moved the history on.
  const bool wrote = std::string_view("RhTEAD").find(word) != std::string_view::npos;
  if (waits && wrote && waited->integer < options_.replicas) return Answer::kAway;
  reply = std::move(answer->text);
  return Answer::kDone;
}

std::optional<Reply> RedisStoreImpl::Ask(std::span<const std::string_view> words) {
  const int64_t deadline_us = SteadyUs() + options_.timeout_us;
  auto session = pool_.Take(deadline_us);
  if (session == nullptr) return std::nullopt;
  auto reply = session->connection->Call(words, deadline_us);
  pool_.Return(std::move(session), reply.has_value());
  if (!reply || reply->kind == Reply::Kind::kError) return std::nullopt;
  return reply;
}

std::optional<std::vector<Reply>> RedisStoreImpl::Scan(std::string& cursor) {
  const std::string_view words[] = {"HSCAN", keys_.state, cursor, "COUNT", "256"};
  auto reply = Ask(words);
  if (!reply || reply->list.size() != 2 || reply->list[1].list.size() % 2 != 0) return std::nullopt;
  cursor = reply->list[0].text;
  return std::move(reply->list[1].list);
}

std::optional<uint64_t> RedisStoreImpl::SweepOnly(std::span<const std::string> fields,
                                                  int64_t idle_us, int64_t old_us) {
  // The script has no numbers below 0: none is older than that.
  const int64_t before_us = std::max<int64_t>(0, old_us + 1);
  Order order{.script = kSweep,
              .arguments = Arguments(Packed().Byte(0).Long(idle_us).Long(before_us).bytes()),
              .again = false,
              .writes = true};
  for (const std::string& field : fields) order.arguments.Add(field);
  std::string reply;
  if (Run(order, reply) != Answer::kDone) return std::nullopt;
  Unpacked answer(std::string_view(reply).substr(1));
  answer.Long();
  return static_cast<uint64_t>(answer.Long());
}

uint64_t RedisStoreImpl::Sweep(int64_t now_us) {
  if (now_us < limits::kSweepGraceUs || now_us > limits::kTimeUs) return 0;
  const int64_t idle_us = now_us - limits::kSweepGraceUs;
  const int64_t old_us = now_us - limits::kOperationKeepUs;
  uint64_t gone = 0;
  std::string cursor = "0";
  do {
    const auto found = Scan(cursor);
    if (!found) return gone;
    std::vector<std::string> fields;
    for (size_t i = 0; i < found->size(); i += 2) {
      const std::string& field = (*found)[i].text;
      const bool name = !field.empty() && field[0] == kNameField;  // goes with its counter
      if (field.size() == kFieldSize && !name) fields.push_back(field);
    }
    // What is found in one step may be more than was asked for, and nothing at all.
    for (size_t begin = 0; begin == 0 || begin < fields.size(); begin += kBatch) {
      const size_t size = std::min(kBatch, fields.size() - begin);
      const auto swept = SweepOnly(std::span(fields).subspan(begin, size), idle_us, old_us);
      if (!swept) return gone;
      gone += *swept;
    }
  } while (cursor != "0");
  return gone;
}

Result<std::vector<state::CounterView>> RedisStoreImpl::Counters() {
  std::vector<state::CounterView> views;
  std::map<std::string, std::string, std::less<>> names;
  std::string cursor = "0";
  do {
    const auto found = Scan(cursor);
    if (!found) return std::unexpected(Unavailable(pool_.why()));
    for (size_t i = 0; i < found->size(); i += 2) {
      const std::string_view field = (*found)[i].text, text = (*found)[i + 1].text;
      if (!field.empty() && field[0] == kNameField) names.emplace(field, text);
      const auto id = ParseCounterField(field);
      const auto counter = ParseCounter(text);
      if (id && counter) views.push_back(state::ViewOf(*id, *counter));
    }
  } while (cursor != "0");
  for (state::CounterView& view : views) {
    const auto name = names.find(Field::NameOf(view.id).text());
    if (name != names.end()) SetNames(name->second, view);
  }
  // A walk may meet a field twice.
  const auto order = [](const state::CounterView& a, const state::CounterView& b) {
    return std::pair(a.id.high, a.id.low) < std::pair(b.id.high, b.id.low);
  };
  std::ranges::sort(views, order);
  const auto twice = std::ranges::unique(views, {}, [](const state::CounterView& view) {
    return std::pair(view.id.high, view.id.low);
  });
  views.erase(twice.begin(), twice.end());
  return views;
}

Result<bool> RedisStoreImpl::Reset(state::CounterId id) {
  Order order{.script = kSweep,
              .arguments = Arguments(Packed().Byte(1).Long(0).Long(0).bytes()),
              .again = false,
              .writes = true};
  order.arguments.Add(Field(id).text());
  std::string reply;
  if (Run(order, reply) != Answer::kDone) return std::unexpected(Unavailable(pool_.why()));
  Unpacked answer(std::string_view(reply).substr(1));
  answer.Long();
  return answer.Long() == 1;
}

Result<void> RedisStoreImpl::Acknowledge() {
  const int64_t deadline_us = SteadyUs() + options_.timeout_us;
  std::string why;
  const auto connection = Connection::Open(address_, deadline_us, why);
  if (connection == nullptr) return std::unexpected(Unavailable(why));
  const Standing before = known();
  const Greeting greeting =
      Greet(*connection, keys_, options_.promise, hash_key_, before, true, deadline_us);
  if (greeting.word == Greeting::Word::kKey) {
    return Fail("store-key",
                "the Redis server was begun anew with another hash key; start again, "
                "or give every process the same hash_key");
  }
  if (greeting.word != Greeting::Word::kOpen) return std::unexpected(Unavailable(greeting.why));
  {
    const std::lock_guard lock(known_mutex_);
    known_ = greeting.standing;
    rewound_ = false;
  }
  pool_.Renew();
  pool_.Forgive();
  return {};
}

}  // namespace cap::redis
