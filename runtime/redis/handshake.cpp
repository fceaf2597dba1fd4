#include "runtime/redis/handshake.h"

#include <unistd.h>

#include <charconv>

#include "runtime/redis/codec.h"
#include "runtime/redis/scripts.h"

namespace cap::redis {
namespace {

using Word = Greeting::Word;

Greeting Away(std::string why) { return {.word = Word::kAway, .why = std::move(why)}; }
Greeting Refused(std::string why) { return {.word = Word::kRefused, .why = std::move(why)}; }

/// The value of a line "name:value" of what INFO tells.
std::string Line(const std::string& info, std::string_view name) {
  const std::string start = "\n" + std::string(name) + ":";
  const size_t at = info.find(start);
  if (at == std::string::npos) return "";
  const size_t begin = at + start.size();
  return info.substr(begin, info.find_first_of("\r\n", begin) - begin);
}

/// Before HRANDFIELD was there.
bool IsOld(std::string_view version) {
  const size_t dot = version.find('.');
  const auto major = ParseInt(version.substr(0, dot));
  if (!major || *major != 6 || dot == std::string_view::npos) return !major || *major < 6;
  const std::string_view rest = version.substr(dot + 1);
  const auto minor = ParseInt(rest.substr(0, rest.find('.')));
  return !minor || *minor < 2;
}

/// Nothing: it keeps what is promised.
std::optional<Greeting> Inspect(Connection& connection, Promise promise, const std::string& info,
                                int64_t deadline_us) {
  const std::string version = Line(info, "redis_version");
  if (IsOld(version)) {
    return Refused("the Redis server is of version " + version + "; 6.2 or later is needed");
  }
  const std::string policy = Line(info, "maxmemory_policy");
  if (policy != "noeviction") {
    return Refused("the Redis server may evict counters (maxmemory-policy is \"" + policy +
                   "\"); set it to noeviction");
  }
  if (promise != Promise::kAppendAlways) return std::nullopt;
  if (Line(info, "aof_enabled") != "1") {
    return Refused("the Redis server keeps counters in memory only; set appendonly to yes");
  }
  const auto reply = connection.Call({"CONFIG", "GET", "appendfsync"}, deadline_us);
  if (!reply) return Away("the Redis server did not answer CONFIG");
  if (reply->kind != Reply::Kind::kList || reply->list.size() != 2 ||
      reply->list[1].text != "always") {
    return Refused(
        "the Redis server may forget its last second; set appendfsync to always, allow "
        "CONFIG GET, or choose another promise");
  }
  return std::nullopt;
}

Greeting Read(const std::optional<Reply>& reply) {
  if (!reply) return Away("the Redis server did not answer");
  if (reply->kind == Reply::Kind::kError) return Away("the Redis server says: " + reply->text);
  if (reply->list.size() < 2) return Away("the Redis server gave an answer that is none");
  if (reply->list[0].text == "form") {
    return Refused("what the Redis server keeps of this tenant is in form " + reply->list[1].text +
                   ", which this version does not read; delete it, or choose another tenant");
  }
  Greeting greeting;
  const auto key = ParseKey(reply->list[1].text);
  if (!key) return Away("the Redis server holds a hash key that is none");
  greeting.key = *key;
  const std::string& word = reply->list[0].text;
  if (word == "key") {
    greeting.word = Word::kKey;
    return greeting;
  }
  if (reply->list.size() != 6) return Away("the Redis server gave an answer that is none");
  const auto place = ParseInt(reply->list[3].text), acknowledged = ParseInt(reply->list[4].text);
  const auto clock_ms = ParseInt(reply->list[5].text);
  if (!place || !acknowledged || !clock_ms) {
    return Away("the Redis server gave an answer that is none");
  }
  greeting.clock_ms = *clock_ms;
  greeting.standing = {reply->list[2].text, *place, *acknowledged};
  greeting.word = word == "open" ? Word::kOpen : Word::kRewound;
  if (greeting.word == Word::kOpen && BranchNumber(greeting.standing.branch) == 0) {
    return Away("the Redis server gave an answer that is none");
  }
  return greeting;
}

}  // namespace

std::string Print(const Standing& standing) {
  return standing.branch + " " + std::to_string(standing.place) + " " +
         std::to_string(standing.acknowledged);
}

std::optional<Standing> ParseStanding(std::string_view text) {
  Standing standing;
  if (text.empty()) return standing;
  const size_t first = text.find(' ');
  const size_t second = text.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos || first != kBranchSize) {
    return std::nullopt;
  }
  const auto place = ParseInt(text.substr(first + 1, second - first - 1));
  const auto acknowledged = ParseInt(text.substr(second + 1));
  if (!place || !acknowledged || BranchNumber(text.substr(0, first)) == 0) return std::nullopt;
  return Standing{std::string(text.substr(0, first)), *place, *acknowledged};
}

uint64_t BranchNumber(std::string_view branch) {
  uint64_t number = 0;
  const char* end = branch.data() + branch.size();
  const auto [stopped, error] = std::from_chars(branch.data(), end, number, 16);
  const bool whole = branch.size() == kBranchSize && error == std::errc() && stopped == end;
  return whole ? number : 0;
}

Greeting Greet(Connection& connection, const GreetingKeys& keys, Promise promise,
               const std::optional<std::array<uint8_t, 16>>& key, const Standing& known,
               bool acknowledge, int64_t deadline_us) {
  const auto info = connection.Call({"INFO"}, deadline_us);
  if (!info) return Away("the Redis server did not answer INFO");
  if (info->kind != Reply::Kind::kText) return Away("the Redis server says: " + info->text);
  if (auto refused = Inspect(connection, promise, info->text, deadline_us)) return *refused;
  const std::string run = Line(info->text, "run_id");
  if (run.empty()) return Refused("the Redis server does not say which run of it this is");

  std::array<uint8_t, 16> made, branch;
  if (getentropy(made.data(), made.size()) != 0 || getentropy(branch.data(), branch.size()) != 0) {
    return Away("the system gives no random bytes");
  }
  branch[0] |= 0x10;  // the first digit: no branch is 0
  const std::string known_place = std::to_string(known.place);
  const std::string acknowledged = std::to_string(known.acknowledged);
  const std::string fresh = Hex(branch).substr(0, kBranchSize);
  const std::string insists = key ? Hex(*key) : "", offer = Hex(made);
  return Read(
      connection.Call({"EVAL", kOpen.text, "2", keys.state, keys.facts, run, fresh, known.branch,
                       known_place, acknowledged, insists, offer, acknowledge ? "1" : "0"},
                      deadline_us));
}

}  // namespace cap::redis
