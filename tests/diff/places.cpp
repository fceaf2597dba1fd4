#include "tests/diff/places.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace cap::diff {
namespace {

std::vector<std::string> Segments(const std::string& path) {
  std::vector<std::string> segments;
  std::string one;
  for (const char c : path) {
    if (c != '/') {
      one += c;
    } else if (!one.empty()) {
      segments.push_back(std::exchange(one, ""));
    }
  }
  if (!one.empty()) segments.push_back(one);
  return segments;
}

bool PathLiesUnder(const std::string& inner, const std::string& outer) {
  if ((inner[0] == '/') != (outer[0] == '/')) return false;
  const std::vector<std::string> in = Segments(inner);
  const std::vector<std::string> out = Segments(outer);
  return out.size() <= in.size() && std::equal(out.begin(), out.end(), in.begin());
}

/// "https://host:port" and the rest.
size_t OriginEnd(const std::string& url) { return url.find('/', url.find("://") + 3); }

std::string PathOf(const std::string& url) {
  const size_t begin = OriginEnd(url);
  std::string path = url.substr(begin, url.find_first_of("?#") - begin);
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

struct Network {
  int family = AF_INET;
  std::string bits;  // of the address, as 0 and 1
  size_t fixed = 0;
};

Network Read(const std::string& text) {
  const std::string address = text.substr(0, text.find('/'));
  Network network;
  if (address.find(':') != std::string::npos) network.family = AF_INET6;
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(network.family, address.c_str(), bytes.data()) != 1) std::abort();
  const size_t count = network.family == AF_INET ? 32 : 128;
  for (size_t bit = 0; bit < count; ++bit) {
    network.bits += (bytes[bit / 8] >> (7 - bit % 8) & 1) != 0 ? '1' : '0';
  }
  network.fixed = text.find('/') == std::string::npos
                      ? count
                      : std::strtoul(text.c_str() + address.size() + 1, nullptr, 10);
  return network;
}

}  // namespace

const std::vector<std::string>& PlaceTexts(Ty ty) {
  static const std::vector<std::string> kPathTexts = {
      "/",      "/data",   "/data/in", "/data/in/today.csv", "/database",
      "data",   "data/in", "/v1",      "/v1/orders",         "/v10"};
  static const std::vector<std::string> kIpTexts = {
      "10.0.0.1", "10.0.0.255", "10.1.0.0", "11.0.0.0", "0.0.0.0", "::", "::1", "2001:db8::1",
      "2001:db9::"};
  static const std::vector<std::string> kCidrTexts = {
      "10.0.0.0/8", "10.0.0.0/31", "10.0.0.1/32", "0.0.0.0/0", "10.0.0.0/15", "::/0",
      "2001:db8::/32", "2001:db8::/31", "::1/128"};
  static const std::vector<std::string> kUrlTexts = {
      "https://api.example.com/",         "https://api.example.com/v1",
      "https://api.example.com/v1/",      "https://api.example.com/v1/orders?id=7",
      "https://api.example.com/v10",      "http://api.example.com/v1/orders",
      "https://api.example.com:8443/v1",  "https://api.example.com.evil.io/v1/orders",
      "wss://[2001:db8::1]/v1#top",       "http://10.0.0.1/data/in"};
  if (ty == kPath) return kPathTexts;
  if (ty == kIp) return kIpTexts;
  return ty == kCidr ? kCidrTexts : kUrlTexts;
}

Tri LiesUnder(Ty ty, const std::string& inner, const std::string& outer) {
  const auto of = [](bool holds) { return holds ? Tri::kTrue : Tri::kFalse; };
  if (ty == kPath) return of(PathLiesUnder(inner, outer));
  if (ty == kCidr) return of(LiesWithin(inner, outer));
  if (outer.find_first_of("?#") != std::string::npos) return Tri::kFault;
  const bool origin = inner.substr(0, OriginEnd(inner)) == outer.substr(0, OriginEnd(outer));
  return of(origin && PathLiesUnder(PathOf(inner), PathOf(outer)));
}

bool LiesWithin(const std::string& inner, const std::string& network) {
  const Network in = Read(inner);
  const Network out = Read(network);
  return in.family == out.family && in.fixed >= out.fixed &&
         in.bits.substr(0, out.fixed) == out.bits.substr(0, out.fixed);
}

Value PartOf(const std::string& url, const std::string& part) {
  const size_t begin = url.find("://") + 3;
  const std::string scheme = url.substr(0, begin - 3);
  if (part == "scheme") return {scheme};
  if (part == "path") return {PathOf(url)};
  const std::string origin = url.substr(0, OriginEnd(url));
  const size_t bracket = origin.find(']');
  const size_t colon = origin.find(':', bracket == std::string::npos ? begin : bracket);
  if (part == "host") return {origin.substr(begin, colon - begin)};
  if (colon != std::string::npos) {
    return {static_cast<int64_t>(std::strtol(origin.c_str() + colon + 1, nullptr, 10))};
  }
  return {int64_t{scheme == "https" || scheme == "wss" ? 443 : scheme == "ftp" ? 21 : 80}};
}

}  // namespace cap::diff
