// The arithmetic of counters, on a plain struct: no clock, no lock, no storage. A store that runs
// in C++ keeps its counters as these; one that runs elsewhere has the same rules
// (docs/conformance.md).
//
//   Fit fit = Check(counter, charge, taken_before, now);
//   if (fit.fits) Add(counter, charge, now);
//
// Check changes nothing, so that all charges of a call can be checked before the first is added.
// Within the bounds that IsSound() holds no sum overflows; what a commit adds on top saturates.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "runtime/state/spin_lock.h"
#include "runtime/state/store.h"

namespace cap::state {

/// How many of a gauge, of a ring or of the violations of a breaker end when.
struct Entry {
  int64_t end_us = 0;
  int64_t amount = 0;
  bool operator==(const Entry&) const = default;
};

/// Entries in order of their ends, in one block behind one pointer. Room for as many as were there
/// at one time stays, so that a counter in use does not allocate.
class Entries {
 public:
  Entries() = default;
  ~Entries();
  Entries(Entries&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
  Entries& operator=(Entries&& other) noexcept;
  Entries(const Entries&) = delete;
  Entries& operator=(const Entries&) = delete;

  std::span<const Entry> all() const;
  void Insert(Entry entry);
  /// Of an entry that ends then with that amount. False: there is none.
  bool Erase(Entry entry);
  /// Those that ended by `now_us`. Returns their sum.
  int64_t EraseEnded(int64_t now_us);
  void Clear();

 private:
  /// Before its entries, and aligned as they are.
  struct alignas(Entry) Block {
    uint32_t capacity, first, size;
  };
  Entry* at() const { return reinterpret_cast<Entry*>(block_ + 1); }
  void MakeRoom();

  Block* block_ = nullptr;
};

/// What a counter counts: the kinds that ask a history are one.
enum class CounterClass : uint8_t {
  kNone,
  kRate,
  kRecent,
  kQuota,
  kTotal,
  kGauge,
  kStamp,
  kBreaker
};
constexpr CounterClass ClassOf(CounterKind kind) {
  switch (kind) {
    case CounterKind::kRate:
      return CounterClass::kRate;
    case CounterKind::kRecent:
      return CounterClass::kRecent;
    case CounterKind::kQuota:
      return CounterClass::kQuota;
    case CounterKind::kTotal:
      return CounterClass::kTotal;
    case CounterKind::kGauge:
      return CounterClass::kGauge;
    case CounterKind::kAfter:
    case CounterKind::kNotAfter:
      return CounterClass::kStamp;
    case CounterKind::kBreaker:
      return CounterClass::kBreaker;
  }
  return CounterClass::kNone;
}
/// The kind by which a counter of a class is shown.
CounterKind KindOf(CounterClass of);

/// 48 bytes: with its identity, one line of a cache. A fresh one says that nothing was ever
/// charged.
class Counter {
 public:
  Counter() : begin_us_(0) {}
  ~Counter() { Forget(); }
  Counter(Counter&& other) noexcept : begin_us_(0) { *this = std::move(other); }
  Counter& operator=(Counter&& other) noexcept;
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  CounterClass of() const { return of_; }
  bool has_entries() const {
    return of_ == CounterClass::kRecent || of_ == CounterClass::kGauge ||
           of_ == CounterClass::kBreaker;
  }
  /// Makes a fresh counter one of a class; any other stays what it is.
  void Begin(CounterClass of, uint16_t of_unit);
  /// Makes it a fresh one.
  void Forget();

  /// Of classes without entries. Quota: of the period · total: of the first charge · rate:
  /// interval.
  int64_t& begin_us() { return begin_us_; }
  int64_t begin_us() const { return has_entries() ? 0 : begin_us_; }
  /// Of classes with entries.
  Entries& entries() { return entries_; }
  std::span<const Entry> all_entries() const {
    return has_entries() ? entries_.all() : std::span<const Entry>();
  }

 private:
  CounterClass of_ = CounterClass::kNone;

 public:
  /// Of the place that the counter lies in, for a table of counters: a move leaves both.
  SpinLock lock;
  uint16_t unit = 0;
  uint32_t next = 0;
  int64_t last_us = 0;  // of the last charge, stamp or violation
  int64_t value = 0;    // rate: when all is paid back · breaker: open until · else the sum
  int64_t end_us = 0;   // from then on it says the same as a fresh one
  int64_t limit = 0;    // of the last charge

