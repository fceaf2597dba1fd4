#include "runtime/redis/address.h"

#include <charconv>
#include <optional>

namespace cap::redis {
namespace {

template <typename Number>
bool ParseNumber(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped == end;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// "%3A" is ":", so that a password may hold any character.
std::optional<std::string> Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]), low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

std::unexpected<Error> Bad(std::string_view what) {
  return Fail("redis-url", "the url of the Redis server has " + std::string(what) +
                               "; write redis://[[user]:password@]host[:port][/database], "
                               "rediss://… or "
                               "unix:///path[?database]");
}

Result<Address> ParseSocket(std::string_view rest) {
  Address address;
  const size_t query = rest.find('?');
  address.path = rest.substr(0, query);
  if (address.path.empty() || address.path[0] != '/') return Bad("no absolute path");
  if (query != std::string_view::npos && !ParseNumber(rest.substr(query + 1), address.database)) {
    return Bad("a database that is no number");
  }
  return address;
}

Result<Address> ParseHost(std::string_view rest) {
  Address address;
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = rest.substr(0, at);
    const size_t colon = who.find(':');
    if (colon == std::string_view::npos) return Bad("a user without a password");
    const auto user = Unescape(who.substr(0, colon)), password = Unescape(who.substr(colon + 1));
    if (!user || !password || password->empty()) return Bad("a password that cannot be read");
    address.user = *user;
    address.password = *password;
    rest = rest.substr(at + 1);
  }
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    if (!database.empty() && !ParseNumber(database, address.database)) {
      return Bad("a database that is no number");
    }
    rest = rest.substr(0, slash);
  }
  size_t colon = rest.rfind(':');
  if (!rest.empty() && rest[0] == '[') {  // an IPv6 address in brackets
    const size_t close = rest.find(']');
    if (close == std::string_view::npos) return Bad("a bracket that is not closed");
    address.host = rest.substr(1, close - 1);
    colon = close + 1 < rest.size() ? close + 1 : std::string_view::npos;
    if (colon != std::string_view::npos && rest[colon] != ':') return Bad("no port after the host");
  } else {
    address.host = rest.substr(0, colon);
  }
  if (address.host.empty()) return Bad("no host");
  if (colon != std::string_view::npos &&
      (!ParseNumber(rest.substr(colon + 1), address.port) || address.port == 0)) {
    return Bad("a port that is no number");
  }
  return address;
}

}  // namespace

Result<Address> ParseAddress(std::string_view url) {
  // A text with a NUL would be cut off where it is given to the C library.
  if (url.find('\0') != std::string_view::npos) return Bad("a NUL in it");
  constexpr std::string_view kSocket = "unix://", kHost = "redis://", kTls = "rediss://";
  if (url.starts_with(kSocket)) return ParseSocket(url.substr(kSocket.size()));
  if (url.starts_with(kHost)) return ParseHost(url.substr(kHost.size()));
  if (url.starts_with(kTls)) {
    auto address = ParseHost(url.substr(kTls.size()));
    if (address) address->secure = true;
    return address;
  }
  return Bad("no scheme that is known");
}

}  // namespace cap::redis
