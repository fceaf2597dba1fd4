#include "compiler/check/segments.h"

#include <fmt/core.h>

#include "runtime/value/segment.h"

namespace cap::check {

namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsKey(std::string_view text) {
  if (text.empty() || !IsLetter(text.front())) return false;
  for (const char c : text) {
    if (!IsLetter(c) && !IsDigit(c) && c != '-') return false;
  }
  return true;
}

bool IsScheme(std::string_view text) {
  if (text.empty() || !IsLetter(text.front())) return false;
  for (const char c : text) {
    if (!IsLetter(c) && !IsDigit(c) && c != '-' && c != '+' && c != '.') return false;
  }
  return true;
}

class Reader {
 public:
  Reader(Context& context, const ast::Text& text, TextUse use)
      : context_(context), text_(text), use_(use) {}

  std::optional<ResourceText> Read();

 private:
  bool ReadSegment(size_t begin, size_t end, SegmentText& segment);
  bool ReadValue(size_t begin, size_t end, SegmentText& segment);
  bool ReadHole(size_t begin, size_t end, SegmentText& segment);
  bool Refuse(size_t begin, size_t end, std::string message, std::string help) {
    const auto code =
        use_ == TextUse::kPattern ? diag::Code::kBadPattern : diag::Code::kBadResource;
    context_.Error(
        code, PlaceInText(context_, text_, begin, end),
        {.message = std::move(message), .label = "here", .help = std::move(help), .notes = {}});
    return false;
  }
  std::string_view Slice(size_t begin, size_t end) const {
    return std::string_view(text_.text).substr(begin, end - begin);
  }

  Context& context_;
  const ast::Text& text_;
  TextUse use_;
};

std::optional<ResourceText> Reader::Read() {
  const std::string& text = text_.text;
  const size_t colon = text.find("://");
  if (colon == std::string::npos || !IsScheme(Slice(0, colon))) {
    Refuse(0, text.size(), "a resource begins with its scheme",
           "write it like `order://customer:…/…`");
    return std::nullopt;
  }
  ResourceText read{.scheme = std::string(Slice(0, colon)),
                    .scheme_span = PlaceInText(context_, text_, 0, colon),
                    .segments = {}};
  bool good = true;
  size_t begin = colon + 3;
  while (true) {
    const size_t slash = std::min(text.find('/', begin), text.size());
    SegmentText segment;
    segment.span = PlaceInText(context_, text_, begin, slash);
    good = ReadSegment(begin, slash, segment) && good;
    if (segment.kind == SegmentText::Kind::kRest && segment.key.empty() && slash < text.size()) {
      good = Refuse(begin, slash, "`**` stands for all remaining segments, so it comes last",
                    "write `*` for one segment");
    }
    read.segments.push_back(std::move(segment));
    if (slash == text.size()) break;
    begin = slash + 1;
  }
  return good ? std::optional(std::move(read)) : std::nullopt;
}

bool Reader::ReadSegment(size_t begin, size_t end, SegmentText& segment) {
  const std::string_view text = Slice(begin, end);
  if (text.empty()) return Refuse(begin, end, "an empty segment", "leave out the extra `/`");
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.find('{') < colon) {
    return ReadValue(begin, end, segment);
  }
  if (!IsKey(text.substr(0, colon))) {
    return Refuse(begin, begin + colon, "what stands before `:` is a key: letters, digits, `-`",
                  "a `:` may only stand after a key");
  }
  segment.key = std::string(text.substr(0, colon));
  if (colon + 1 == text.size()) {
    return Refuse(begin, end, "a key without a value", "write `key:value`");
  }
  return ReadValue(begin + colon + 1, end, segment);
}

bool Reader::ReadValue(size_t begin, size_t end, SegmentText& segment) {
  const std::string_view text = Slice(begin, end);
  const bool pattern = use_ == TextUse::kPattern;
  segment.value_span = PlaceInText(context_, text_, begin, end);
  if (text.find_first_of("{}") != std::string_view::npos) return ReadHole(begin, end, segment);
  if (pattern && (text == "*" || text == "**")) {
    segment.kind = text == "*" ? SegmentText::Kind::kStar : SegmentText::Kind::kRest;
    if (segment.kind == SegmentText::Kind::kRest && !segment.key.empty()) {
      return Refuse(begin, end, "`**` has no key", "write `*` for the value after a key");
    }
    return true;
  }
  if (text.find('*') != std::string_view::npos) {
    return Refuse(begin, end,
                  pattern ? "`*` stands for a whole segment or value, never for a part of one"
                          : "a resource names one thing: it has no `*`",
                  pattern ? "hold the part in a `require`, such as `startsWith(id, \"A\")`"
                          : "wildcards stand in the patterns of capabilities");
  }
  if (!IsLegalSegment(text)) {
    return Refuse(begin, end, fmt::format("\"{}\" is no segment", text),
                  "no `.`, `..`, `\\`, control characters, or percent escapes of these");
  }
  segment.value = std::string(text);
  return true;
}

bool Reader::ReadHole(size_t begin, size_t end, SegmentText& segment) {
  const std::string_view text = Slice(begin, end);
  const bool pattern = use_ == TextUse::kPattern;
  const bool twice = text.starts_with("{{") && text.ends_with("}}") && text.size() > 4;
  const bool once = !twice && text.starts_with("{") && text.ends_with("}") && text.size() > 2;
  const size_t braces = pattern ? 2 : 1;
  if (pattern ? once : twice) {
    return Refuse(begin, end,
                  pattern ? "a pattern takes bound context, in double braces"
                          : "a resource is made from the call, in single braces",
                  pattern ? fmt::format("write `{{{}}}`", text)
                          : "bound context stands in the patterns of capabilities");
  }
  const std::string_view inside =
      pattern ? (twice ? text.substr(2, text.size() - 4) : std::string_view())
              : (once ? text.substr(1, text.size() - 2) : std::string_view());
  if (inside.empty() || inside.find_first_of("{}") != std::string_view::npos) {
    return Refuse(
        begin, end, "braces hold a whole segment, or a whole value after a key",
        pattern ? "write `{{name}}` or `key:{{name}}`" : "write `{name}` or `key:{name}`");
  }
  segment.kind = SegmentText::Kind::kHole;
  segment.value = std::string(inside);
  segment.value_span = PlaceInText(context_, text_, begin + braces, end - braces);
  return true;
}

}  // namespace

std::optional<ResourceText> ReadSegments(Context& context, const ast::Text& text, TextUse use) {
  return Reader(context, text, use).Read();
}

SourceSpan PlaceInText(const Context& context, const ast::Text& text, size_t begin, size_t end) {
  const std::string_view source = context.sources.TextOf(text.span);
  if (source.size() != text.text.size() + 2) return text.span;
  SourceSpan span = text.span;
  span.end = span.begin + 1 + static_cast<uint32_t>(end);
  span.begin += 1 + static_cast<uint32_t>(begin);
  if (span.end == span.begin) span.end = span.begin + 1;  // an empty place points at what follows
  return span;
}

}  // namespace cap::check
