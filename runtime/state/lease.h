// Decisions in this process against slices of a store that others share. A slice of a quota or of a
// total is charged at the authority in one call, durable before anything of it is given out; then
// calls take from it here. The same slice is charged whoever asks it, so that nothing is admitted
// above a limit; what a process that crashes has not used of its slices stays charged.
//
//   auto store = state::NewLeasedStore(std::move(authority));
//
// Only calls that quotas and totals alone hold, and that stamp nothing, are decided here; all
// others ask the authority, and so do calls near a limit, where a slice would take from others what
// they could use. An operation that was reserved here is known here alone: whoever settles it or
// asks it again does so in the same process, and a crash forgets it.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/state/store.h"

namespace cap::state {

struct LeaseOptions {
  /// A slice is at most one part in so many of what the limit has left. At least 4.
  int64_t share = 32;
  /// The first slice of a counter is so many times what a call takes. It doubles when it is used
  /// up.
  int64_t first = 64;
  /// A slice that is not asked for so long goes back (at the next Sweep), and one of a total is
  /// taken anew, so that the authority sees that the total is in use.
  int64_t lease_us = 60'000'000;
  /// Operations known at one time.
  uint64_t operations = limits::kOperations;
};

class LeasedStore : public Store {
 public:
  /// Gives back what is not used of all slices. The destructor does so too.
  virtual void GiveBack() = 0;
  /// Calls that the authority was asked so far, for tools and tests.
  virtual uint64_t trips() const = 0;
};

/// `authority` is shared so that the host can still speak with it. Null where the system gives no
/// random bytes.
std::unique_ptr<LeasedStore> NewLeasedStore(std::shared_ptr<Store> authority,
                                            const LeaseOptions& options = {});

}  // namespace cap::state
