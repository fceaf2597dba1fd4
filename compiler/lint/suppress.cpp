#include "compiler/lint/suppress.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "compiler/format/gaps.h"
#include "compiler/lint/lint.h"
#include "compiler/parse/concrete.h"

namespace cap::lint {

namespace {

constexpr std::string_view kMark = "lint: allow";

struct Allowance {
  std::optional<diag::Code> code;
  bool reasoned = false;
  bool used = false;
  uint32_t line = 0;  // whose findings it allows
  SourceSpan span;
};

std::string_view Word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t:,"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t:,"));
  text.remove_prefix(word.size());
  return word;
}

std::optional<Allowance> ReadComment(std::string_view comment) {
  comment.remove_prefix(2);
  comment.remove_prefix(std::min(comment.find_first_not_of(" \t"), comment.size()));
  if (!comment.starts_with(kMark)) return std::nullopt;
  comment.remove_prefix(kMark.size());
  Allowance allowance;
  const std::string_view name = Word(comment);
  for (const diag::Code code : diag::AllCodes()) {
    if (IsLint(code) && diag::IdOf(code) == name) allowance.code = code;
  }
  allowance.reasoned = !Word(comment).empty();
  return allowance;
}

std::vector<Allowance> AllowancesOf(const SourceMap& sources, FileId file) {
  diag::Sink ignored;
  const std::optional<parse::Concrete> tree = parse::ParseConcrete(sources, file, ignored);
  std::vector<Allowance> allowances;
  if (!tree) return allowances;
  const std::string_view text = sources.file(file).text;
  const auto line_of = [&](size_t at) {
    return sources.Locate(file, static_cast<uint32_t>(at)).line;
  };
  uint32_t before = tree->begin;
  for (size_t i = 0; i <= tree->tokens.size(); ++i) {
    const bool last = i == tree->tokens.size();
    const size_t next = last ? text.size() : tree->tokens[i].begin;
    for (const format::Comment& comment :
         format::ReadGap(text.substr(before, next - before)).comments) {
      std::optional<Allowance> allowance = ReadComment(comment.text);
      if (!allowance) continue;
      const auto begin = static_cast<uint32_t>(comment.text.data() - text.data());
      allowance->span = {file, begin, begin + static_cast<uint32_t>(comment.text.size())};
      allowance->line = line_of(comment.trailing ? begin : next);
      allowances.push_back(*allowance);
    }
    if (!last) before = tree->tokens[i].end;
  }
  return allowances;
}

diag::Diagnostic Bad(const Allowance& allowance, std::string message, std::string help) {
  return {
      diag::Code::kLintBadAllowance, allowance.span, std::move(message), "", {}, std::move(help)};
}

}  // namespace

std::vector<diag::Diagnostic> WithoutAllowed(const SourceMap& sources, FileId file,
                                             std::vector<diag::Diagnostic> findings) {
  std::vector<Allowance> allowances = AllowancesOf(sources, file);
  std::erase_if(findings, [&](const diag::Diagnostic& finding) {
    const uint32_t line = sources.Locate(finding.span.file, finding.span.begin).line;
    const auto at = std::ranges::find_if(allowances, [&](const Allowance& each) {
      return each.code == finding.code && each.reasoned && each.line == line;
    });
    if (at == allowances.end()) return false;
    at->used = true;
    return true;
  });
  for (const Allowance& each : allowances) {
    const std::string usage = "write `// lint: allow CAP1026 reason` before the line, or behind it";
    if (!each.code) {
      findings.push_back(Bad(each, "this allows no finding that there is", usage));
    } else if (!each.reasoned) {
      findings.push_back(Bad(each, "this says no reason", usage));
    } else if (!each.used) {
      findings.push_back(Bad(each, fmt::format("there is no {} here", diag::IdOf(*each.code)),
                             "leave the comment out"));
    }
  }
  std::ranges::stable_sort(findings, {}, [](const diag::Diagnostic& d) { return d.span.begin; });
  return findings;
}

}  // namespace cap::lint
