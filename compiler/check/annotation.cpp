#include "compiler/check/annotation.h"

#include <fmt/core.h>

#include <array>
#include <unordered_set>

namespace cap::check {

namespace {

constexpr std::array<std::string_view, 4> kRisks = {"low", "medium", "high", "critical"};

void Bad(Context& context, const SourceSpan& span, std::string message, Help help) {
  context.Error(diag::Code::kBadAnnotation, span,
                {.message = std::move(message),
                 .label = "no annotation",
                 .help = std::move(help),
                 .notes = {}});
}

}  // namespace

void CheckAnnotations(Context& context, const std::vector<ast::Annotation>& annotations,
                      Action& action) {
  std::unordered_set<std::string_view> seen;
  for (const ast::Annotation& annotation : annotations) {
    const std::string& name = annotation.name.text;
    if (!seen.insert(name).second) {
      context.Error(diag::Code::kDeclaredTwice, annotation.span,
                    {.message = fmt::format("`@{}` is said twice", name),
                     .label = "again",
                     .help = "leave it out",
                     .notes = {}});
    } else if (name == "irreversible" && !annotation.argument) {
      action.irreversible = true;
    } else if (name == "risk" && annotation.argument) {
      size_t risk = 0;
      while (risk < kRisks.size() && kRisks[risk] != annotation.argument->text) ++risk;
      if (risk < kRisks.size()) {
        action.risk = static_cast<Risk>(risk + 1);
        continue;
      }
      Bad(context, annotation.argument->span,
          fmt::format("no risk `{}`", annotation.argument->text),
          MeantOrKnown(annotation.argument->text, {kRisks.begin(), kRisks.end()}));
    } else {
      Bad(context, annotation.span,
          fmt::format("no annotation {}", context.Quoted(annotation.span)),
          "there are `@risk(low)`, `@risk(medium)`, `@risk(high)`, `@risk(critical)` and "
          "`@irreversible`");
    }
  }
}

}  // namespace cap::check
