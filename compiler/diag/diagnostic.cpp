#include "compiler/diag/diagnostic.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "runtime/base/limits.h"

namespace cap::diag {

namespace {

// More than are ever printed, so that the first ones by place are among those kept; a hostile file
// with an error on each of a million lines must not fill the memory.
constexpr size_t kKept = 50 * size_t{limits::kDiagnostics};

auto Place(const Diagnostic& d) {
  return std::tuple(d.span.file, d.span.begin, d.span.end, d.code);
}

/// Edit distance with transpositions of neighbours (optimal string alignment). Names are at most
/// kNameBytes long, so three rows on the stack suffice.
size_t EditDistance(std::string_view a, std::string_view b) {
  using Row = std::array<size_t, limits::kNameBytes + 1>;
  Row before{};
  Row above{};
  Row row{};
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above[b.size()];
}

}  // namespace

Severity SeverityOf(Code code) {
  switch (code) {
#define CODE(number, name, severity, title) \
  case Code::name:                          \
    return Severity::severity;
#include "compiler/diag/codes.def"
#undef CODE
  }
  return Severity::kError;
}

Severity SeverityOf(const Diagnostic& d) {
  return d.denied ? Severity::kError : SeverityOf(d.code);
}

std::string_view TitleOf(Code code) {
  switch (code) {
#define CODE(number, name, severity, title) \
  case Code::name:                          \
    return title;
#include "compiler/diag/codes.def"
#undef CODE
  }
  return "unknown";
}

std::string IdOf(Code code) {
  std::string digits = std::to_string(static_cast<uint16_t>(code));
  return "CAP" + std::string(4 - std::min<size_t>(4, digits.size()), '0') + digits;
}

const std::vector<Code>& AllCodes() {
  static const std::vector<Code> kCodes = {
#define CODE(number, name, severity, title) Code::name,
#include "compiler/diag/codes.def"
#undef CODE
  };
  return kCodes;
}

void Sink::Add(Diagnostic d) {
  if (SeverityOf(d) == Severity::kError) ++errors_;
  if (diagnostics_.size() < kKept) diagnostics_.push_back(std::move(d));
}

std::vector<Diagnostic> Sink::Sorted() const {
  std::vector<Diagnostic> sorted = diagnostics_;
  std::ranges::stable_sort(sorted, {}, Place);
  const auto repeats = std::ranges::unique(sorted, {}, Place);
  sorted.erase(repeats.begin(), repeats.end());
  if (sorted.size() > limits::kDiagnostics) sorted.resize(limits::kDiagnostics);
  return sorted;
}

Nearest FindNearest(std::string_view name, const std::vector<std::string_view>& candidates) {
  if (name.size() > limits::kNameBytes) return {};
  Nearest nearest;
  size_t best = std::max<size_t>(name.size() / 3, name.size() > 1 ? 1 : 0) + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > limits::kNameBytes || candidate.empty()) continue;
    const size_t distance = EditDistance(name, candidate);
    if (distance < best) {
      best = distance;
      nearest = {.name = candidate, .only = true};
    } else if (distance == best && candidate != nearest.name) {
      nearest.only = false;
    }
  }
  return nearest;
}

std::string_view NearestName(std::string_view name,
                             const std::vector<std::string_view>& candidates) {
  return FindNearest(name, candidates).name;
}

}  // namespace cap::diag