 private:
  union {
    int64_t begin_us_;
    Entries entries_;
  };
};
static_assert(sizeof(Counter) == 48);

/// The least whole interval that lets at most `count` pass in `period_us`: rounded up. 0: there is
/// none that a rate may have (limits::kRateIntervalUs).
int64_t RateInterval(int64_t count, int64_t period_us);

/// Whether every store would take such a charge at that time; if not, the request is bad.
bool IsSound(const Charge& charge, int64_t now_us);

struct Fit {
  bool fits = false;
  int64_t retry_after_us = 0;
};

/// 1 to limits::kQuantity, whatever number it is.
inline bool IsAmount(int64_t amount) {
  return static_cast<uint64_t>(amount) - 1 < static_cast<uint64_t>(limits::kQuantity);
}

/// IsSound() of a rate, and the arithmetic of one in line: for the call that takes one rate alone.
inline bool IsSoundRate(const Charge& charge, int64_t now_us) {
  const auto in = [](int64_t value, int64_t most) {
    return static_cast<uint64_t>(value) <= static_cast<uint64_t>(most);
  };
  int64_t burst_us;
  return in(now_us, limits::kTimeUs) && IsAmount(charge.amount) &&
         in(charge.limit, limits::kQuantity) && charge.span_us >= limits::kRateIntervalUs &&
         !__builtin_mul_overflow(charge.limit, charge.span_us, &burst_us) &&
         burst_us <= limits::kTimeUs;
}
/// When all is paid back if the charge is added. INVARIANT: the amount is at most the limit.
inline int64_t PaidBack(const Counter& counter, int64_t amount, int64_t interval, int64_t now) {
  return std::max(now, counter.value) + amount * interval;
}
inline void AddRate(Counter& counter, const Charge& charge, int64_t paid_back, int64_t now) {
  counter.last_us = now;
  counter.limit = charge.limit;
  counter.begin_us() = charge.span_us;
  counter.value = counter.end_us = paid_back;
}

/// IsSound() of a quota or a total, and the arithmetic of one.
inline bool IsSoundSum(const Charge& charge, int64_t now_us) {
  const auto in = [](int64_t value, int64_t most) {
    return static_cast<uint64_t>(value) <= static_cast<uint64_t>(most);
  };
  const bool bounds =
      charge.kind == CounterKind::kTotal ||
      (0 <= charge.begin_us && charge.begin_us <= now_us && now_us < charge.end_us &&
       charge.end_us <= limits::kTimeUs);
  return in(now_us, limits::kTimeUs) && IsAmount(charge.amount) &&
         in(charge.limit, limits::kQuantity) && in(charge.span_us, limits::kTimeUs) && bounds;
}
/// What counts of it at `now`, which is at least the counter's last: nothing once it has ended.
inline int64_t SumOf(const Counter& counter, int64_t now) {
  return now >= counter.end_us ? 0 : counter.value;
}
/// INVARIANT: the charge fits; the counter is of its class.
inline void AddSum(Counter& counter, const Charge& charge, int64_t now) {
  const bool total = charge.kind == CounterKind::kTotal;
  const bool anew = now >= counter.end_us;
  const int64_t kept = charge.span_us == 0 ? kNever : now + charge.span_us;
  counter.last_us = now;
  counter.limit = charge.limit;
  if (anew) counter.begin_us() = total ? now : charge.begin_us;
  counter.value = (anew ? 0 : counter.value) + charge.amount;
  // A period that was made longer keeps what it has counted, and one made shorter ends as it
  // would have: neither is a way to begin anew.
  counter.end_us = std::max(counter.end_us, total ? kept : charge.end_us);
}

/// `before`: what charges of the same request take of it already.
Fit Check(const Counter& counter, const Charge& charge, int64_t before, int64_t now_us);
/// Of a charge that fits.
void Add(Counter& counter, const Charge& charge, int64_t now_us);
/// What is left of the limit.
int64_t Remains(const Counter& counter, const Charge& charge, int64_t now_us);
/// Whether the counter may be charged so: nobody has counted anything else with it.
bool IsOf(const Counter& counter, const Charge& charge);

/// What an operation keeps of a charge that can be given back or settled, or of a stamp.
struct Taken {
  CounterId id;
  CounterClass of = CounterClass::kNone;
  uint16_t unit = 0;
  int64_t amount = 0;
  int64_t token = 0;  // of which period, or of which hold; of a stamp: how long it is kept
};
inline bool TakesSomething(CounterKind kind) {
  return kind != CounterKind::kAfter && kind != CounterKind::kNotAfter &&
         kind != CounterKind::kBreaker;
}
inline bool IsGivenBack(CounterKind kind) {
  return kind == CounterKind::kQuota || kind == CounterKind::kTotal || kind == CounterKind::kGauge;
}
/// Of a charge that was just added.
inline Taken TakenOf(const Counter& counter, const Charge& charge) {
  const bool held = charge.kind == CounterKind::kGauge;
  return {charge.id, ClassOf(charge.kind), charge.unit, charge.amount,
          held ? counter.last_us + charge.span_us : counter.begin_us()};
}

/// Whether a commit that says what was taken says it of this one.
inline bool IsSettled(const Taken& taken, uint16_t unit) {
  return (taken.of == CounterClass::kQuota || taken.of == CounterClass::kTotal) &&
         taken.unit == unit;
}
/// The call was carried out, or was not. A hold ends; a quota or a total gets back what was not
/// taken, unless its period has ended since; a stamp is stamped.
void EndCharge(Counter& counter, const Taken& taken, bool committed,
               const std::optional<Actual>& actual, int64_t now_us);

void StampAt(Counter& counter, int64_t keep_us, int64_t now_us);

bool IsSoundBreaker(int64_t limit, int64_t window_us, int64_t suspend_us, int64_t now_us);
/// A violation. False: it is open already, and the violation counts for nothing.
bool Violate(Counter& counter, int64_t limit, int64_t window_us, int64_t suspend_us,
             int64_t now_us);

/// For people, as of the last charge.
CounterView ViewOf(CounterId id, const Counter& counter);

}  // namespace cap::state
