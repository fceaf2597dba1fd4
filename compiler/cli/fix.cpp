#include "compiler/cli/fix.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

namespace fs = std::filesystem;

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

/// A reader of `path` sees the old text or the new one, whenever the machine stops.
Result<void> Replace(const std::string& path, std::string_view text) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);  // the file, not the link to it
  struct stat old {};
  if (error || stat(real.c_str(), &old) != 0) {
    return Fail("not-writable", fmt::format("cannot write `{}`", path));
  }
  std::string temporary = real.string() + ".XXXXXX";
  const int file = mkstemp(temporary.data());
  if (file < 0) return Fail("not-writable", fmt::format("cannot write beside `{}`", path));
  bool good = WriteAll(file, text) && fchmod(file, old.st_mode & 07777) == 0 && fsync(file) == 0;
  good = close(file) == 0 && good;
  good = good && std::rename(temporary.c_str(), real.c_str()) == 0;
  if (good) return {};
  unlink(temporary.c_str());
  return Fail("not-writable", fmt::format("cannot write `{}`", path));
}

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
  const Result<std::string> now = ReadSource(path, limits::kSourceBytes);
  if (!now.has_value() || *now != compilation.sources.file(kUsersFile).text) {
    return Fail("fix-changed", fmt::format("`{}` was changed meanwhile; it is as it was", path));
  }
  const Result<void> written = Replace(path, fixed.text);
  if (!written.has_value()) return std::unexpected(written.error());
  return FixedFile{std::move(after), std::move(fixed.applied)};
}

std::string Told(const diag::Applied& applied, const std::string& path, const SourceMap& before) {
  const LineColumn at = before.Locate(applied.fix.span.file, applied.fix.span.begin);
  const std::string_view put = applied.fix.text;
  const size_t first = std::min(put.find_first_not_of(" \n"), put.size());
  const std::string what =
      applied.before.empty()
          ? fmt::format("`{}` is added", put.substr(first))
          : fmt::format("`{}` is now `{}`", applied.before, put);
  return OneLine(fmt::format("fixed {} at {}:{}:{}: {}", diag::IdOf(applied.code), path, at.line,
                             at.column, what));
}

}  // namespace cap::cli
