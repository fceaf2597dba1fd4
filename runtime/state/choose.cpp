#include "runtime/state/choose.h"

#include <algorithm>
#include <tuple>

namespace cap::state {
namespace {

const Counter kFresh;

const Counter& At(const ChargedCounters& counters, size_t i) {
  return counters.counter[i] == nullptr ? kFresh : *counters.counter[i];
}

uint64_t FreeOf(const ReserveRequest& request, uint16_t group) {
  return group < request.free.size() ? request.free[group] : kNoFree;
}

/// Chooses for one request. `pending_` is what it takes of each counter, by `first`.
class Chooser {
 public:
  Chooser(const ReserveRequest& request, const ChargedCounters& counters, int64_t now_us)
      : request_(request), counters_(counters), now_us_(now_us) {
    std::fill_n(pending_.begin(), request.charges.size(), 0);
  }

  Choice Run() {
    for (size_t i = 0; i < request_.charges.size(); ++i) {
      const Charge& first = request_.charges[counters_.first[i]];
      if (!IsOf(At(counters_, i), request_.charges[i]) || !MayShare(first, request_.charges[i])) {
        choice_.status = ReserveStatus::kBadRequest;
        return choice_;
      }
    }
    for (size_t i = 0; i < request_.charges.size(); ++i) {
      if (request_.charges[i].group != kEveryGroup) continue;
      const Failure failure = Try(i, i + 1);
      if (failure.at != kNone) Fail(failure);
    }
    for (size_t i = 0; i < request_.charges.size();) i = RunGroup(i);
    if (choice_.failed != kNone) choice_.taken.reset();
    return choice_;
  }

 private:
  static constexpr uint16_t kNone = 0xFFFF;
  struct Failure {
    uint16_t at = kNone;
    Fit fit;
  };

  /// Charges that stand at [begin, end), of one alternative; those of other groups are skipped.
  /// They stay pending where all of them fit. The failure that is the last to fit again.
  Failure Try(size_t begin, size_t end) {
    const uint16_t group = request_.charges[begin].group;
    Failure failure;
    for (size_t i = begin; i < end; ++i) {
      const Charge& charge = request_.charges[i];
      if (charge.group != group) continue;
      const Fit fit = Check(At(counters_, i), charge, pending_[counters_.first[i]], now_us_);
      if (fit.fits) {
        pending_[counters_.first[i]] += charge.amount;
        choice_.taken.set(i);
      } else if (failure.at == kNone || fit.retry_after_us > failure.fit.retry_after_us) {
        failure = {static_cast<uint16_t>(i), fit};
      }
    }
    if (failure.at == kNone) return failure;
    for (size_t i = begin; i < end; ++i) {
      if (request_.charges[i].group != group || !choice_.taken.test(i)) continue;
      pending_[counters_.first[i]] -= request_.charges[i].amount;
      choice_.taken.reset(i);
    }
    return failure;
  }

  /// The group of the first charge from `i` on that has one. Returns where it ends.
  size_t RunGroup(size_t i) {
    const auto& charges = request_.charges;
    while (i < charges.size() && charges[i].group == kEveryGroup) ++i;
    if (i == charges.size()) return i;
    const uint16_t group = charges[i].group;
    const uint64_t free = FreeOf(request_, group);
    Failure least;
    bool done = false;
    while (i < charges.size() && (charges[i].group == group || charges[i].group == kEveryGroup)) {
      const size_t begin = i;
      const uint16_t alternative = charges[begin].alternative;
      while (i < charges.size() &&
             (charges[i].group == kEveryGroup ||
              (charges[i].group == group && charges[i].alternative == alternative))) {
        ++i;
      }
      if (done || alternative > free) {
        done = true;
        continue;
      }
      const Failure failure = Try(begin, i);
      if (failure.at == kNone) done = true;
      if (least.at == kNone || failure.fit.retry_after_us < least.fit.retry_after_us) {
        least = failure;
      }
    }
    if (!done && free == kNoFree) Fail(least);
    return i;
  }

  void Fail(const Failure& failure) {
    choice_.status = ReserveStatus::kSpent;
    if (choice_.failed != kNone &&
        failure.fit.retry_after_us <= choice_.failed_fit.retry_after_us) {
      return;
    }
    choice_.failed = failure.at;
    choice_.failed_fit = failure.fit;
  }

