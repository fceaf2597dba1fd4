#include "compiler/lint/lint.h"

#include <iterator>
#include <utility>

#include "compiler/lint/context.h"
#include "compiler/lint/suppress.h"

namespace cap::lint {

namespace {

constexpr FileId kUsersFile{};
constexpr uint16_t kFirst = 1020;
constexpr uint16_t kLast = 1049;

std::pair<uint32_t, uint32_t> PlaceOf(const Span& span) { return {span.line, span.column}; }

}  // namespace

Findings::Findings(const Compilation& compilation) : compilation_(compilation), lines_{0} {
  const std::string& text = compilation.sources.file(kUsersFile).text;
  for (uint32_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') lines_.push_back(i + 1);
  }
  for (const Capability& capability : compilation.program->capabilities) {
    if (!IsOwn(capability.span)) continue;
    capabilities_.try_emplace({capability.span.line, capability.span.column}, &capability);
  }
}

bool Findings::IsCopy(const Capability& capability) const {
  // The policy in which it is written is the last one that begins before it.
  const Policy* home = nullptr;
  for (const Policy& policy : program().policies) {
    if (!IsOwn(policy.span) || PlaceOf(policy.span) > PlaceOf(capability.span)) continue;
    if (home == nullptr || PlaceOf(policy.span) > PlaceOf(home->span)) home = &policy;
  }
  return home != nullptr && home != &program().policies[capability.policy];
}

bool Findings::IsIn(const Span& statement, const Capability& capability) const {
  const auto after = capabilities_.upper_bound(PlaceOf(statement));
  return IsOwn(statement) && after != capabilities_.begin() &&
         std::prev(after)->first == PlaceOf(capability.span);
}

std::vector<diag::Label> Findings::NoteAt(const Span& span, std::string text) const {
  if (!IsOwn(span)) return {};
  return {{SourceOf(span), std::move(text)}};
}

SourceSpan Findings::SourceOf(const Span& span) const {
  if (span.line == 0 || span.line > lines_.size()) return {kUsersFile, 0, 0};
  const uint32_t begin = lines_[span.line - 1] + span.column - 1;
  return {kUsersFile, begin, begin + span.length};
}

void Findings::Add(diag::Code code, const Span& span, Report report) {
  if (IsOwn(span)) Add(code, SourceOf(span), std::move(report));
}

void Findings::Add(diag::Code code, const SourceSpan& span, Report report) {
  sink_.Add({code, span, std::move(report.message), std::move(report.label),
             std::move(report.notes), std::move(report.help)});
}

std::vector<diag::Diagnostic> Lint(const Compilation& compilation) {
  if (compilation.program == nullptr) return {};
  Findings findings(compilation);
  FindUnused(findings);
  FindInPolicies(findings);
  FindByLogic(findings);
  FindInForbids(findings);
  FindInLimits(findings);
  return WithoutAllowed(compilation.sources, kUsersFile, findings.Sorted());
}

bool IsLint(diag::Code code) {
  const auto number = static_cast<uint16_t>(code);
  return number >= kFirst && number <= kLast;
}

}  // namespace cap::lint
