// The calendar periods that a quota is counted in.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "runtime/program/program.h"

namespace cap::engine {

struct PeriodBounds {
  int64_t begin_us = 0;  // the first microsecond of it
  int64_t end_us = 0;    // the first one after it
};

/// The hour, day, week (from Monday) or month that `now_us` is in, by the clock on the wall of the
/// zone; empty `zone` = UTC, and an hour is always one of UTC. The periods of one kind follow each
/// other without a gap or an overlap, whatever the clocks do: a day that begins twice begins the
/// first time, one whose midnight is skipped begins after the gap. Nothing for kTotal, which has no
/// bounds, and for times that the zone knows nothing of. Cost: a few binary searches.
std::optional<PeriodBounds> BoundsOf(Period period, std::span<const uint32_t> zone, int64_t now_us);

}  // namespace cap::engine
