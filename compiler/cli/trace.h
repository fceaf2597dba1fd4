// Recorded calls, one a line, for `capc replay`.
//
//   {"at": "2026-03-02T10:00:00Z", "request": {"tool": …}, "operation": "a", "outcome": "commit"}
//   {"at": "2026-03-02T10:05:00Z", "operation": "a", "outcome": {"actual": "30.00 USD"}}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/state/store.h"

namespace cap::cli {

struct TraceLine {
  enum class Outcome : uint8_t { kNone, kCommit, kRelease };
  int64_t at_us = 0;
  std::string request;    // JSON, as it stands in the line; empty: the outcome of an earlier call
  std::string operation;  // the call's name; empty: it has none
  Outcome outcome = Outcome::kNone;
  std::optional<state::Actual> actual;
};

/// What is wrong with the request is for its decision to say. Without `outcome`, a line with a
/// request is carried out if it is permitted. Errors: "bad-trace". Linear in the line.
Result<TraceLine> ParseTraceLine(std::string_view line);

}  // namespace cap::cli
