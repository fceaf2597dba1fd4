#include "compiler/check/fixes.h"

#include <algorithm>

#include "runtime/value/money.h"

namespace cap::check {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_';
}

/// Text that needs no escape in a string literal.
bool IsPlain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != 0x7F;
  });
}

/// What stands between the two quotes that the text has, or nothing.
std::optional<std::string_view> Unquoted(std::string_view text, char quote) {
  if (text.size() < 2 || text.front() != quote || text.back() != quote) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

}  // namespace

std::optional<diag::Fix> NameFix(const SourceMap& sources, const SourceSpan& span,
                                 const std::string& replacement) {
  const std::string_view text = sources.TextOf(span);
  const std::optional<std::string_view> string = Unquoted(text, '"');
  const std::string_view name = string ? *string : Unquoted(text, '`').value_or(text);
  if (diag::NearestName(name, {replacement}).empty()) return std::nullopt;
  if (string) {
    if (!IsPlain(*string) || !IsPlain(replacement)) return std::nullopt;
    return diag::Fix{span, "\"" + replacement + "\""};
  }
  if (!std::ranges::all_of(name, IsNameCharacter)) return std::nullopt;
  if (!std::ranges::all_of(replacement, IsNameCharacter)) return std::nullopt;
  const bool quoted = name.size() != text.size();
  return diag::Fix{span, quoted ? "`" + replacement + "`" : replacement};
}

std::optional<diag::Fix> CurrencyFix(const Context& context, const Node& node, TypeIndex money) {
  if (node.kind != NodeKind::kLiteral || money == kNone) return std::nullopt;
  if (context.types.KindOf(money) != TypeKind::kMoney) return std::nullopt;
  const Currency* currency = FindCurrency(context.types[money].currency);
  const std::string_view text = context.sources.TextOf(node.span);
  const auto of_number = [](char c) { return IsDigit(c) || c == '.'; };
  if (currency == nullptr || text.empty() || !std::ranges::all_of(text, of_number)) {
    return std::nullopt;
  }
  return diag::Fix{{node.span.file, node.span.end, node.span.end},
                   std::string(" ") + currency->code};
}

std::optional<diag::Fix> LowerCaseFix(const SourceMap& sources, const SourceSpan& span) {
  const std::optional<std::string_view> text = Unquoted(sources.TextOf(span), '"');
  if (!text || !IsPlain(*text)) return std::nullopt;
  std::string lower = "\"";
  for (const char c : *text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return diag::Fix{span, lower + "\""};
}

std::optional<diag::Fix> CapitalsFix(const SourceMap& sources, const SourceSpan& span) {
  const std::optional<std::string_view> text = Unquoted(sources.TextOf(span), '"');
  if (!text) return std::nullopt;
  std::string upper;
  for (const char c : *text) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (FindCurrency(upper) == nullptr) return std::nullopt;
  return diag::Fix{span, "\"" + upper + "\""};
}

std::optional<diag::Fix> ImportFix(const ast::Module& module, const std::string& name) {
  if (!module.name) return std::nullopt;
  const SourceSpan& last = module.imports.empty() ? module.name->span : module.imports.back().span;
  return diag::Fix{{last.file, last.end, last.end}, "\nimport " + name};
}

std::vector<diag::Fix> Certain(std::optional<diag::Fix> fix) {
  if (!fix) return {};
  return {std::move(*fix)};
}

}  // namespace cap::check
