// Paths, addresses, networks and urls. A path lies below others as a text has prefixes. A url is
// its parts. An address or a network is a number of 128 bits and how many of them are fixed.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/prove/texts.h"
#include "runtime/base/limits.h"
#include "runtime/value/net.h"
#include "runtime/value/url.h"

namespace cap::prove {
namespace {

using Bits = unsigned __int128;
constexpr int kBits = 128;
constexpr Bits kMapped = Bits{0xFFFF} << 32;  // where IPv4 addresses begin (slot.h)

std::string Digits(Bits value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  return digits;
}

std::optional<Bits> BitsOf(const z3::model& model, const Expr& expr) {
  const Expr value = model.eval(expr, true);
  if (!value.is_numeral()) return std::nullopt;
  const std::string digits = Z3_get_numeral_string(value.ctx(), value);
  Bits bits = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    bits = bits * 10 + static_cast<Bits>(c - '0');
  }
  return bits;
}

Bits AddressOf(const NetHeader& header) {
  Bits bits = 0;
  for (const uint8_t byte : header.address) bits = bits << 8 | byte;
  return bits;
}

/// In some notation that ParseIp reads.
std::string AddressText(Bits address) {
  if (address >> 32 == kMapped >> 32) {
    const auto v4 = static_cast<uint32_t>(address);
    return fmt::format("{}.{}.{}.{}", v4 >> 24, v4 >> 16 & 0xFF, v4 >> 8 & 0xFF, v4 & 0xFF);
  }
  std::string text;
  for (int group = 7; group >= 0; --group) {
    text += fmt::format("{}{:x}", text.empty() ? "" : ":",
                        static_cast<uint32_t>(address >> (group * 16)) & 0xFFFF);
  }
  return ParseIp(text).value_or("");
}

bool IsNet(const std::string& text) {
  return IsOfKind(TextKind::kIp, text) || IsOfKind(TextKind::kCidr, text);
}

const char* NameOf(UrlPart part) {
  switch (part) {
    case UrlPart::kScheme: return "url.scheme";
    case UrlPart::kHost: return "url.host";
    case UrlPart::kPath: return "url.path";
  }
  return "";
}

std::string PartOf(UrlPart part, const std::string& url) {
  const UrlHeader header = UrlHeaderOf(url);
  switch (part) {
    case UrlPart::kScheme: return url.substr(0, header.scheme_length);
    case UrlPart::kHost: return url.substr(header.host_offset, header.host_length);
    case UrlPart::kPath: return url.substr(header.path_offset, header.path_length);
  }
  return "";
}

constexpr UrlPart kParts[] = {UrlPart::kScheme, UrlPart::kHost, UrlPart::kPath};

}  // namespace

z3::func_decl Texts::OfUrl(const char* what, const z3::sort& range) {
  return z3::function(what, context_.real_sort(), range);
}

Expr Texts::Part(UrlPart part, const Expr& url) {
  if (const std::string* literal = LiteralOf(url)) return Literal(PartOf(part, *literal));
  urls_.emplace(IdOf(url), url);
  const Expr made = OfUrl(NameOf(part), context_.real_sort())(url);
  const TextKind kind = part == UrlPart::kPath   ? TextKind::kPath
                        : part == UrlPart::kHost ? TextKind::kHost
                                                 : TextKind::kPlain;
  variants_.emplace(IdOf(made), Variant{made, kind, limits::kUrlBytes});
  return made;
}

Expr Texts::Port(const Expr& url) {
  if (const std::string* literal = LiteralOf(url)) {
    return context_.int_val(UrlHeaderOf(*literal).port);
  }
  urls_.emplace(IdOf(url), url);
  return OfUrl("url.port", context_.int_sort())(url);
}

Expr Texts::IsPlace(const Expr& url) {
  if (const std::string* literal = LiteralOf(url)) {
    return context_.bool_val(UrlHeaderOf(*literal).plain != 0);
  }
  urls_.emplace(IdOf(url), url);
  return OfUrl("url.plain", context_.bool_sort())(url);
}

Expr Texts::UrlUnder(const Expr& url, const Expr& place) {
  Expr holds = Port(url) == Port(place);
  for (const UrlPart part : {UrlPart::kScheme, UrlPart::kHost}) {
    holds = And(holds, Part(part, url) == Part(part, place));
  }
  return And(holds, Is(Relation::kUnder, Part(UrlPart::kPath, url), Part(UrlPart::kPath, place)));
}

