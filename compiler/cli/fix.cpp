#include "compiler/cli/fix.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/cli/replace.h"
#include "compiler/source/source_map.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

/// Whether what each fix was for is reported less often than before.
bool Mends(const Compilation& before, const Compilation& after,
           const std::vector<diag::Applied>& applied) {
  return std::ranges::all_of(applied, [&](const diag::Applied& each) {
    const auto same = [&](const diag::Diagnostic& d) {
      return d.code == each.code && d.message == each.message;
    };
    return std::ranges::count_if(after.diagnostics, same) <
           std::ranges::count_if(before.diagnostics, same);
  });
}

}  // namespace

Result<FixedFile> FixFile(const std::string& path, Compilation compilation,
                          const std::function<Compilation(std::string)>& compile) {
  constexpr FileId kUsersFile{};
  diag::FixedText fixed =
      diag::ApplyFixes(compilation.diagnostics, compilation.sources, kUsersFile);
  if (fixed.applied.empty()) return FixedFile{std::move(compilation), {}};
  Compilation after = compile(fixed.text);
  if (!Mends(compilation, after, fixed.applied)) {
    return Fail("fix-useless", fmt::format("the fixes would not mend `{}`; it is as it was", path));
  }
  const Result<void> written =
      ReplaceFile(path, compilation.sources.file(kUsersFile).text, fixed.text);
  if (!written.has_value()) return std::unexpected(written.error());
  return FixedFile{std::move(after), std::move(fixed.applied)};
}

std::string Told(const diag::Applied& applied, const std::string& path, const SourceMap& before) {
  const LineColumn at = before.Locate(applied.fix.span.file, applied.fix.span.begin);
  const std::string_view put = applied.fix.text;
  const size_t first = std::min(put.find_first_not_of(" \n"), put.size());
  const std::string what = applied.before.empty()
                               ? fmt::format("`{}` is added", put.substr(first))
                               : fmt::format("`{}` is now `{}`", applied.before, put);
  return OneLine(fmt::format("fixed {} at {}:{}:{}: {}", diag::IdOf(applied.code), path, at.line,
                             at.column, what));
}

}  // namespace cap::cli
