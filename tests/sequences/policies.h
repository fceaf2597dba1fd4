// Random policies that count, as text for the compiler and as data for the oracle, and what calls
// of them are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace cap::sequences {

using Random = std::mt19937_64;

/// One of a few.
template <typename T>
const T& Pick(Random& random, const std::vector<T>& from) {
  return from[random() % from.size()];
}
inline bool Chance(Random& random, uint64_t percent) { return random() % 100 < percent; }

enum class Form : uint8_t { kRate, kRecent, kQuota, kGauge, kAfter, kNotAfter };
enum class Every : uint8_t { kHour, kDay, kWeek, kMonth, kTotal };

/// An amount or a limit: a number of the policy, or what a call says. Money is in cents.
struct Quantity {
  enum class From : uint8_t { kPolicy, kUnits, kAmount, kFactUnits, kFactTotal };
  From from = From::kPolicy;
  int64_t number = 1;
};

/// A statement that counts, or asks what was called before.
struct Statement {
  Form form = Form::kQuota;
  std::string text;  // as it stands in the policy
  std::string constraint;  // what it is called: "consume", "maxPerDay"
  std::string name;        // of its counters: the second one of its place has "#2" behind it
  Quantity amount, limit;  // of a rate: how many at once
  bool money = false;
  int64_t span_us = 0;  // kRate: the time that one takes; kQuota: retention of a total
  Every every = Every::kDay;
  std::string zone = "UTC";
  std::vector<std::string> keys;  // "order", "kind", "units", "subject"; empty: the subject
  std::optional<int64_t> above;   // only of a call with more units
};

struct CapabilityModel {
  std::string name, action;
  std::string kind;                  // empty: any
  std::optional<int64_t> most;       // of the amount, in cents
  std::optional<int64_t> ask_above;  // units above which somebody has to approve
  std::vector<Statement> statements;
};

struct SharedModel {
  std::string name;
  std::vector<std::string> actions;
  std::string policy;  // in whose text it stands; empty: in none's
  Statement statement;
};

struct BreakerModel {
  int64_t most = 0;  // 0: there is none
  int64_t window_us = 0, suspend_us = 0;
};

struct PolicyModel {
  std::string text;
  BreakerModel breaker;
  std::optional<int64_t> forbidden_above;  // units of a note
  std::vector<CapabilityModel> capabilities;
  std::vector<SharedModel> shared;
};

/// A module with five actions (pay, note, close, and debit and log, which are one tool) and one
/// policy `p`, whose capabilities and limits count in every way that the language has. Not every
/// one of them compiles.
PolicyModel RandomPolicy(Random& random);

}  // namespace cap::sequences
