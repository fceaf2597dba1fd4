// The text of a resource or of a pattern, read into its segments: `scheme://key:value/value`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/check/context.h"

namespace cap::check {

struct SegmentText {
  enum class Kind : uint8_t {
    kLiteral,
    kHole,  // `{path}` in a resource, `{{bound}}` in a pattern; value: what stands inside
    kStar,  // `*`: one segment, or the value after a key
    kRest,  // `**`: one or more segments
  };
  Kind kind = Kind::kLiteral;
  std::string key;  // empty: none
  std::string value;
  SourceSpan span;        // of the segment
  SourceSpan value_span;  // of the literal, or of what stands inside of the braces
};

struct ResourceText {
  std::string scheme;
  SourceSpan scheme_span;
  std::vector<SegmentText> segments;  // at least one
};

enum class TextUse : uint8_t { kResource, kPattern };

/// Reads the text; what is not well formed is reported, and gives nothing.
std::optional<ResourceText> ReadSegments(Context& context, const ast::Text& text, TextUse use);

/// The place of bytes [begin, end) of a text in the source: exact, unless the text has escapes.
SourceSpan PlaceInText(const Context& context, const ast::Text& text, size_t begin, size_t end);

}  // namespace cap::check
