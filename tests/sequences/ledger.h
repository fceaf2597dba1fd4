// What was charged to counters, as the oracle keeps it: a list of everything that happened to each,
// from which every answer is worked out anew, by what docs/state.md says and in whole numbers. It
// is slow, and knows nothing of how a store counts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/state/store.h"
#include "tests/sequences/policies.h"

namespace cap::sequences {

enum class Kind : uint8_t { kRate, kRecent, kQuota, kTotal, kGauge, kAfter, kNotAfter, kBreaker };

/// One counter that a call is held against.
struct Charge {
  std::string counter;  // which: whose text, keys, subject, delegations
  std::string name;     // as reports have it: "maxPerDay", "both.consume"
  std::string policy, owner, term, key;  // as tools show it
  Kind kind = Kind::kQuota;
  int64_t amount = 1, limit = 0, span_us = 0;
  Every every = Every::kDay;
  std::string zone;
  uint16_t unit = 0;        // 0 or the number of a currency
  bool of_policy = false;   // the amount stands in the policy
  std::string clause, capability;  // what a denial names
  bool operator==(const Charge&) const = default;
};

bool TakesSomething(Kind kind);
bool IsGivenBack(Kind kind);

/// What happened once: a charge, a commit that stamps, a denial that a breaker counts.
struct Event {
  int64_t at_us = 0;  // never before the one before
  int64_t amount = 0, limit = 0;
  bool ended = false;  // a hold
};

struct Fit {
  bool fits = true;
  int64_t retry_after_us = 0;
};

class Ledger {
 public:
  /// Whether the charge fits beside what the same call takes of the counter already.
  Fit Check(const Charge& charge, int64_t before, int64_t now_us) const;
  int64_t Remains(const Charge& charge, int64_t now_us) const;

  /// Of a charge that fits. Where the event lies in the list of its counter.
  size_t Take(const Charge& charge, int64_t now_us);
  /// What a quota or a total was charged is another amount now; a hold is over.
  void Change(const Charge& charge, size_t event, int64_t amount);
  void End(const Charge& charge, size_t event);
  void Stamp(const std::string& counter, int64_t now_us);
  void Violate(const Charge& breaker, const BreakerModel& rule, int64_t now_us);

  /// A line for each counter, in order: what tools show of it.
  std::vector<std::string> Lines() const;
  static std::vector<std::string> Lines(const std::vector<state::CounterView>& counters);

 private:
  struct Account {
    Charge charge;  // the last one
    BreakerModel rule;
    std::vector<Event> events;
  };
  struct BreakerState {
    int64_t open_until_us = 0;
    std::vector<int64_t> counted;  // since it was last open
  };

  const Account& Find(const std::string& counter) const;
  static int64_t Later(const Account& account, int64_t now_us);
  static int64_t Used(const Account& account, const Charge& charge, int64_t at_us);
  static __int128 Credit(const Account& account, const Charge& charge, int64_t at_us);
  static size_t BeginOfTotal(const Account& account, int64_t span_us, int64_t at_us);
  static BreakerState StateOf(const Account& account);
  static std::string Line(const Account& account);
  Fit CheckHeld(const Account& account, const Charge& charge, int64_t wanted,
                int64_t now_us) const;

  std::map<std::string, Account> accounts_;
};

}  // namespace cap::sequences
