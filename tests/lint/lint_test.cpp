// What lint finds, where, and what it does not.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "compiler/lint/lint.h"

namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Case {
  std::string wanted;  // "12:3 CAP1022, …"
  std::string text;
};

/// A section: its first line names the codes, the marks say where.
Case CaseOf(std::string section) {
  const size_t line_end = section.find('\n');
  std::string codes = section.substr(0, line_end);
  section.erase(0, line_end + 1);
  Case result;
  const std::string mark = "«»";
  uint32_t line = 1;
  uint32_t column = 1;
  for (size_t i = 0; i < section.size(); ++i) {
    if (section.compare(i, mark.size(), mark) == 0) {
      if (!result.wanted.empty()) result.wanted += ", ";
      result.wanted += std::to_string(line) + ":" + std::to_string(column);
      i += mark.size() - 1;
      continue;
    }
    result.text += section[i];
    column = section[i] == '\n' ? 1 : column + 1;
    if (section[i] == '\n') ++line;
  }
  result.wanted += " | " + codes;
  return result;
}

std::string Found(const cap::Compilation& compilation) {
  std::string places;
  std::string codes;
  for (const cap::diag::Diagnostic& d : cap::lint::Lint(compilation)) {
    const cap::LineColumn at = compilation.sources.Locate(d.span.file, d.span.begin);
    if (!places.empty()) places += ", ";
    places += std::to_string(at.line) + ":" + std::to_string(at.column);
    codes += " " + cap::diag::IdOf(d.code);
  }
  return places + " |" + (codes.empty() ? " none" : codes);
}

cap::Compilation Compiled(const fs::path& path) {
  return cap::Compile({path.string(), Read(path)}, cap::OptionsFor(path.string()));
}

}  // namespace

TEST_CASE("each case, at its place") {
  const fs::path folder = fs::path(CAPC_SOURCE_DIR) / "tests/lint";
  const std::string text = Read(folder / "cases.cap") + Read(folder / "limit_cases.cap");
  const std::string head = "//=== ";
  size_t cases = 0;
  for (size_t at = text.find(head); at != text.npos;) {
    const size_t next = text.find(head, at + 1);
    const Case each = CaseOf(text.substr(at + head.size(), next - at - head.size()));
    const cap::Compilation compilation = cap::Compile({"case.cap", each.text});
    CHECK_MESSAGE(compilation.errors == 0, each.text);
    for (const cap::diag::Diagnostic& d : compilation.diagnostics) MESSAGE(d.message);
    CHECK_MESSAGE(Found(compilation) == each.wanted, each.text);
    ++cases;
    at = next;
  }
  CHECK(cases >= 20);
}

TEST_CASE("what ships has no finding that it does not give a reason for") {
  size_t files = 0;
  for (const char* folder : {"policies", "stdlib"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(CAPC_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".cap") continue;
      ++files;
      const cap::Compilation compilation = Compiled(entry.path());
      CHECK_MESSAGE(Found(compilation) == " | none", entry.path().string());
    }
  }
  CHECK(files >= 10);
}

TEST_CASE("a policy with errors has no findings") {
  const cap::Compilation compilation =
      cap::Compile({"m.cap", "module m\npolicy p { capability a }"});
  CHECK(compilation.errors > 0);
  CHECK(cap::lint::Lint(compilation).empty());
}
