#include "compiler/import/act_words.h"

#include <algorithm>
#include <array>

namespace cap::importer {

namespace {

/// What no policy of this version can say, or not from this alone, and why.
struct Unsaid {
  std::string_view name;
  std::string_view why;
};
constexpr std::string_view kCount = "it is no whole number";
constexpr std::string_view kDelegation = "delegation is not in the language yet";
constexpr std::string_view kGrant = "it belongs to the grant";
constexpr std::array<Unsaid, 24> kUnsaid = {{
    {"rateLimit", "write it as a number a second, minute, hour or day: `200/hour`"},
    {"spacing", "it is no duration: `30s`"},
    {"maxPerHour", kCount},
    {"maxPerDay", kCount},
    {"maxPerWeek", kCount},
    {"maxPerMonth", kCount},
    {"maxQueries", kCount},
    {"budget", "write it as an amount, `500`, or one for each period, `500/day`"},
    {"maxOpen", "say what ends one: a call that is over (`maxOpen(n, expires: …)`), or a fact"},
    {"circuit_breaker", "write it with its three settings: `circuit_breaker { … }`"},
    {"maxDelegationDepth", kDelegation},
    {"attenuationRequired", kDelegation},
    {"context", kGrant},
    {"agent", kGrant},
    {"granted", kGrant},
    {"id", kGrant},
    {"audit", "what is logged is the host's to say"},
    {"notDuring", "declare `data NAME: schedule` for the name, and say `notDuring(NAME)`"},
    {"safeDomains", "name the domains: `safeDomains([\"example.com\"])`"},
    {"dateRange", "say which argument is the date, and compare it"},
    {"classification", "it is none of std.data's levels"},
    {"capabilities", "it is no list of capabilities"},
    {"constraints", "they are no map of constraints"},
    {"<<", "a merge is not read; write out what it brings"},
}};

}  // namespace

bool RestrictsNothing(std::string_view name) {
  constexpr std::array<std::string_view, 13> kNames = {
      "agent", "audit", "author", "comment",  "context", "description", "granted",
      "id",    "labels", "metadata", "notes", "owner",   "title"};
  return std::ranges::find(kNames, name) != kNames.end();
}

bool RestrictsAll(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames = {
      "<<", "circuit_breaker", "constraints", "deny", "expires", "forbid", "limits"};
  const size_t point = name.rfind('.');
  const std::string_view last = point == name.npos ? name : name.substr(point + 1);
  return std::ranges::find(kNames, last) != kNames.end();
}

bool IsSpan(std::string_view text) {
  if (!IsDuration(text) || text.front() == '0') return false;
  return text.size() <= (text.back() == 'd' || text.back() == 'w' ? 4 : 6);
}

bool IsTime(std::string_view text) {
  return text.size() >= 20 && text.size() <= 35 && text[10] == 'T' &&
         text.find_first_not_of("0123456789T:Z+-.") == text.npos;
}

bool IsDigits(std::string_view text) {
  constexpr size_t kMost = 15;
  return !text.empty() && text.size() <= kMost && text.find_first_not_of("0123456789") == text.npos;
}

bool IsAmount(std::string_view text) {
  const size_t point = text.find('.');
  return IsDigits(text.substr(0, point)) &&
         (point == text.npos || IsDigits(text.substr(point + 1)));
}

bool IsDuration(std::string_view text) {
  return text.size() > 1 && IsDigits(text.substr(0, text.size() - 1)) &&
         std::string_view("smhdw").find(text.back()) != std::string_view::npos;
}

std::string WhyLeft(std::string_view name, bool no_currency) {
  if (no_currency && (name == "maxAmount" || name == "budget" || name == "requireApproval")) {
    return "an amount needs a currency: --currency USD";
  }
  const auto found = std::ranges::find(kUnsaid, name, &Unsaid::name);
  if (found == kUnsaid.end() && RestrictsNothing(name)) {
    return "it says nothing of what is permitted";
  }
  return found == kUnsaid.end() ? "no constraint of the standard library is meant for sure"
                                : std::string(found->why);
}

}  // namespace cap::importer
