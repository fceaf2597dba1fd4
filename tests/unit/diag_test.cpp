// Diagnostics for machines: which fixes are applied, and what SARIF makes of names of files.
#include <doctest/doctest.h>

#include "compiler/diag/apply_fixes.h"
#include "compiler/diag/json_text.h"
#include "compiler/diag/render_sarif.h"
#include "compiler/diag/render_text.h"

namespace cap::diag {
namespace {

struct Text {
  explicit Text(std::string text) { sources.Add("x.cap", std::move(text)); }

  void Add(uint32_t begin, uint32_t end, std::vector<std::string> texts) {
    Diagnostic d{.code = Code::kNoSuchArgument, .span = {}, .message = {}, .label = {},
                 .notes = {}, .help = {}};
    for (std::string& text : texts) d.fixes.push_back({{{}, begin, end}, std::move(text)});
    diagnostics.push_back(std::move(d));
  }
  std::string Fixed() const { return ApplyFixes(diagnostics, sources, FileId{}).text; }

  SourceMap sources;
  std::vector<Diagnostic> diagnostics;
};

TEST_CASE("fixes of one text are applied together, wherever they stand") {
  Text text("one two three");
  text.Add(8, 13, {"3"});
  text.Add(0, 3, {"first"});
  text.Add(3, 3, {","});
  CHECK(text.Fixed() == "first, two 3");
  CHECK(ApplyFixes(text.diagnostics, text.sources, FileId{}).applied[0].before == "one");
}

TEST_CASE("a choice, and fixes that touch each other, are left to a person") {
  Text choice("one two");
  choice.Add(0, 3, {"1", "uno"});
  CHECK(choice.Fixed() == "one two");
  Text touching("one two");
  touching.Add(0, 5, {"1"});
  touching.Add(4, 7, {"2"});
  touching.Add(7, 7, {"!"});
  CHECK(touching.Fixed() == "one two!");
  Text insertions("one");
  insertions.Add(3, 3, {" two"});
  insertions.Add(3, 3, {" three"});
  CHECK(insertions.Fixed() == "one");
}

TEST_CASE("a person reads of a fix once: in the help, or after it") {
  Text text("amount <= 500");
  Diagnostic d{.code = Code::kNotComparable, .span = {{}, 0, 13}, .message = {}, .label = {},
               .notes = {}, .help = "an amount has a currency"};
  d.fixes = {{{{}, 13, 13}, " USD"}};
  CHECK(RenderText(d, text.sources, false).ends_with(
      " help: an amount has a currency\n fix: add `USD`\n"));
  d.fixes = {{{{}, 10, 13}, "5"}};
  CHECK(RenderText(d, text.sources, false).ends_with(" fix: write `5`\n"));
  d.help = "did you mean `5`?";
  CHECK(RenderText(d, text.sources, false).ends_with(" help: did you mean `5`?\n"));
}

TEST_CASE("the same fix of two diagnostics is applied once") {
  Text text("module m");
  text.Add(8, 8, {"\nimport std.data"});
  text.Add(8, 8, {"\nimport std.data"});
  CHECK(text.Fixed() == "module m\nimport std.data");
}

TEST_CASE("of two names that are as near none is surely meant") {
  CHECK(FindNearest("max", {"max1", "max2"}).name == "max1");
  CHECK_FALSE(FindNearest("max", {"max1", "max2"}).only);
  CHECK(FindNearest("amonut", {"amount", "note"}).only);
  CHECK(FindNearest("amonut", {"amount", "amount"}).only);
}

TEST_CASE("paths as URIs, texts as JSON") {
  CHECK(UriOf("a b/ü%.cap") == "a%20b/%C3%BC%25.cap");
  CHECK(UriOf("/tmp/x.cap") == "file:///tmp/x.cap");
  CHECK(UriOf("c:x.cap") == "c%3Ax.cap");
  CHECK(JsonQuote("a\n\"\x1b\xff") == "\"a\\n\\\"\\u001b\\ufffd\"");
}

}  // namespace
}  // namespace cap::diag
