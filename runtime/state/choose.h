// Which charges of a request are taken, given the counters: the same for every store that runs in
// C++. Nothing here changes a counter.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <span>

#include "runtime/state/counter.h"
#include "runtime/state/store.h"

namespace cap::state {

/// The counter of each charge, null for one that nobody has charged yet; for charges of one counter
/// the number of the first of them, for the others their own.
struct ChargedCounters {
  std::array<Counter*, limits::kCharges> counter;
  std::array<uint16_t, limits::kCharges> first;
};

/// Fills `first`, and `order` with the charges sorted by their counters. Cost: n log n.
void MergeCounters(std::span<const Charge> charges, std::span<uint16_t> order,
                   ChargedCounters& counters);

/// Whether two charges of a request may be of one counter: they are of one kind and unit.
bool MayShare(const Charge& a, const Charge& b);

/// Whether any store would look at it.
bool IsSound(const ReserveRequest& request);
/// Whether something of it can be given back or settled, or is stamped.
bool HasSequel(const ReserveRequest& request);

struct Choice {
  ReserveStatus status = ReserveStatus::kReserved;  // or kSpent, kBadRequest
  uint16_t failed = 0xFFFF;
  Fit failed_fit;
  std::bitset<limits::kCharges> taken;  // of kReserved
};

/// Common charges first, then the groups in order; of each the lowest alternative of which all
/// charges fit beside those that were taken before. Cost: linear in the charges.
Choice Choose(const ReserveRequest& request, const ChargedCounters& counters, int64_t now_us);

/// How the counters stand now, after those of `choice` were charged or none.
void TellStates(const ReserveRequest& request, const ChargedCounters& counters,
                const Choice& choice, int64_t now_us, std::span<ChargeState> states);

/// Of what a request charges: a repetition has the same. Bounds and limits are left out, since
/// they may come from the time and from facts.
uint64_t FingerprintOf(const ReserveRequest& request);
/// … of one that has no stamps.
uint64_t FingerprintOf(std::span<const Charge> charges);

}  // namespace cap::state
