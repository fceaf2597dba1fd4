#include "runtime/value/url.h"

#include <algorithm>
#include <array>

#include "runtime/base/limits.h"
#include "runtime/value/net.h"
#include "runtime/value/path.h"

namespace cap {
namespace {

constexpr size_t kHostBytes = 253;      // RFC 1035, 2.3.4, as text
constexpr size_t kHostLabelBytes = 63;  // the same, of one label

struct Scheme {
  std::string_view name;
  uint32_t port;
};
constexpr std::array<Scheme, 5> kSchemes = {
    {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}, {"ftp", 21}}};

std::unexpected<Error> Malformed(const char* message) { return Fail("url-malformed", message); }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsUnreserved(char c) {
  return IsDigit(c) || IsLower(c) || IsUpper(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
char Lower(char c) { return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char Upper(char c) { return IsLower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

std::string LowerCase(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), Lower);
  return out;
}

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kHostLabelBytes) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return IsDigit(c) || IsLower(c) || c == '-'; });
}

/// What some readers take for a number: decimal digits, or 0x and hexadecimal ones.
bool LooksLikeNumber(std::string_view label) {
  if (label.starts_with("0x")) return std::ranges::all_of(label.substr(2), IsHex);
  return std::ranges::all_of(label, IsDigit);
}

/// Null, or what is wrong with a host in lower case.
const char* CheckHost(std::string_view host) {
  if (host.empty()) return "a url has a host";
  if (host.size() > kHostBytes) return "a host has at most 253 bytes";
  std::string_view rest = host;
  for (;;) {
    const size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (!IsLabel(label)) {
      return "a host has labels of letters, digits and inner hyphens, and no trailing dot";
    }
    if (dot == rest.npos) {
      return !LooksLikeNumber(label) || ParseIp(host)
                 ? nullptr
                 : "a host that is a number is four decimal numbers without leading zeros";
    }
    rest.remove_prefix(dot + 1);
  }
}

