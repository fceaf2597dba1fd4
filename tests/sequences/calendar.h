// Periods of the calendar, as the oracle sees them: the rules of a few zones written down as laws
// have them, and nothing of what the engine reads of zones.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sequences/policies.h"

namespace cap::sequences {

struct PeriodOf {
  int64_t begin_us = 0, end_us = 0;
};

/// The period that the instant lies in. From 2026 on; not of a total.
PeriodOf PeriodAt(Every every, const std::string& zone, int64_t at_us);

}  // namespace cap::sequences
