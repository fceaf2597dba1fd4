#include "compiler/cli/pages.h"

#include <algorithm>

#include "cap/decision.h"
#include "compiler/diag/diagnostic.h"

namespace cap::cli {

namespace {

constexpr std::string_view kDecisionPage = "decision-codes";

std::string_view TextOf(std::string_view name) {
  const std::vector<Page>& pages = Pages();
  const auto at = std::ranges::find(pages, name, &Page::name);
  return at == pages.end() ? std::string_view{} : at->text;
}

/// Takes the next line off the text, without its line end.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \n") + 1 - begin);
}

std::string_view TakeCell(std::string_view& row) {
  const size_t end = std::min(row.find('|'), row.size());
  const std::string_view cell = Trimmed(row.substr(0, end));
  row.remove_prefix(std::min(end + 1, row.size()));
  return cell;
}

Explanation OfDiagnostic(diag::Code code) {
  const bool error = diag::SeverityOf(code) == diag::Severity::kError;
  return {.code = diag::IdOf(code),
          .kind = error ? "error" : "warning",
          .title = std::string(diag::TitleOf(code)),
          .text = {}};
}

Explanation OfDecision(DecisionCode code) {
  return {.code = std::string(NameOf(code)),
          .kind = "decision",
          .title = std::string(SummaryOf(code)),
          .text = {}};
}

/// The row of a decision code in its table, and the heading over it, as sentences.
std::string DecisionText(std::string_view code) {
  std::string_view page = TextOf(kDecisionPage);
  std::string_view heading;
  const std::string quoted = "`" + std::string(code) + "`";
  while (!page.empty()) {
    std::string_view line = TakeLine(page);
    if (line.starts_with("## ")) heading = line.substr(3);
    if (!line.starts_with("|")) {
      if (line.find(quoted) != line.npos) return std::string(heading) + ".\n";
      continue;
    }
    TakeCell(line);  // what stands before the first bar
    if (TakeCell(line) != quoted) continue;
    std::string text = std::string(heading) + ".\n\nMeans: " + std::string(TakeCell(line)) + ".\n";
    const std::string_view advice = TakeCell(line);
    if (!advice.empty()) text += "\nWhat to do: " + std::string(advice) + ".\n";
    return text;
  }
  return {};
}

/// "cap301", "CAP301" and "301" are all CAP0301.
std::string Normal(std::string_view asked) {
  std::string lower;
  for (const char c : asked) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::string digits = lower.starts_with("cap") ? lower.substr(3) : lower;
  const bool number = !digits.empty() && digits.size() <= 4 &&
                      digits.find_first_not_of("0123456789") == digits.npos;
  if (number) return "CAP" + std::string(4 - digits.size(), '0') + digits;
  std::ranges::replace(lower, '-', '_');
  return lower;
}

}  // namespace

std::vector<Explanation> AllCodes() {
  std::vector<Explanation> all;
  for (const diag::Code code : diag::AllCodes()) all.push_back(OfDiagnostic(code));
  for (uint32_t code = 0; code < kDecisionCodeCount; ++code) {
    all.push_back(OfDecision(static_cast<DecisionCode>(code)));
  }
  return all;
}

std::optional<Explanation> Explain(std::string_view asked) {
  const std::vector<Explanation> all = AllCodes();
  const auto at = std::ranges::find(all, Normal(asked), &Explanation::code);
  if (at == all.end()) return std::nullopt;
  Explanation found = *at;
  if (found.kind == "decision") {
    found.text = DecisionText(found.code);
    return found;
  }
  std::string_view page = TextOf(found.code);
  TakeLine(page);  // the heading: code and title
  found.text = std::string(Trimmed(page)) + "\n";
  return found;
}

std::string NearestCode(std::string_view asked) {
  const std::vector<Explanation> all = AllCodes();
  std::vector<std::string_view> names;
  for (const Explanation& each : all) names.push_back(each.code);
  return std::string(diag::NearestName(Normal(asked), names));
}

std::string ForTerminal(std::string_view markdown) {
  std::string out;
  bool code = false;
  while (!markdown.empty()) {
    const std::string_view line = TakeLine(markdown);
    if (line.starts_with("```")) {
      code = !code;
      continue;
    }
    out.append(code && !line.empty() ? "    " : "").append(line).append("\n");
  }
  return out;
}

}  // namespace cap::cli
