// Email addresses in one canonical form. A pragmatic part of RFC 5321: what people and tools write,
// and nothing that two programs read differently.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace cap {

/// The canonical form of an address: the local part as written, the domain in lower case. ASCII
/// only (a look-alike letter is an error, never a different address that looks the same); the local
/// part is a dot-atom; no quotes, comments, display name, address literal or space; the domain has
/// at least two labels of letters, digits and inner hyphens, at most 63 bytes each, and no trailing
/// dot; at most limits::kEmailBytes in all, 64 of them before '@'. Error: email-malformed.
Result<std::string> ParseEmail(std::string_view text);

}  // namespace cap
