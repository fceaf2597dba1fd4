// Calls and grant contexts as JSON.
//
//   {"tool": "process_refund",
//    "arguments": {"order_id": "O-1", "amount": 98.70},
//    "facts": [{"name": "order", "key": "O-1", "as_of": "2026-03-31T12:00:00Z", "by": "shop",
//               "value": {"owner": "C1", "status": "delivered", "total": 120.00}}],
//    "live": {"environment": "production"},
//    "approvals": [{"approver": "manager", "kind": "approval", "digest": "9f86…"}]}
//
// A tool that is declared as a `wrapper` stands for the call that its arguments carry; facts, live
// context and approvals stand where they always do. `resource` (text) and `id` (text or number) may
// be given too. Each input has its own place, and nothing is read from any other: the arguments are
// what the model wrote, the rest comes from the host. `key` is one value, or an object by the names
// of the arguments that the fact is keyed by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/frame/frame.h"
#include "runtime/program/program.h"

namespace cap {

/// One call. Whatever is wrong with the text is in the Frame (malformed() or notes), never lost and
/// never fatal. `subject` and `now_us` as for FrameBuilder. Thread-safe. Cost: linear in the text.
Frame ParseRequest(const Program& program, std::string_view json, std::string_view subject,
                   int64_t now_us);

/// What a mint is asked for, read from
///   {"policy": "…", "subject": "…", "purpose": "…", "context": {"customer_id": "C1"}, "ttl": "8h"}
/// `purpose`, `context` and `ttl` may be left out; `ttl` is a span of time.
struct GrantContext {
  std::string policy;
  std::string subject;
  std::string purpose;
  std::vector<Field> bound;
  std::optional<int64_t> ttl_us;  // nothing = not given; a mint refuses what is not positive
};

/// Errors: "grant-bad-json" (not JSON, a doubled or unknown key, a member of another type),
/// "grant-unknown-policy", "grant-unknown-bound" (no `context bound` of the policy),
/// "grant-bad-bound" (no value of its type). What is missing is for the mint to say. Thread-safe.
Result<GrantContext> ParseGrantContext(const Program& program, std::string_view json);

}  // namespace cap