  const ReserveRequest& request_;
  const ChargedCounters& counters_;
  const int64_t now_us_;
  Choice choice_;
  std::array<int64_t, limits::kCharges> pending_;
};

uint64_t Mix(uint64_t hash, uint64_t word) {
  const auto product = static_cast<unsigned __int128>(hash ^ word) * 0x9E3779B97F4A7C15u;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

bool MayShare(const Charge& a, const Charge& b) {
  const CounterClass of = ClassOf(a.kind);
  const bool has_unit = of != CounterClass::kStamp && of != CounterClass::kBreaker;
  return of == ClassOf(b.kind) && (a.unit == b.unit || !has_unit);
}

void MergeCounters(std::span<const Charge> charges, std::span<uint16_t> order,
                   ChargedCounters& counters) {
  for (size_t i = 0; i < charges.size(); ++i) order[i] = static_cast<uint16_t>(i);
  const auto key = [&](uint16_t i) { return std::tuple(charges[i].id.high, charges[i].id.low, i); };
  if (charges.size() > 1) {
    std::sort(order.begin(), order.end(), [&](uint16_t a, uint16_t b) { return key(a) < key(b); });
  }
  for (size_t n = 0; n < charges.size(); ++n) {
    const uint16_t i = order[n];
    const bool again = n > 0 && charges[order[n - 1]].id == charges[i].id;
    counters.first[i] = again ? counters.first[order[n - 1]] : i;
  }
}

bool IsSound(const ReserveRequest& request) {
  if (request.charges.size() > limits::kCharges || request.stamps.size() > limits::kStamps ||
      request.free.size() > limits::kCharges || request.now_us < 0 ||
      request.now_us > limits::kTimeUs ||
      (!request.names.empty() && request.names.size() != request.charges.size())) {
    return false;
  }
  uint32_t last = 0;
  for (const Charge& charge : request.charges) {
    if (!IsSound(charge, request.now_us)) return false;
    if (charge.group == kEveryGroup) continue;
    const uint32_t place = uint32_t{charge.group} << 16 | charge.alternative;
    if (place < last || charge.alternative >= limits::kAlternatives) return false;
    last = place;
  }
  return std::ranges::all_of(request.stamps, [](const Stamp& stamp) {
    return 0 <= stamp.keep_us && stamp.keep_us <= limits::kTimeUs;
  });
}

bool HasSequel(const ReserveRequest& request) {
  return !request.stamps.empty() || std::ranges::any_of(request.charges, [](const Charge& charge) {
    return IsGivenBack(charge.kind);
  });
}

Choice Choose(const ReserveRequest& request, const ChargedCounters& counters, int64_t now_us) {
  return Chooser(request, counters, now_us).Run();
}

void TellStates(const ReserveRequest& request, const ChargedCounters& counters,
                const Choice& choice, int64_t now_us, std::span<ChargeState> states) {
  if (states.size() < request.charges.size()) return;
  for (size_t i = 0; i < request.charges.size(); ++i) {
    const Charge& charge = request.charges[i];
    const Counter& counter = At(counters, i);
    Fit fit{true, 0};
    if (i == choice.failed) {
      fit = choice.failed_fit;
    } else if (!choice.taken.test(i)) {
      fit = Check(counter, charge, 0, now_us);
    }
    states[i] = {choice.taken.test(i), fit.fits, Remains(counter, charge, now_us),
                 fit.retry_after_us};
  }
}

uint64_t FingerprintOf(std::span<const Charge> charges) {
  uint64_t hash = charges.size();
  for (const Charge& charge : charges) {
    hash = Mix(Mix(hash, charge.id.high), charge.id.low);
    hash = Mix(hash, static_cast<uint64_t>(charge.amount));
    hash = Mix(hash, uint64_t{charge.group} << 48 | uint64_t{charge.alternative} << 32 |
                         uint64_t{charge.unit} << 16 | static_cast<uint64_t>(charge.kind));
  }
  return hash;
}

uint64_t FingerprintOf(const ReserveRequest& request) {
  uint64_t hash = FingerprintOf(request.charges);
  for (const Stamp& stamp : request.stamps) hash = Mix(Mix(hash, stamp.id.high), stamp.id.low);
  return hash;
}

}  // namespace cap::state
