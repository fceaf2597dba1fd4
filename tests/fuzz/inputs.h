// Values, grants and calls made from an input's choices: mostly what a Program declares, sometimes
// anything else.
#pragma once

#include <string>

#include "cap/engine.h"
#include "runtime/frame/frame_builder.h"
#include "runtime/program/program.h"
#include "tests/fuzz/bytes.h"

namespace cap::fuzz {

inline constexpr std::string_view kSubject = "agent-7";
inline constexpr int64_t kNowUs = 1'800'000'000'000'000;

/// A value of `type`, now and then of another.
Value MakeValue(const Program& program, TypeIndex type, Bytes& bytes, uint32_t depth = 0);

/// A grant of the policy with its bound context.
GrantSpec MakeGrant(const Program& program, const Policy& policy, Bytes& bytes);

/// A call of `tool` (which may be no tool), sealed.
Frame MakeCall(const Program& program, uint32_t tool, Bytes& bytes);

}  // namespace cap::fuzz