void Texts::AddUrlAxioms(std::vector<Expr>& out) {
  if (urls_.empty()) return;
  for (const auto& [id, url] : std::map<uint32_t, Expr>(urls_)) {
    Expr known = context_.bool_val(false);
    const Expr scheme = Part(UrlPart::kScheme, url);
    for (const char* each : {"http", "https", "ws", "wss", "ftp"}) {
      known = Or(known, scheme == Literal(each));
    }
    out.push_back(known);
    out.push_back(Port(url) >= 1 && Port(url) <= 65'535);
    Literal("/");
    out.push_back(Unary(Relation::kUnder, "/", Part(UrlPart::kPath, url)));
    out.push_back(Part(UrlPart::kHost, url) != Literal(""));
  }
  for (const auto& [text, expr] : std::map<std::string, Expr>(literals_)) {
    if (!IsOfKind(TextKind::kUrl, text)) continue;
    for (const UrlPart part : kParts) {
      out.push_back(OfUrl(NameOf(part), context_.real_sort())(expr) == Part(part, expr));
    }
    out.push_back(OfUrl("url.port", context_.int_sort())(expr) == Port(expr));
    out.push_back(OfUrl("url.plain", context_.bool_sort())(expr) == IsPlace(expr));
  }
}

Texts::Net Texts::NetOf(const Expr& text) {
  const auto number = [&](Bits value) { return context_.int_val(Digits(value).c_str()); };
  if (const std::string* literal = LiteralOf(text); literal != nullptr && IsNet(*literal)) {
    const NetHeader header = NetHeaderOf(*literal);
    // 2^128 has no room in 128 bits.
    const Expr size = header.prefix == 0
                          ? number(~Bits{0}) + 1
                          : number(Bits{1} << (kBits - static_cast<int>(header.prefix)));
    return {number(AddressOf(header)), context_.int_val(header.prefix), size};
  }
  nets_.emplace(IdOf(text), text);
  const z3::sort real = context_.real_sort();
  const z3::sort whole = context_.int_sort();
  return {z3::function("net.address", real, whole)(text),
          z3::function("net.prefix", real, whole)(text),
          z3::function("net.size", real, whole)(text)};
}

Expr Texts::IsV4(const Expr& address) {
  const Expr first = context_.int_val(Digits(kMapped).c_str());
  return address >= first && address < first + context_.int_val("4294967296");
}

Expr Texts::Within(const Expr& inner, const Expr& network) {
  const Net in = NetOf(inner);
  const Net out = NetOf(network);
  const Expr range = in.address >= out.address && in.address < out.address + out.size;
  return range && in.prefix >= out.prefix && IsV4(in.address) == IsV4(out.address);
}

/// Those of the networks that are named, and their neighbours.
std::vector<int> Texts::PrefixesAsked() const {
  std::set<int> asked = {kBits};
  for (const auto& [text, expr] : literals_) {
    if (!IsOfKind(TextKind::kCidr, text)) continue;
    const auto prefix = static_cast<int>(NetHeaderOf(text).prefix);
    for (const int each : {prefix - 1, prefix, prefix + 1}) {
      if (each >= 0 && each <= kBits) asked.insert(each);
    }
  }
  return {asked.begin(), asked.end()};
}

void Texts::AddNetAxioms(std::vector<Expr>& out) {
  if (nets_.empty()) return;
  const z3::sort real = context_.real_sort();
  const z3::sort whole = context_.int_sort();
  const Expr end = context_.int_val(Digits(~Bits{0}).c_str()) + 1;
  for (const auto& [text, expr] : literals_) {
    if (!IsNet(text)) continue;
    const Net known = NetOf(expr);
    out.push_back(z3::function("net.address", real, whole)(expr) == known.address);
    out.push_back(z3::function("net.prefix", real, whole)(expr) == known.prefix);
    out.push_back(z3::function("net.size", real, whole)(expr) == known.size);
  }
  for (const auto& [id, text] : nets_) {
    const Net own = NetOf(text);
    const bool address = KindOf(text) == TextKind::kIp;
    out.push_back(own.address >= 0 && own.size >= 1 && own.address + own.size <= end);
    out.push_back(own.prefix >= 0 && own.prefix <= kBits);
    // One network has one text.
    const z3::func_decl named =
        z3::function(address ? "net.ip" : "net.cidr", whole, whole, real);
    out.push_back(named(own.address, own.prefix) == text);
    if (address) out.push_back(own.prefix == kBits);
    for (const int prefix : PrefixesAsked()) {
      if (prefix == 0) continue;
      const Expr size = context_.int_val(Digits(Bits{1} << (kBits - prefix)).c_str());
      out.push_back(Implies(own.prefix == prefix,
                            And(own.size == size, z3::mod(own.address, size) == 0)));
    }
    // Networks lie in each other or apart.
    for (const auto& [literal, expr] : literals_) {
      if (!IsOfKind(TextKind::kCidr, literal)) continue;
      const Net other = NetOf(expr);
      const Expr begins = own.address >= other.address && own.address < other.address + other.size;
      out.push_back(Implies(And(begins, own.prefix >= other.prefix),
                            own.address + own.size <= other.address + other.size));
    }
  }
}

std::vector<std::string> Texts::NewNets(const z3::model& model, const Expr& rank, TextKind kind,
                                        size_t number) {
  std::vector<std::string> out;
  const std::string own = model.eval(rank, true).to_string();
  for (const auto& [id, text] : nets_) {
    if (model.eval(text, true).to_string() != own) continue;
    const Net net = NetOf(text);
    const std::optional<Bits> address = BitsOf(model, net.address);
    const std::optional<Bits> prefix = BitsOf(model, net.prefix);
    if (!address || !prefix || *prefix > kBits) return out;
    std::string made = AddressText(*address);
    const bool v4 = made.find(':') == made.npos;
    if (v4 && *prefix < 96) return out;
    if (kind == TextKind::kCidr) {
      made += fmt::format("/{}", static_cast<int>(*prefix) - (v4 ? 96 : 0));
    }
    out.push_back(made);
    return out;
  }
  for (const size_t last : {number, number + 100}) {
    out.push_back(fmt::format("10.20.30.{}{}", last % 250, kind == TextKind::kCidr ? "/32" : ""));
  }
  return out;
}

std::vector<std::string> Texts::NewUrls(const z3::model& model, const Expr& rank, size_t number) {
  std::vector<std::string> out;
  const std::string own = model.eval(rank, true).to_string();
  std::string made = fmt::format("https://h{}.example", number);
  std::string path = "/";
  for (const auto& [id, url] : std::map<uint32_t, Expr>(urls_)) {
    if (model.eval(url, true).to_string() != own) continue;
    std::optional<std::string> parts[3];
    for (const UrlPart part : kParts) {
      // As with domains of addresses: a part that is a url is of no text.
      const Expr text = Part(part, url);
      if (KindIn(model, model.eval(text, true).to_string()) == TextKind::kUrl) return out;
      parts[static_cast<size_t>(part)] = Concrete(model, text);
    }
    const std::string port = model.eval(Port(url), true).to_string();
    if (!parts[0] || !parts[1] || !parts[2]) return out;
    path = *parts[2];
    // The scheme's own port is not written.
    for (const std::string& shown : {":" + port, std::string()}) {
      for (const char* end : {"", "/", "?q=1", "#f"}) {
        const std::string text = *parts[0] + "://" + *parts[1] + shown + path + end;
        if (!IsOfKind(TextKind::kUrl, text)) continue;
        const UrlHeader header = UrlHeaderOf(text);
        const bool place = model.eval(IsPlace(url), true).is_true();
        if ((header.plain != 0) != place || std::to_string(header.port) != port) continue;
        out.push_back(text);
      }
    }
    return out;
  }
  for (const char* end : {"/", "/a", "/?q=1"}) out.push_back(made + end);
  return out;
}

std::vector<std::string> Texts::NewPlaces(const z3::model& model, const Expr& rank, TextKind kind,
                                          size_t number) {
  if (kind == TextKind::kIp || kind == TextKind::kCidr) return NewNets(model, rank, kind, number);
  if (kind == TextKind::kUrl) return NewUrls(model, rank, number);
  std::vector<std::string> out;
  const std::string own = model.eval(rank, true).to_string();
  if (kind == TextKind::kHost) {
    for (const size_t each : {number, number + 100}) {
      out.push_back(fmt::format("h{}.example", each));
    }
    return out;
  }
  std::vector<std::string> roots = {"", "/"};
  for (const Application& at : applications_) {
    if (at.relation != Relation::kUnder || model.eval(at.text, true).to_string() != own) continue;
    if (!model.eval(at.holds, true).is_true()) continue;
    if (const std::optional<std::string> root = Known(model, at.part)) roots.push_back(*root);
  }
  std::ranges::sort(roots, [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const std::string& root : roots) {
    const std::string start = root.empty() || root == "/" ? root : root + "/";
    for (const char* name : {"x", "a", "z"}) {
      out.push_back(start + name + std::to_string(number));
    }
  }
  return out;
}

}  // namespace cap::prove
