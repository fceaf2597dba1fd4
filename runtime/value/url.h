// URLs in one canonical form: the part of RFC 3986 that every program reads alike.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/value/slot.h"

namespace cap {

/// The canonical form of `scheme://host[:port][/path][?query][#fragment]`. ASCII only; nothing that
/// two readers take apart differently is accepted:
///   scheme    http, https, ws, wss, ftp; in lower case
///   userinfo  refused, so that what stands before an `@` is never taken for the host
///   host      labels of letters, digits and inner hyphens, lower-cased, no trailing dot; IPv4 in
///             four decimal numbers; or IPv6 in brackets, as net.h has them. A last label that is a
///             number in any notation must be such an IPv4 address.
///   port      1 to 65535 without leading zeros; the scheme's own is left out
///   path      as path.h, but for one trailing slash, which is kept; "/" where there is none;
///             no dot segment with a parameter ("..;x")
///   query, fragment  the characters of RFC 3986, not empty
/// Percent escapes are in capitals, and never of a letter, digit, "-", ".", "_", "~" or a control
/// character. At most limits::kUrlBytes. Error: url-malformed.
Result<std::string> ParseUrl(std::string_view text);

/// What stands before the bytes of a canonical url (slot.h).
UrlHeader UrlHeaderOf(std::string_view canonical);

/// Whether `text` is written as the host of a canonical url.
bool IsUrlHost(std::string_view text);

}  // namespace cap
