#include "compiler/check/domain.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/fixes.h"

namespace cap::check {

namespace {

bool DomainFits(Context& context, const Node& left, const Node& right) {
  if (left.kind != NodeKind::kOperation || left.op != Op::kEmailDomain ||
      right.kind != NodeKind::kLiteral) {
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
                   {.message = fmt::format("\"{}\" is no domain as emails have it", *text),
                    .label = "has capitals",
                    .help = "the domain of an email is in lower case",
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
