#include "compiler/check/pattern.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "compiler/check/names_in_text.h"
#include "compiler/check/segments.h"
#include "runtime/value/date.h"
#include "runtime/value/text.h"

namespace cap::check {

namespace {

uint32_t SkeletonOf(Action& action, uint8_t mask) {
  const auto at = std::ranges::find(action.skeletons, mask);
  if (at != action.skeletons.end()) {
    return static_cast<uint32_t>(at - action.skeletons.begin());
  }
  action.skeletons.push_back(mask);
  return static_cast<uint32_t>(action.skeletons.size() - 1);
}

class Matcher {
 public:
  Matcher(Context& context, const ActionInfo& info, uint32_t action, const ast::Text& text)
      : context_(context),
        types_(context.types),
        info_(info),
        action_(context.program.actions[action]),
        text_(text) {}

  std::optional<Pattern> Run();

 private:
  bool Shape(const ResourceText& read);
  bool Segment(const SegmentText& wanted, const ResourceSegment& segment);
  bool Literal(const SegmentText& wanted, const ResourceSegment& segment);
  bool LiteralValue(const SegmentText& wanted, const ResourceHole& hole);
  bool Bound(const SegmentText& wanted, const ResourceSegment& segment);
  bool BoundFits(TypeIndex bound, const ResourceHole& hole) const;
  bool Never(const SourceSpan& span, std::string why, Help help = {}) {
    context_.Error(
        diag::Code::kPatternNeverMatches, span,
        {.message = fmt::format("this pattern can never match a resource of `{}`", action_.name),
         .label = std::move(why),
         .help = std::move(help),
         .notes = {{info_.decl->resources.front().pattern.span, "the resource"}}});
    return false;
  }
  std::string ShownSegment(const ResourceSegment& segment) const {
    const std::string value = segment.hole == kNone ? segment.literal : "{…}";
    return segment.key.empty() ? value : segment.key + ":" + value;
  }
  void Hold(uint32_t hole, ConstSource value) { pattern_.holes.push_back({hole, value}); }

  Context& context_;
  Types& types_;
  const ActionInfo& info_;
  Action& action_;
  const ast::Text& text_;
  Pattern pattern_;
};

std::optional<Pattern> Matcher::Run() {
  const std::optional<ResourceText> read = ReadSegments(context_, text_, TextUse::kPattern);
  if (!read || !Shape(*read)) return std::nullopt;
  bool good = true;
  for (size_t i = 0; i < read->segments.size(); ++i) {
    if (read->segments[i].kind == SegmentText::Kind::kRest) break;
    good = Segment(read->segments[i], action_.resource.segments[i]) && good;
  }
  if (!good) return std::nullopt;
  uint8_t mask = 0;
  for (const PatternHole& hole : pattern_.holes) {
    mask = static_cast<uint8_t>(mask | 1u << hole.hole);
  }
  pattern_.text = text_.text;
  pattern_.span = context_.Place(text_.span);
  pattern_.skeleton = SkeletonOf(action_, mask);
  return std::move(pattern_);
}

bool Matcher::Shape(const ResourceText& read) {
  const Resource& resource = action_.resource;
  if (read.scheme != resource.scheme) {
    return Never(read.scheme_span,
                 fmt::format("the resource begins with `{}://`", resource.scheme));
  }
  const bool rest = read.segments.back().kind == SegmentText::Kind::kRest;
  const size_t count = read.segments.size();
  const size_t real = resource.segments.size();
  // `**` stands for at least one segment, so it counts as one.
  if (rest ? count <= real : count == real) return true;
  const SourceSpan span = count > real ? read.segments[real].span : read.segments.back().span;
  return Never(span,
               fmt::format("the resource has {} segment{}, the pattern {}", real,
                           real == 1 ? "" : "s", count),
               count < real ? "end the pattern with `/**` for all that follow" : "");
}

bool Matcher::Segment(const SegmentText& wanted, const ResourceSegment& segment) {
  const bool star = wanted.kind == SegmentText::Kind::kStar;
  if (star && wanted.key.empty()) return true;  // any segment, its key included
  if (wanted.key != segment.key) {
    return Never(
        wanted.span, fmt::format("the resource has `{}` here", ShownSegment(segment)),
        segment.key.empty() ? "" : fmt::format("write `{}:…`, or `*` for any", segment.key));
  }
  if (star) return true;
  return wanted.kind == SegmentText::Kind::kHole ? Bound(wanted, segment)
                                                 : Literal(wanted, segment);
}

bool Matcher::Literal(const SegmentText& wanted, const ResourceSegment& segment) {
  if (segment.hole != kNone) return LiteralValue(wanted, action_.resource.holes[segment.hole]);
  if (wanted.value == segment.literal) return true;
  return Never(wanted.value_span, fmt::format("the resource has `{}` here", segment.literal));
}

bool Matcher::LiteralValue(const SegmentText& wanted, const ResourceHole& hole) {
  const auto index = static_cast<uint32_t>(&hole - action_.resource.holes.data());
  const std::string& text = wanted.value;
  Value value{.v = text};
  const Type& type = types_[hole.type];
  if (IsCanonicalKind(type.kind)) {
    const Result<std::string> form = CanonicalSegment(type.kind, hole.email_domain, text);
    if (!form || *form != text) {
      const bool email = type.kind == TypeKind::kEmail;
      const std::string what = !hole.email_domain ? std::string(NameOfText(type.kind))
                               : email            ? "domain of an address"
                                                  : "host of a url";
      return Never(wanted.value_span,
                   fmt::format("no {}", email && !hole.email_domain ? "email address" : what),
                   !form   ? Help()
                   : email ? fmt::format("addresses are compared as `{}`", *form)
                           : fmt::format("it is compared as `{}`", *form));
    }
  } else if (type.kind == TypeKind::kInt) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() ||
        fmt::format("{}", number) != text) {
      return Never(wanted.value_span, "no integer as the resource writes it");
    }
    value.v = number;
  } else if (type.kind == TypeKind::kEnum) {
    const EnumType& declared = context_.program.enums[type.ref];
    if (std::ranges::find(declared.members, text) == declared.members.end()) {
      const std::vector<std::string_view> members(declared.members.begin(), declared.members.end());
      return Never(wanted.value_span, fmt::format("no member of `{}`", declared.name),
                   MeantOrKnown(text, members));
    }
    value.v = EnumMember{text};
  } else if (type.kind == TypeKind::kDate) {
    const Result<Date> date = ParseDate(text);
    if (!date) return Never(wanted.value_span, "no date", date.error().message);
    value.v = *date;
  } else if (type.kind == TypeKind::kInstant) {
    return Never(wanted.value_span, "an instant is matched by `*` only",
                 "hold it in a `require`: `x <= instant(\"…\")`");
  }
  Hold(index, {.bound = false, .index = context_.AddValue(std::move(value))});
  return true;
}

