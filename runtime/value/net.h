// Addresses of hosts and networks in one canonical form each.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/value/slot.h"

namespace cap {

/// The canonical form of an address. IPv4: four decimal numbers without leading zeros, no other
/// notation. IPv6: any RFC 4291 form of hexadecimal groups is brought to RFC 5952; no zone, no
/// dotted tail. An IPv4 address inside of an IPv6 one (::ffff:0:0/96) is refused: it would be a
/// second spelling of one address, which networks and lists of IPv4 would miss. Error:
/// ip-malformed.
Result<std::string> ParseIp(std::string_view text);

/// An address as ParseIp reads it, a slash and the length of the prefix, without leading zeros. All
/// bits behind the prefix are zero. Error: cidr-malformed.
Result<std::string> ParseCidr(std::string_view text);

/// What stands before the bytes of a canonical address or network (slot.h).
NetHeader NetHeaderOf(std::string_view canonical);

/// Whether `inner`, an address or a network, lies in the network `outer`. The two families never
/// meet: `::/0` holds no IPv4 address.
bool IsWithin(const NetHeader& inner, const NetHeader& outer);

}  // namespace cap
