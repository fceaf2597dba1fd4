#include "compiler/diag/apply_fixes.h"

#include <algorithm>
#include <tuple>

namespace cap::diag {

namespace {

struct Wanted {
  const Diagnostic* diagnostic = nullptr;
  Fix fix;
  bool clashes = false;
};

/// Spans that share a byte, or two insertions at one place: what stands first would be a guess.
bool Touch(const SourceSpan& a, const SourceSpan& b) {
  return a.begin == b.begin || (a.begin < b.end && b.begin < a.end);
}

}  // namespace

FixedText ApplyFixes(std::span<const Diagnostic> diagnostics, const SourceMap& sources,
                     FileId file) {
  std::vector<Wanted> wanted;
  for (const Diagnostic& d : diagnostics) {
    if (d.fixes.size() == 1 && d.fixes.front().span.file == file) {
      wanted.push_back({&d, d.fixes.front(), false});
    }
  }
  std::ranges::stable_sort(wanted, {}, [](const Wanted& each) {
    return std::tuple(each.fix.span.begin, each.fix.span.end, std::string_view(each.fix.text));
  });
  const auto repeats = std::ranges::unique(wanted, {}, &Wanted::fix);
  wanted.erase(repeats.begin(), repeats.end());
  // Sorted by begin, so that whatever touches a span follows it until one begins behind its end.
  for (size_t i = 0; i < wanted.size(); ++i) {
    for (size_t j = i + 1; j < wanted.size(); ++j) {
      if (wanted[j].fix.span.begin > wanted[i].fix.span.end) break;
      if (!Touch(wanted[i].fix.span, wanted[j].fix.span)) continue;
      wanted[i].clashes = wanted[j].clashes = true;
    }
  }
  const std::string& text = sources.file(file).text;
  FixedText fixed;
  size_t copied = 0;
  for (Wanted& each : wanted) {
    if (each.clashes) continue;
    const SourceSpan span = each.fix.span;
    fixed.text.append(text, copied, span.begin - copied).append(each.fix.text);
    copied = span.end;
    fixed.applied.push_back({.code = each.diagnostic->code,
                             .message = each.diagnostic->message,
                             .fix = std::move(each.fix),
                             .before = std::string(sources.TextOf(span))});
  }
  fixed.text.append(text, copied);
  return fixed;
}

}  // namespace cap::diag