/// A bound value fits where the same text could come from the call; a set means alternatives.
bool Matcher::BoundFits(TypeIndex bound, const ResourceHole& hole) const {
  if (types_.KindOf(bound) == TypeKind::kSet) bound = types_[bound].element;
  const TypeKind have = types_.KindOf(bound);
  const TypeKind want = types_.KindOf(hole.type);
  if (hole.email_domain || want == TypeKind::kString) return have == TypeKind::kString;
  if (IsCanonicalKind(want)) return have == want || have == TypeKind::kString;
  if (want == TypeKind::kInt || want == TypeKind::kDate) return have == want;
  return want == TypeKind::kEnum && types_.Same(bound, hole.type);
}

bool Matcher::Bound(const SegmentText& wanted, const ResourceSegment& segment) {
  const std::vector<ast::Ident> path = ReadDottedName(wanted.value, wanted.value_span);
  const Symbol* symbol = path.size() == 1 ? info_.scope->Find(wanted.value) : nullptr;
  if (symbol != nullptr && context_.nodes.IsError(symbol->node)) return false;
  if (symbol == nullptr || context_.nodes[symbol->node].kind != NodeKind::kBound) {
    std::vector<std::string_view> known;
    for (const std::string_view name : info_.scope->Names()) {
      if (context_.nodes[info_.scope->Find(name)->node].kind == NodeKind::kBound) {
        known.push_back(name);
      }
    }
    context_.Error(
        diag::Code::kNoSuchBound, wanted.value_span,
        {.message = symbol == nullptr
                        ? fmt::format("no bound context `{}`", wanted.value)
                        : fmt::format("`{}` is no bound context, but a value of the call: {}",
                                      wanted.value, NameOf(symbol->kind)),
         .label = "not fixed by the mint",
         .help = MeantOrKnown(wanted.value, known),
         .notes = {}});
    return false;
  }
  if (segment.hole == kNone) {
    return Never(wanted.span, fmt::format("the resource always has `{}` here", segment.literal),
                 "write that text");
  }
  const ResourceHole& hole = action_.resource.holes[segment.hole];
  const Node& node = context_.nodes[symbol->node];
  if (!BoundFits(node.type, hole)) {
    const std::string found =
        !hole.email_domain                             ? types_.NameOf(hole.type)
        : types_.KindOf(hole.type) == TypeKind::kEmail ? "the domain of an email"
                                                       : "the host of a url";
    return Never(wanted.value_span,
                 fmt::format("{}, but the resource has {} here", types_.NameOf(node.type), found));
  }
  Hold(segment.hole, {.bound = true, .index = node.index});
  return true;
}

}  // namespace

std::optional<Pattern> MatchPattern(Context& context, const ActionInfo& info, uint32_t action,
                                    const ast::Text& text) {
  if (!info.resource_known) {
    if (info.decl->resources.empty()) {
      context.Error(
          diag::Code::kNoResource, text.span,
          {.message = fmt::format("the action `{}` has no resource", info.decl->name.text),
           .label = "nothing to match",
           .help = "declare one in the action: `resource \"scheme://{…}\"`",
           .notes = {{info.decl->name.span, "declared here"}}});
    }
    return std::nullopt;
  }
  return Matcher(context, info, action, text).Run();
}

Pattern EveryResource(Context& context, uint32_t action, const SourceSpan& span) {
  Pattern pattern;
  pattern.skeleton = SkeletonOf(context.program.actions[action], 0);
  pattern.span = context.Place(span);
  return pattern;
}

}  // namespace cap::check
