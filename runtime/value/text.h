// What the types whose values are texts have in common: which they are, how each is brought to its
// canonical form, and what stands before its bytes.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/value/type.h"

namespace cap {

/// string, email, path, ip, cidr, url.
bool IsTextKind(TypeKind kind);

/// Those that have one canonical form: all but string.
bool IsCanonicalKind(TypeKind kind);

/// The canonical form of a text of that kind, or why it has none. A string is its own.
Result<std::string> CanonicalText(TypeKind kind, std::string_view text);

/// The canonical form of a part that stands for a segment of a resource: of the domain of an email
/// or the host of a url (`part`), else of the whole value. Error: as CanonicalText.
Result<std::string> CanonicalSegment(TypeKind kind, bool part, std::string_view text);

/// "email", "path", …; what messages call a value of that kind.
std::string_view NameOfText(TypeKind kind);

/// How many bytes stand before those of a value (slot.h), and the bytes themselves.
size_t HeaderBytes(TypeKind kind);
void WriteHeader(TypeKind kind, std::string_view canonical, char* header);

}  // namespace cap
