// matches: a string against a regular expression that is written out.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "compiler/check/expr.h"
#include "compiler/regex/regex.h"

namespace cap::check {

namespace {

/// How many bytes the escape at the start of `literal` is in the source, and in the text.
struct EscapeSize {
  size_t source = 2;
  size_t text = 1;
};

EscapeSize SizeOfEscape(std::string_view literal) {
  const size_t close = literal.find('}');
  if (!literal.starts_with("\\u{") || close == std::string_view::npos) return {};
  uint32_t character = 0;
  std::from_chars(literal.data() + 3, literal.data() + close, character, 16);
  const size_t bytes = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  return {close + 1, bytes};
}

/// The place of `length` bytes of a text in the literal that says it, whose escapes are longer in
/// the source. An empty place is all of it.
SourceSpan PlaceIn(const SourceMap& sources, const SourceSpan& span, size_t offset, size_t length) {
  if (length == 0) return span;
  const std::string_view literal = sources.TextOf(span);
  SourceSpan place = span;
  size_t source = 1;  // behind the quote
  size_t text = 0;
  while (text < offset + length && source + 1 < literal.size()) {
    if (text <= offset) place.begin = span.begin + static_cast<uint32_t>(source);
    const bool escaped = literal[source] == '\\';
    const EscapeSize size = escaped ? SizeOfEscape(literal.substr(source)) : EscapeSize{1, 1};
    source += size.source;
    text += size.text;
  }
  if (text <= offset) place.begin = span.begin + static_cast<uint32_t>(source);
  place.end = std::max(span.begin + static_cast<uint32_t>(source), place.begin + 1);
  return place;
}

/// An expression as a string literal says it: with every `\` doubled.
std::string AsLiteral(std::string_view text) {
  std::string doubled;
  for (const char c : text) doubled.append(c == '\\' ? 2 : 1, c);
  return doubled;
}

}  // namespace

NodeId ExprChecker::CheckMatches(const ast::BinaryExpr& binary, const SourceSpan& span) {
  const NodeId text = CheckAs(binary.left, types_.String(), "`matches`");
  const NodeId regex = CheckRegex(binary.right);
  return MakeOperation(Op::kStrMatches, types_.Bool(), text, regex, span);
}

NodeId ExprChecker::CheckRegex(ast::ExprId id) {
  const SourceSpan& span = At(id).span;
  const auto* text = std::get_if<ast::StringExpr>(&At(id).node);
  if (text == nullptr) {
    if (!std::holds_alternative<ast::ErrorExpr>(At(id).node)) {
      context_.Error(diag::Code::kRegexNotLiteral, span,
                     {.message = "`matches` needs its regular expression written out",
                      .label = "not a text",
                      .help = "write `x matches \"[a-z]+\"`; it is compiled with the policy",
                      .notes = {}});
    }
    return nodes_.Error(span);
  }
  const uint32_t table = TableOf(text->value, span);
  if (table == kNone || !SaysSomething(context_.program.tables[table], span)) {
    return nodes_.Error(span);
  }
  return context_.AddLiteral(Value{.v = TableRef{table}}, types_.Pattern(), span);
}

/// The table of an expression, made where it is first seen; kNone: reported.
uint32_t ExprChecker::TableOf(const std::string& text, const SourceSpan& span) {
  const auto known = context_.regexes.find(text);
  if (known != context_.regexes.end()) return known->second;
  std::expected<Table, regex::Problem> table = regex::Compile(text, context_.regex_steps);
  if (table && context_.table_words + table->words.size() > limits::kProgramTableWords) {
    table = std::unexpected(regex::Problem{
        .too_large = true,
        .offset = 0,
        .length = 0,
        .message = "the regular expressions of the program are too large together",
        .help = "use smaller counts"});
  }
  if (table) {
    const auto index = static_cast<uint32_t>(context_.program.tables.size());
    context_.table_words += table->words.size();
    context_.program.tables.push_back(std::move(*table));
    context_.regexes.emplace(text, index);
    return index;
  }
  const regex::Problem& problem = table.error();
  context_.Error(problem.too_large ? diag::Code::kRegexTooLarge : diag::Code::kBadRegex,
                 PlaceIn(context_.sources, span, problem.offset, problem.length),
                 {.message = AsLiteral(problem.message),
                  .label = problem.too_large ? "too large" : "not read",
                  .help = AsLiteral(problem.help),
                  .notes = {}});
  return kNone;
}

bool ExprChecker::SaysSomething(const Table& table, const SourceSpan& span) {
  const bool nothing = regex::MatchesNothing(table);
  if (!nothing && !regex::MatchesEverything(table)) return true;
  context_.Error(nothing ? diag::Code::kNeverTrue : diag::Code::kAlwaysTrue, span,
                 {.message = nothing ? "no text at all matches this" : "every text matches this",
                  .label = nothing ? "always false" : "always true",
                  .help = nothing ? "mend the expression" : "leave the condition out",
                  .notes = {}});
  return false;
}

}  // namespace cap::check
