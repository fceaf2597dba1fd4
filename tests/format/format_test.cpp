// The layout: golden pairs, and what must not happen.
#include "compiler/format/format.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "compiler/format/diff.h"
#include "compiler/format/layout.h"
#include "tests/support/format_laws.h"

namespace {

namespace fs = std::filesystem;
using cap::format::LayOut;
using cap::format::Piece;
using cap::format::PieceKind;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> FilesBelow(const std::string& folder, const std::string& ending) {
  std::vector<fs::path> files;
  const fs::path root = fs::path(CAPC_SOURCE_DIR) / folder;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().string().ends_with(ending)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::string Formatted(const std::string& text) {
  const cap::test::Formatted result = cap::test::CheckFormat(text);
  CHECK(result.problem == "");
  CHECK(result.accepted);
  return result.text;
}

std::string LongestLine(const std::string& text) {
  std::string longest;
  std::string line;
  for (const char c : text) {
    if (c != '\n') {
      line += c;
      continue;
    }
    if (line.size() > longest.size()) longest = line;
    line.clear();
  }
  return longest;
}

}  // namespace

TEST_CASE("golden pairs") {
  const std::vector<fs::path> inputs = FilesBelow("tests/golden/format", ".in.cap");
  CHECK(inputs.size() >= 5);
  for (const fs::path& input : inputs) {
    std::string output = input.string();
    output.replace(output.size() - 7, 7, ".out.cap");
    CHECK_MESSAGE(Formatted(Read(input)) == Read(output), output);
  }
}

TEST_CASE("what ships is in the one layout") {
  size_t files = 0;
  for (const char* folder : {"policies", "stdlib", "tests/bench"}) {
    for (const fs::path& path : FilesBelow(folder, ".cap")) {
      ++files;
      CHECK_MESSAGE(Formatted(Read(path)) == Read(path), path.string());
    }
  }
  CHECK(files >= 30);
}

TEST_CASE("a file with an error is left alone, and the error is said") {
  for (const std::string text :
       {"", " \n", "// only this", "module m\npolicy {", "module m\nrecord R { a: 5USD }",
        "module m // \x01", "module m\naction a && {}"}) {
    cap::SourceMap sources;
    cap::diag::Sink sink;
    const cap::FileId file = sources.Add("m.cap", text);
    CHECK(!cap::format::Format(sources, file, sink));
    CHECK(sink.errors() > 0);
  }
}

TEST_CASE("a file of one line, line ends of two bytes, a byte order mark") {
  CHECK(Formatted("\n\n  module m") == "module m\n");
  CHECK(Formatted("\xEF\xBB\xBFmodule m\r\n\r\n\r\naction a {}\r\n") ==
        "module m\n\naction a {}\n");
}

TEST_CASE("no line is longer than it must be, however deep it nests") {
  std::string text = "module m\npolicy p { capability a { require ";
  for (int i = 0; i < 60; ++i) text += "(alpha and ";
  text += "omega";
  for (int i = 0; i < 60; ++i) text += " or beta)";
  const std::string formatted = Formatted(text + " } }");
  CHECK(formatted.size() < 30'000);
  std::string list = "module m\npolicy p { capability a { f(\"" + std::string(4000, 'x') + "\", [";
  for (int i = 0; i < 2000; ++i) list += "1111, ";
  CHECK(Formatted(list + "1]) } }").size() < 30'000);
  CHECK(LongestLine(Formatted("module m\naction a { " +
                              [] {
                                std::string fields;
                                for (int i = 0; i < 100; ++i)
                                  fields += "argument_" + std::to_string(i) + ": int ";
                                return fields;
                              }() +
                              "}"))
            .size() <= cap::format::kWidth);
}

TEST_CASE("a group that fits stays on its line, to the column") {
  for (const size_t extra : {size_t{0}, size_t{1}}) {
    const size_t width = cap::format::kWidth - 3 + extra;
    const std::vector<Piece> pieces = {{.kind = PieceKind::kBegin, .nest = 2},
                                       {.text = std::string(width, 'x')},
                                       {.kind = PieceKind::kBreak, .blanks = 1},
                                       {.text = "y"},
                                       {.kind = PieceKind::kEnd},
                                       {.text = ","}};
    CHECK(LayOut(pieces) == std::string(width, 'x') + (extra == 0 ? " y," : "\n  y,"));
  }
}

TEST_CASE("a difference as patch reads it") {
  using cap::format::UnifiedDiff;
  CHECK(UnifiedDiff("f", "a\n", "a\n") == "");
  CHECK(UnifiedDiff("f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\nten\n") ==
        "--- f\n+++ f\n@@ -2,8 +2,9 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n+ten\n");
  CHECK(UnifiedDiff("f", "", "a\nb") ==
        "--- f\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n");
  std::string before;
  std::string after;
  for (int i = 0; i < 5000; ++i) {
    before += "b" + std::to_string(i) + "\n";
    after += "a" + std::to_string(i) + "\n";
  }
  CHECK(UnifiedDiff("f", before, after).starts_with("--- f\n+++ f\n@@ -1,5000 +1,5000 @@\n-b0\n"));
}
