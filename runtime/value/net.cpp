#include "runtime/value/net.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace cap {
namespace {

using Address = std::array<uint8_t, 16>;

constexpr uint32_t kMappedBits = 96;  // before the four bytes of an IPv4 address
constexpr Address kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0};

bool IsV4(const uint8_t* address) { return std::memcmp(address, kMapped.data(), 12) == 0; }

/// A number in digits of `base`, at most `most`, without sign; decimal ones have no leading zero.
bool ReadNumber(std::string_view text, int base, uint32_t most, uint32_t& out) {
  if (text.empty() || (base == 10 && text.size() > 1 && text.front() == '0')) return false;
  if (text.front() == '-') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size() && out <= most;
}

bool ReadV4(std::string_view text, Address& out) {
  out = kMapped;
  for (size_t i = 12; i < 16; ++i) {
    const size_t dot = text.find('.');
    if ((dot == text.npos) != (i == 15)) return false;
    uint32_t number = 0;
    if (!ReadNumber(text.substr(0, dot), 10, 255, number)) return false;
    out[i] = static_cast<uint8_t>(number);
    if (dot != text.npos) text.remove_prefix(dot + 1);
  }
  return true;
}

/// Groups between colons, one after the other into `out` from `at` on; false where one is bad or
/// there are more than eight in all.
bool ReadGroups(std::string_view text, Address& out, size_t& at) {
  if (text.empty()) return true;
  for (;;) {
    const size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    uint32_t number = 0;
    if (at == out.size() || group.size() > 4 || !ReadNumber(group, 16, 0xFFFF, number)) {
      return false;
    }
    out[at++] = static_cast<uint8_t>(number >> 8);
    out[at++] = static_cast<uint8_t>(number);
    if (colon == text.npos) return true;
    text.remove_prefix(colon + 1);
  }
}

bool ReadV6(std::string_view text, Address& out) {
  out = {};
  size_t at = 0;
  const size_t gap = text.find("::");
  if (gap == text.npos) return ReadGroups(text, out, at) && at == out.size();
  Address tail = {};
  size_t tail_at = 0;
  if (!ReadGroups(text.substr(0, gap), out, at) ||
      !ReadGroups(text.substr(gap + 2), tail, tail_at) || at + tail_at >= out.size()) {
    return false;
  }
  std::copy_n(tail.begin(), tail_at, out.begin() + (out.size() - tail_at));
  return true;
}

/// Null, or what is wrong with the address.
const char* ReadAddress(std::string_view text, Address& out) {
  if (text.find(':') == text.npos) {
    return ReadV4(text, out) ? nullptr
                             : "an IPv4 address is four decimal numbers to 255, without leading "
                               "zeros; no other notation is read";
  }
  if (!ReadV6(text, out)) {
    return "an IPv6 address is eight groups of hexadecimal digits, or fewer and one `::`, without "
           "a zone";
  }
  return IsV4(out.data()) ? "this is an IPv4 address in IPv6 notation; write it as IPv4" : nullptr;
}

void AppendNumber(uint32_t number, int base, std::string& out) {
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  out.append(digits, end);
}

/// RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups
/// as `::`.
std::string FormatV6(const Address& address) {
  std::array<uint32_t, 8> groups{};
  for (size_t i = 0; i < 8; ++i) groups[i] = uint32_t{address[2 * i]} << 8 | address[2 * i + 1];
  size_t gap = 8;
  size_t length = 1;
  for (size_t i = 0; i < 8; ++i) {
    size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > length) {
      gap = i;
      length = end - i;
    }
  }
  std::string out;
  for (size_t i = 0; i < 8; ++i) {
    if (i == gap) {
      out += "::";
      i += length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    AppendNumber(groups[i], 16, out);
  }
  return out;
}

std::string FormatAddress(const Address& address) {
  if (!IsV4(address.data())) return FormatV6(address);
  std::string out;
  for (size_t i = 12; i < 16; ++i) {
    if (i > 12) out += '.';
    AppendNumber(address[i], 10, out);
  }
  return out;
}

/// Whether the first `bits` of both are the same.
bool SamePrefix(const uint8_t* a, const uint8_t* b, uint32_t bits) {
  const uint32_t bytes = bits / 8;
  if (std::memcmp(a, b, bytes) != 0) return false;
  const uint32_t rest = bits % 8;
  return rest == 0 || (a[bytes] ^ b[bytes]) >> (8 - rest) == 0;
}

std::unexpected<Error> BadCidr(const char* message) { return Fail("cidr-malformed", message); }

}  // namespace

Result<std::string> ParseIp(std::string_view text) {
  Address address;
  if (const char* wrong = ReadAddress(text, address)) return Fail("ip-malformed", wrong);
  return FormatAddress(address);
}

Result<std::string> ParseCidr(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return BadCidr("a network is an address, a slash and a length");
  Address address;
  if (const char* wrong = ReadAddress(text.substr(0, slash), address)) return BadCidr(wrong);
  const bool v4 = IsV4(address.data());
  uint32_t length = 0;
  if (!ReadNumber(text.substr(slash + 1), 10, v4 ? 32 : 128, length)) {
    return BadCidr("the length of a prefix is a number, at most 32 for IPv4 and 128 for IPv6");
  }
  const uint32_t bits = v4 ? kMappedBits + length : length;
  Address network = address;
  for (uint32_t bit = bits; bit < 128; ++bit) {
    network[bit / 8] = static_cast<uint8_t>(network[bit / 8] & ~(0x80u >> bit % 8));
  }
  if (network != address) return BadCidr("the bits behind the prefix of a network are zero");
  std::string out = FormatAddress(address) + "/";
  AppendNumber(length, 10, out);
  return out;
}

NetHeader NetHeaderOf(std::string_view canonical) {
  const size_t slash = canonical.find('/');
  NetHeader header;
  Address address;
  if (ReadAddress(canonical.substr(0, slash), address) != nullptr) return header;
  std::ranges::copy(address, header.address);
  header.prefix = 128;
  uint32_t length = 0;
  if (slash != canonical.npos && ReadNumber(canonical.substr(slash + 1), 10, 128, length)) {
    header.prefix = IsV4(header.address) ? kMappedBits + length : length;
  }
  return header;
}

bool IsWithin(const NetHeader& inner, const NetHeader& outer) {
  // An IPv6 network that holds the mapped addresses is shorter than their prefix.
  return IsV4(inner.address) == IsV4(outer.address) && inner.prefix >= outer.prefix &&
         SamePrefix(inner.address, outer.address, outer.prefix);
}

}  // namespace cap