/// Percent escapes in capitals. Null, or what is wrong with one.
const char* PutEscaped(std::string_view text, std::string& out) {
  const auto value = [](char c) { return IsDigit(c) ? c - '0' : Upper(c) - 'A' + 10; };
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] != '%') continue;
    if (i + 2 >= text.size() || !IsHex(text[i + 1]) || !IsHex(text[i + 2])) {
      return "a percent sign is followed by two hexadecimal digits";
    }
    const int byte = value(text[i + 1]) * 16 + value(text[i + 2]);
    if (byte < 0x20 || byte == 0x7F) return "an escape stands for a control character";
    if (byte < 0x80 && IsUnreserved(static_cast<char>(byte))) {
      return "an escape hides a character that needs none";
    }
    out += Upper(text[i + 1]);
    out += Upper(text[i + 2]);
    i += 2;
  }
  return nullptr;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<std::string> Run() {
    if (rest_.size() > limits::kUrlBytes) return Malformed("a url has at most 4096 bytes");
    constexpr std::string_view kMarks = "-._~:/?#[]@!$&'()*+,;=%";
    const bool known = std::ranges::all_of(rest_, [&](char c) {
      return IsUnreserved(c) || kMarks.find(c) != kMarks.npos;
    });
    if (!known) return Malformed("a url is written in the ASCII characters of RFC 3986");
    for (const auto part : {&Parser::TakeScheme, &Parser::TakeAuthority, &Parser::TakePath,
                            &Parser::TakeQuery}) {
      if (const char* wrong = (this->*part)()) return Malformed(wrong);
    }
    // An empty path has become a slash.
    if (out_.size() > limits::kUrlBytes) return Malformed("a url has at most 4096 bytes");
    return std::move(out_);
  }
  const UrlHeader& header() const { return header_; }

 private:
  std::string_view Take(size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  uint32_t Here() const { return static_cast<uint32_t>(out_.size()); }

  const char* TakeScheme() {
    out_ = LowerCase(Take(rest_.find(':')));
    const auto found = std::ranges::find(kSchemes, out_, &Scheme::name);
    if (found == kSchemes.end()) return "a url begins with http, https, ws, wss or ftp and `://`";
    if (!rest_.starts_with("://")) return "two slashes follow the scheme";
    Take(3);
    header_.scheme_length = Here();
    header_.scheme_hash = HashBytes(out_);
    header_.port = found->port;
    out_ += "://";
    return nullptr;
  }

  const char* TakeAuthority() {
    std::string_view authority = Take(rest_.find_first_of("/?#"));
    if (authority.find('@') != authority.npos) {
      return "a url has no user or password: what stands before an `@` is not the host";
    }
    header_.host_offset = Here();
    if (authority.starts_with('[')) {
      const size_t close = authority.find(']');
      if (close == authority.npos) return "a bracket of the host is not closed";
      const Result<std::string> ip = ParseIp(authority.substr(1, close - 1));
      if (!ip || ip->find(':') == ip->npos) return "in brackets a host is an IPv6 address";
      out_ += '[' + *ip + ']';
      authority.remove_prefix(close + 1);
      if (!authority.empty() && authority.front() != ':') return "a port follows the brackets";
    } else {
      const std::string host = LowerCase(authority.substr(0, authority.find(':')));
      if (const char* wrong = CheckHost(host)) return wrong;
      out_ += host;
      authority.remove_prefix(host.size());
    }
    header_.host_length = Here() - header_.host_offset;
    header_.host_hash = HashBytes(std::string_view(out_).substr(header_.host_offset));
    return authority.empty() ? nullptr : TakePort(authority.substr(1));
  }

  const char* TakePort(std::string_view digits) {
    uint32_t port = 0;
    for (const char c : digits) port = IsDigit(c) ? port * 10 + static_cast<uint32_t>(c - '0') : 0;
    const bool plain = !digits.empty() && digits.size() <= 5 && digits.front() != '0' &&
                       std::ranges::all_of(digits, IsDigit);
    if (!plain || port > 65535) return "a port is a number from 1 to 65535, without leading zeros";
    if (port != header_.port) out_.append(":").append(digits);
    header_.port = port;
    return nullptr;
  }

  const char* TakePath() {
    const std::string_view path = Take(rest_.find_first_of("?#"));
    header_.path_offset = Here();
    if (path.find_first_of("[]") != path.npos) return "brackets stand escaped in a path";
    if (path.empty()) out_ += '/';
    if (const char* wrong = PutEscaped(path, out_)) return wrong;
    const std::string_view put = std::string_view(out_).substr(header_.path_offset);
    const Result<std::string> plain = ParsePath(put);
    if (!plain) {
      return "between its slashes a url has names: not empty, not `.` or `..`, no wildcard, no "
             "escape of a separator or of what is not ASCII";
    }
    // A server that takes parameters off sees `..` in `..;x`, and one behind a proxy that decodes
    // sees it in `..%3Bx`.
    for (size_t at = 0; at != put.npos; at = put.find('/', at + 1)) {
      std::string_view name = put.substr(at + 1);
      const size_t dots = std::min(name.find_first_not_of('.'), name.size());
      name.remove_prefix(dots);
      if (dots <= 2 && (name.starts_with(';') || name.starts_with("%3B"))) {
        return "a parameter follows a name, not a dot segment";
      }
    }
    header_.path_length = static_cast<uint32_t>(plain->size());
    header_.path_hash = HashBytes(*plain);
    return nullptr;
  }

  const char* TakeQuery() {
    header_.plain = rest_.empty() ? 1 : 0;
    while (!rest_.empty()) {
      const bool query = rest_.front() == '?';
      out_ += Take(1);
      const std::string_view part = Take(query ? rest_.find('#') : rest_.npos);
      if (part.empty()) return "a query or fragment is not empty";
      if (part.find_first_of("[]#") != part.npos) {
        return "brackets and number signs stand escaped in a query or fragment";
      }
      if (const char* wrong = PutEscaped(part, out_)) return wrong;
    }
    return nullptr;
  }

  std::string_view rest_;
  std::string out_;
  UrlHeader header_;
};

}  // namespace

Result<std::string> ParseUrl(std::string_view text) { return Parser(text).Run(); }

UrlHeader UrlHeaderOf(std::string_view canonical) {
  Parser parser(canonical);
  return parser.Run() ? parser.header() : UrlHeader();
}

bool IsUrlHost(std::string_view text) {
  const std::string whole = "http://" + std::string(text) + "/";
  const Result<std::string> url = ParseUrl(whole);
  return url && *url == whole && UrlHeaderOf(*url).host_length == text.size();
}

}  // namespace cap
