// Where counters live. The engine says which counters a call is held against and what it takes of
// each; a store answers for all of them at once, or for none. Everything that needs the policy
// (kinds, bounds of calendar periods, keys) is worked out before; a store knows integers only.
//
//   state::ReserveRequest request{.now_us = now, .operation = id, .charges = charges};
//   state::ReserveResult result = store.Reserve(request, states);
//   if (result.status == state::ReserveStatus::kReserved) { …act…; store.Commit(id, {}, now); }
//
// The protocol (charge at reserve): Reserve charges at once, so that nobody else can take the same;
// Commit says that the call was carried out and what it really took; Release gives back what a
// quota, a total or a gauge was charged, in the period it was charged in. What nobody settles stays
// charged; a hold alone ends by itself. All three may be sent again with the same operation.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/limits.h"
#include "runtime/base/result.h"

namespace cap::state {

/// Which counter: a keyed hash of (policy, limit, constraint, key values), made by the engine with
/// Store::hash_key(). Two counters have the same one with a chance that nobody can raise.
struct CounterId {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const CounterId&) const = default;
};

/// Which call: chosen by the engine, or by the host that wants to be able to ask again. Zero:
/// nobody will, so that nothing is kept of it; only where no charge can be given back and nothing
/// is stamped.
struct OperationId {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const OperationId&) const = default;
};
inline constexpr OperationId kNoOperation;

enum class CounterKind : uint8_t {
  kRate,      // GCRA: one unit each `span_us`, `limit` of them at once; not given back
  kRecent,    // exact: at most `limit` (≤ limits::kRecentTimes) in any `span_us`; not given back
  kQuota,     // at most `limit` within [begin_us, end_us), a calendar period
  kTotal,     // at most `limit` ever, forgotten when untouched for `span_us` (0: never)
  kGauge,     // at most `limit` held at one time; a hold ends at commit, release or after `span_us`
  kAfter,     // takes nothing: the counter was stamped within the last `span_us`
  kNotAfter,  // takes nothing: it was not
  kBreaker,   // takes nothing: the breaker is not open
};

/// One counter that a call is held against: of its policy, and of each grant that it was delegated
/// through (limits::kDelegationDepth). Its identity says what it counts: a charge of another kind
/// or unit than the counter had before is refused.
struct Charge {
  CounterId id;
  CounterKind kind = CounterKind::kQuota;
  bool permit_without_store = false;  // `on_store_error`: a store that is away does not deny
  /// What is counted: 0 = things; else the number of a currency; with kFixed where each call takes
  /// what the policy says. Commit(actual) settles the charges of its own unit.
  uint16_t unit = 0;
  /// kEveryGroup: always. Else charges of one group are alternatives: of each group, the lowest
  /// alternative of which all charges fit is taken. Those of groups stand in order of (group,
  /// alternative), the others anywhere.
  uint16_t group = 0xFFFF;
  uint16_t alternative = 0;
  int64_t amount = 1;                // 1 to limits::kQuantity, for the kinds that take something
  int64_t limit = 0;                 // 0 to limits::kQuantity; of a rate: how many at once (burst)
  int64_t span_us = 0;               // as the kind says; at most limits::kTimeUs, as every time is
  int64_t begin_us = 0, end_us = 0;  // kQuota: begin ≤ now < end
  bool operator==(const Charge&) const = default;
};
inline constexpr uint16_t kEveryGroup = 0xFFFF;

/// In a unit: the amount is a constant of the policy, as the 1 of a count of calls. What a call
/// really took says nothing of it: a host's Actual never has it, so that it settles what was
/// measured alone. Who lends parts of a counter gives them back by it.
inline constexpr uint16_t kFixed = 0x8000;
/// 0: things. The numbers of currencies have three digits.
constexpr uint16_t CurrencyOf(uint16_t unit) { return unit & static_cast<uint16_t>(~kFixed); }

/// What a counter is called, for people; parallel to the charges. Only for stores that keep names.
struct CounterName {
  std::string_view policy, limit, constraint, key;
};

/// A counter that kAfter and kNotAfter ask: when a call was last committed. It is known for
/// `keep_us`, which is at least the longest span that anybody asks of it.
struct Stamp {
  CounterId id;
  int64_t keep_us = limits::kStampKeepUs;
};

struct ReserveRequest {
  int64_t now_us = 0;
  OperationId operation;  // of a Reserve that was made before: its answer again
  /// At most limits::kCharges: of all actions of the call, for each grant from the first one down
  /// to the one that is used (limits::kDelegationDepth).
  std::span<const Charge> charges;
  /// Of each group, the lowest alternative that charges nothing: it fits always, and is taken where
  /// no lower one fits. kNoFree: none does. Shorter than the groups are: kNoFree for the rest.
  std::span<const uint16_t> free;
  std::span<const Stamp> stamps;       // stamped with the time of the commit; at most kStamps
  std::span<const CounterName> names;  // parallel to charges, or empty
  bool peek = false;                   // answer, and charge nothing; the operation is not looked at
};
inline constexpr uint16_t kNoFree = 0xFFFF;

