#include "compiler/check/domain.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/fixes.h"

namespace cap::check {

namespace {

bool DomainFits(Context& context, const Node& left, const Node& right) {
  const bool email = left.op == Op::kEmailDomain;
  if (left.kind != NodeKind::kOperation || right.kind != NodeKind::kLiteral ||
      (!email && left.op != Op::kUrlHost && left.op != Op::kUrlScheme)) {
    return true;
  }
  const Value& value = context.program.values[right.index];
  std::vector<const std::string*> texts;
  if (const auto* text = std::get_if<std::string>(&value.v)) texts.push_back(text);
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    for (const Value& item : *list) {
      if (const auto* text = std::get_if<std::string>(&item.v)) texts.push_back(text);
    }
  }
  for (const std::string* text : texts) {
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (std::ranges::none_of(*text, capital)) continue;
    context.Error(diag::Code::kBadValueText, right.span,
                   {.message = fmt::format("\"{}\" is no {}", *text,
                                           email ? "domain as emails have it"
                                                 : "part of a url as urls have it"),
                    .label = "has capitals",
                    .help = email ? "the domain of an email is in lower case"
                                  : "the scheme and the host of a url are in lower case",
                    .notes = {},
                    .fixes = Certain(LowerCaseFix(context.sources, right.span))});
    return false;
  }
  return true;
}

}  // namespace

bool DomainsFit(Context& context, const Node& left, const Node& right) {
  return DomainFits(context, left, right) && DomainFits(context, right, left);
}

}  // namespace cap::check
