// The resource of a call, derived by the action from what the tool will act on.
#pragma once

#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/frame/frame.h"
#include "runtime/value/arena.h"

namespace cap {

/// The texts of the holes of every resource of the action: one, or one an element of `each`. A hole
/// whose slot is absent or poisoned, or whose text is no legal segment, has no text. Empty: the
/// list of `each` is absent, poisoned or empty. `action` has a resource; `frame` is laid out for
/// its tool; the texts stand in `arena`. Errors: "oversize", if they took more than
/// limits::kFrameBytes with what is in the arena. Cost: holes times elements.
Result<std::span<const ResourceTexts>> DeriveResources(const Program& program,
                                                       const Action& action,
                                                       const FrameHeader* frame, Arena& arena);

/// "order://customer:C1/O7"; a hole without text shows as "{?}".
std::string RenderResource(const Resource& resource, const ResourceTexts& texts);

}  // namespace cap