enum class ReserveStatus : uint8_t {
  kReserved,
  kSpent,        // a charge does not fit: nothing was charged
  kBadRequest,   // an amount that is not positive, a bound that no kind has, too many charges; a
                 // counter of another kind or unit; an operation that was released, or that was
                 // reserved with other charges
  kUnavailable,  // the store is away, too slow or too busy; nothing is known to be charged
  kRewound,      // the store has forgotten what it had promised: denied until it is replayed
};

struct ReserveResult {
  ReserveStatus status = ReserveStatus::kUnavailable;
  bool repeated = false;     // the operation was reserved before
  uint16_t failed = 0xFFFF;  // kSpent: the charge that did not fit. Of alternatives that all fail
                             // the one that fits first again; of several charges of it the last to
};

/// How one counter stands after the answer, parallel to the charges.
struct ChargeState {
  bool taken = false;   // charged, or would be (peek): it is of the alternative that is taken
  bool fits = true;     // taken, or such a charge alone would fit now
  int64_t remains = 0;  // of the limit, after what was charged; ≥ 0. A peek charges nothing
  int64_t retry_after_us = 0;  // when a charge that does not fit would: 0 = it does; kNever
};
inline constexpr int64_t kNever = INT64_MAX;  // another day will not help: a total, or too much

/// What a call really took, in the unit of some of its charges: of its quotas and totals. A rate is
/// not settled, a hold ends, and what the policy itself says stays (kFixed).
struct Actual {
  uint16_t unit = 0;
  int64_t amount = 0;  // ≥ 0. More than was reserved is recorded, and the next call denied for it.
};

enum class SettleStatus : uint8_t {
  kSettled,
  kAlready,     // in the same way before; nothing changed
  kConflict,    // in the other way before; nothing changed
  kUnknown,     // no such operation, or too long ago (limits::kOperationKeepUs)
  kBadRequest,  // the operation has no charge of that unit, or the amount is negative
  kUnavailable,
};

/// One counter, for people and tools.
struct CounterView {
  CounterId id;
  CounterKind kind = CounterKind::kQuota;
  std::string policy, limit, constraint, key;  // empty: the store keeps no names
  uint16_t unit = 0;
  int64_t used = 0;
  int64_t limit_value = 0;  // of the last charge
  int64_t begin_us = 0, end_us = 0;
  int64_t last_us = 0;  // of the last charge or stamp
};

/// Thread-safe. No call throws; what fails is a status, and denies.
class Store {
 public:
  virtual ~Store() = default;

  /// Checks all charges, then charges all of the alternatives that it chose: all or nothing. Time
  /// never runs backwards for a counter: an earlier `now_us` counts as the counter's latest.
  /// `states` is as long as the charges, or empty. Cost: linear in the charges.
  virtual ReserveResult Reserve(const ReserveRequest& request, std::span<ChargeState> states) = 0;
  /// A quick way to the answer of most calls: charges what Reserve() of a request that has these
  /// charges and nothing else would, and says true. False: nothing has changed, and Reserve() has
  /// to say what there is to say; most stores have no quick way. `operation`: null for none.
  /// `states`: null, or room for as many. Cost: linear in the charges.
  virtual bool Take(std::span<const Charge> /*charges*/, const OperationId* /*operation*/,
                    int64_t /*now_us*/, ChargeState* /*states*/) {
    return false;
  }
  /// Whether Take() is worth a try: the store is in this process, and keeps no names. Of one that
  /// says so, whatever is not kReserved has charged nothing, for sure.
  virtual bool near() const { return false; }
  /// A Reserve of these will come soon: a store whose memory may be far away asks for it meanwhile.
  /// Changes nothing.
  virtual void Expect(const CounterId&) const {}
  virtual void Expect(const OperationId&) const {}

  /// The call was carried out. Ends its holds, stamps its stamps.
  virtual SettleStatus Commit(OperationId operation, std::optional<Actual> actual,
                              int64_t now_us) = 0;
  /// The call was not carried out.
  virtual SettleStatus Release(OperationId operation, int64_t now_us) = 0;

  /// Counts a denial: the `limit`-th within `window_us` opens the breaker for `suspend_us`.
  virtual SettleStatus CountViolation(CounterId id, int64_t limit, int64_t window_us,
                                      int64_t suspend_us, int64_t now_us) = 0;

  /// Frees counters that say nothing any more, and operations that ended long ago. How many.
  virtual uint64_t Sweep(int64_t now_us) = 0;

  /// For tools. Errors: "store-unavailable".
  virtual Result<std::vector<CounterView>> Counters() = 0;
  /// Forgets one counter. False: there is none. Errors: "store-unavailable".
  virtual Result<bool> Reset(CounterId id) = 0;

  /// Of the hash that makes CounterIds; the same for everybody who shares the store, as long as it
  /// lives, and secret from those whose values are hashed.
  virtual const std::array<uint8_t, 16>& hash_key() const = 0;
  virtual bool keeps_names() const = 0;
};

/// What is full denies (kUnavailable). Operations that are settled make room before.
struct StoreSizes {
  uint64_t counters = limits::kCounters;
  uint64_t operations = limits::kOperations;
};

/// A store in this process, gone with it. `hash_key`: random where none is given; null where the
/// system gives no random bytes.
std::unique_ptr<Store> NewMemoryStore(
    std::optional<std::array<uint8_t, 16>> hash_key = std::nullopt, StoreSizes sizes = {});

}  // namespace cap::state
