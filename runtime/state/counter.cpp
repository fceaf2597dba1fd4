#include "runtime/state/counter.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace cap::state {
namespace {

/// Time does not run backwards for a counter.
int64_t NowOf(const Counter& counter, int64_t now_us) { return std::max(now_us, counter.last_us); }

/// What counts of a ring or a gauge.
int64_t HeldOf(const Counter& counter, int64_t now) {
  int64_t held = counter.value;
  for (const Entry& entry : counter.all_entries()) {
    if (entry.end_us > now) break;
    held -= entry.amount;
  }
  return held;
}

/// When so many of the entries have ended that `excess` is gone.
int64_t EndOfExcess(const Counter& counter, int64_t now, int64_t excess) {
  for (const Entry& entry : counter.all_entries()) {
    if (entry.end_us <= now) continue;
    excess -= entry.amount;
    if (excess <= 0) return entry.end_us;
  }
  return now;
}

int64_t AddSaturated(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

Fit CheckRate(const Counter& counter, const Charge& charge, int64_t amount, int64_t now_us) {
  if (amount > charge.limit) return {false, kNever};
  const int64_t now = NowOf(counter, now_us);
  const int64_t paid_back = PaidBack(counter, amount - charge.limit, charge.span_us, now);
  return {paid_back <= now, paid_back <= now ? 0 : paid_back - now_us};
}

Fit CheckHeld(const Counter& counter, const Charge& charge, int64_t amount, int64_t now_us) {
  if (amount > charge.limit) return {false, kNever};
  const int64_t now = NowOf(counter, now_us);
  const int64_t excess = HeldOf(counter, now) + amount - charge.limit;
  if (excess > 0) return {false, EndOfExcess(counter, now, excess) - now_us};
  const auto entries = counter.all_entries();
  if (entries.size() >= limits::kHolds && entries.front().end_us > now) {
    return {false, entries.front().end_us - now_us};
  }
  return {true, 0};
}

Fit CheckSum(const Counter& counter, const Charge& charge, int64_t amount, int64_t now_us) {
  const int64_t now = NowOf(counter, now_us);
  if (amount <= charge.limit - SumOf(counter, now)) return {true, 0};
  if (charge.kind == CounterKind::kTotal || amount > charge.limit) return {false, kNever};
  return {false, counter.end_us - now_us};
}

Fit CheckHistory(const Counter& counter, const Charge& charge, int64_t now_us) {
  const bool within = counter.of() == CounterClass::kStamp &&
                      NowOf(counter, now_us) - counter.last_us <= charge.span_us;
  if (charge.kind == CounterKind::kAfter) {
    // What a clock far ahead has stamped is no proof that it was done before now.
    const bool holds = within && counter.last_us - now_us <= charge.span_us;
    return {holds, holds ? 0 : kNever};
  }
  return {!within, within ? counter.last_us + charge.span_us + 1 - now_us : 0};
}

}  // namespace

Entries::~Entries() { ::operator delete(block_); }

Entries& Entries::operator=(Entries&& other) noexcept {
  std::swap(block_, other.block_);
  return *this;
}

std::span<const Entry> Entries::all() const {
  if (block_ == nullptr) return {};
  return {at() + block_->first, block_->size};
}

void Entries::MakeRoom() {
  if (block_ != nullptr && block_->first > block_->capacity / 2) {
    std::memmove(at(), at() + block_->first, block_->size * sizeof(Entry));
    block_->first = 0;
    return;
  }
  const auto old = all();
  // Twice as many as there may be at one time, so that moving them down is rare.
  const uint32_t capacity = block_ == nullptr ? 8 : block_->capacity * 2;
  void* memory = ::operator new(sizeof(Block) + capacity * sizeof(Entry));
  auto* made = new (memory) Block{capacity, 0, static_cast<uint32_t>(old.size())};
  if (!old.empty()) std::memcpy(made + 1, old.data(), old.size_bytes());
  ::operator delete(block_);
  block_ = made;
}

void Entries::Insert(Entry entry) {
  if (block_ == nullptr || block_->first + block_->size == block_->capacity) MakeRoom();
  Entry* const begin = at() + block_->first;
  Entry* place = begin + block_->size;
  for (; place > begin && place[-1].end_us > entry.end_us; --place) *place = place[-1];
  *place = entry;
  ++block_->size;
}

bool Entries::Erase(Entry entry) {
  if (block_ == nullptr) return false;
  Entry* const begin = at() + block_->first;
  Entry* const end = begin + block_->size;
  Entry* place = std::lower_bound(begin, end, entry.end_us,
                                  [](const Entry& a, int64_t end_us) { return a.end_us < end_us; });
  while (place < end && place->end_us == entry.end_us && place->amount != entry.amount) ++place;
  if (place == end || *place != entry) return false;
  std::move(place + 1, end, place);
  --block_->size;
  return true;
}

int64_t Entries::EraseEnded(int64_t now_us) {
  int64_t sum = 0;
  while (block_ != nullptr && block_->size > 0 && at()[block_->first].end_us <= now_us) {
    sum += at()[block_->first].amount;
    ++block_->first;
    --block_->size;
  }
  if (block_ != nullptr && block_->size == 0) block_->first = 0;
  return sum;
}

void Entries::Clear() {
  if (block_ != nullptr) block_->first = block_->size = 0;
}

CounterKind KindOf(CounterClass of) {
  switch (of) {
    case CounterClass::kRate:
      return CounterKind::kRate;
    case CounterClass::kRecent:
      return CounterKind::kRecent;
    case CounterClass::kTotal:
      return CounterKind::kTotal;
    case CounterClass::kGauge:
      return CounterKind::kGauge;
    case CounterClass::kStamp:
      return CounterKind::kAfter;
    case CounterClass::kBreaker:
      return CounterKind::kBreaker;
    case CounterClass::kQuota:
    case CounterClass::kNone:
      break;
  }
  return CounterKind::kQuota;
}

Counter& Counter::operator=(Counter&& other) noexcept {
  Forget();
  if (other.has_entries()) {
    new (&entries_) Entries(std::move(other.entries_));
  } else {
    begin_us_ = other.begin_us_;
  }
  of_ = other.of_;
  unit = other.unit;
  last_us = other.last_us;
  value = other.value;
  end_us = other.end_us;
  limit = other.limit;
  other.Forget();
  return *this;
}

void Counter::Begin(CounterClass of, uint16_t of_unit) {
  if (of_ != CounterClass::kNone) return;
  of_ = of;
  unit = of_unit;
  if (has_entries()) new (&entries_) Entries();
}

void Counter::Forget() {
  if (has_entries()) entries_.~Entries();
  of_ = CounterClass::kNone;
  unit = 0;
  begin_us_ = last_us = value = end_us = limit = 0;
}

int64_t RateInterval(int64_t count, int64_t period_us) {
  if (count <= 0 || period_us <= 0 || period_us > limits::kTimeUs) return 0;
  return period_us / count < limits::kRateIntervalUs ? 0 : (period_us - 1) / count + 1;
}

bool IsSound(const Charge& charge, int64_t now_us) {
  const auto in = [](int64_t value, int64_t least, int64_t most) {
    return least <= value && value <= most;
  };
  if (!in(now_us, 0, limits::kTimeUs) || !in(charge.amount, 1, limits::kQuantity) ||
      !in(charge.limit, 0, limits::kQuantity) || !in(charge.span_us, 0, limits::kTimeUs)) {
    return false;
  }
  switch (charge.kind) {
    case CounterKind::kRate:
      return IsSoundRate(charge, now_us);
    case CounterKind::kRecent:
      return charge.span_us > 0 && charge.limit <= limits::kRecentTimes;
    case CounterKind::kQuota:
    case CounterKind::kTotal:
      return IsSoundSum(charge, now_us);
    case CounterKind::kGauge:
      return charge.span_us > 0;
    case CounterKind::kAfter:
    case CounterKind::kNotAfter:
    case CounterKind::kBreaker:
      return true;
  }
  return false;
}

Fit Check(const Counter& counter, const Charge& charge, int64_t before, int64_t now_us) {
  const int64_t amount = before + charge.amount;
  switch (charge.kind) {
    case CounterKind::kRate:
      return CheckRate(counter, charge, amount, now_us);
    case CounterKind::kRecent:
    case CounterKind::kGauge:
      return CheckHeld(counter, charge, amount, now_us);
    case CounterKind::kQuota:
    case CounterKind::kTotal:
      return CheckSum(counter, charge, amount, now_us);
    case CounterKind::kAfter:
    case CounterKind::kNotAfter:
      return CheckHistory(counter, charge, now_us);
    case CounterKind::kBreaker: {
      const bool closed = NowOf(counter, now_us) >= counter.value;
      return {closed, closed ? 0 : counter.value - now_us};
    }
  }
  return {false, kNever};
}

void Add(Counter& counter, const Charge& charge, int64_t now_us) {
  const int64_t now = NowOf(counter, now_us);
  const auto touch = [&] {
    counter.Begin(ClassOf(charge.kind), charge.unit);
    counter.last_us = now;
    counter.limit = charge.limit;
  };
  switch (charge.kind) {
    case CounterKind::kRate:
      touch();
      return AddRate(counter, charge, PaidBack(counter, charge.amount, charge.span_us, now), now);
    case CounterKind::kRecent:
    case CounterKind::kGauge:
      touch();
      counter.value += charge.amount - counter.entries().EraseEnded(now);
      counter.entries().Insert({now + charge.span_us, charge.amount});
      counter.end_us = std::max(counter.end_us, now + charge.span_us);
      return;
    case CounterKind::kQuota:
    case CounterKind::kTotal:
      counter.Begin(ClassOf(charge.kind), charge.unit);
      return AddSum(counter, charge, now);
    case CounterKind::kAfter:
    case CounterKind::kNotAfter:
    case CounterKind::kBreaker:
      return;
  }
}

int64_t Remains(const Counter& counter, const Charge& charge, int64_t now_us) {
  const int64_t now = NowOf(counter, now_us);
  const auto left = [&](int64_t used) { return std::max<int64_t>(0, charge.limit - used); };
  switch (charge.kind) {
    case CounterKind::kRate: {
      const int64_t owed = std::max<int64_t>(0, counter.value - now);
      return left((owed + charge.span_us - 1) / charge.span_us);
    }
    case CounterKind::kRecent:
    case CounterKind::kGauge:
      return left(HeldOf(counter, now));
    case CounterKind::kQuota:
    case CounterKind::kTotal:
      return left(SumOf(counter, now));
    case CounterKind::kAfter:
    case CounterKind::kNotAfter:
    case CounterKind::kBreaker:
      return 0;
  }
  return 0;
}

bool IsOf(const Counter& counter, const Charge& charge) {
  if (counter.of() == CounterClass::kNone) return true;
  const CounterClass of = ClassOf(charge.kind);
  if (counter.of() != of) return false;
  return of == CounterClass::kStamp || of == CounterClass::kBreaker || counter.unit == charge.unit;
}

void EndCharge(Counter& counter, const Taken& taken, bool committed,
               const std::optional<Actual>& actual, int64_t now_us) {
  if (taken.of == CounterClass::kStamp) {
    if (committed) StampAt(counter, taken.token, now_us);
    return;
  }
  if (counter.of() != taken.of || counter.unit != taken.unit) return;
  if (taken.of == CounterClass::kGauge) {
    if (counter.entries().Erase({taken.token, taken.amount})) counter.value -= taken.amount;
    return;
  }
  if (counter.begin_us() != taken.token) return;
  int64_t amount = committed ? taken.amount : 0;
  if (committed && actual && IsSettled(taken, actual->unit)) amount = actual->amount;
  // Both are at most limits::kQuantity, so that their difference is no overflow.
  counter.value = std::max<int64_t>(0, AddSaturated(counter.value, amount - taken.amount));
}

void StampAt(Counter& counter, int64_t keep_us, int64_t now_us) {
  counter.Begin(CounterClass::kStamp, 0);
  if (counter.of() != CounterClass::kStamp) return;
  counter.last_us = std::max(counter.last_us, now_us);
  counter.end_us = std::max(counter.end_us, counter.last_us + keep_us);
}

bool IsSoundBreaker(int64_t limit, int64_t window_us, int64_t suspend_us, int64_t now_us) {
  return 0 < limit && limit <= limits::kRecentTimes && 0 < window_us &&
         window_us <= limits::kTimeUs && 0 < suspend_us && suspend_us <= limits::kTimeUs &&
         0 <= now_us && now_us <= limits::kTimeUs;
}

bool Violate(Counter& counter, int64_t limit, int64_t window_us, int64_t suspend_us,
             int64_t now_us) {
  const int64_t now = NowOf(counter, now_us);
  if (now < counter.value) return false;
  counter.Begin(CounterClass::kBreaker, 0);
  counter.last_us = now;
  counter.limit = limit;
  counter.entries().EraseEnded(now);
  counter.entries().Insert({now + window_us, 1});
  counter.end_us = std::max(counter.end_us, now + window_us);
  if (static_cast<int64_t>(counter.all_entries().size()) >= limit) {
    counter.entries().Clear();
    counter.value = now + suspend_us;
    counter.end_us = std::max(counter.end_us, counter.value);
  }
  return true;
}

CounterView ViewOf(CounterId id, const Counter& counter) {
  CounterView view;
  view.id = id;
  view.kind = KindOf(counter.of());
  view.unit = counter.unit;
  view.limit_value = counter.limit;
  view.last_us = counter.last_us;
  switch (counter.of()) {
    case CounterClass::kRate: {
      const int64_t interval = std::max<int64_t>(1, counter.begin_us());
      view.used = (std::max<int64_t>(0, counter.value - counter.last_us) + interval - 1) / interval;
      break;
    }
    case CounterClass::kRecent:
    case CounterClass::kGauge:
      view.used = HeldOf(counter, counter.last_us);
      break;
    case CounterClass::kQuota:
      view.begin_us = counter.begin_us();
      view.end_us = counter.end_us;
      view.used = counter.value;
      break;
    case CounterClass::kTotal:
      view.begin_us = counter.begin_us();
      view.used = counter.value;
      break;
    case CounterClass::kBreaker:
      view.end_us = counter.value;
      view.used = static_cast<int64_t>(counter.all_entries().size());
      break;
    case CounterClass::kStamp:
    case CounterClass::kNone:
      break;
  }
  return view;
}

}  // namespace cap::state
