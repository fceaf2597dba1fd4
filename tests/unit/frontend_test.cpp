// The front end: text to tree, and every error in words, at its place, once.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>

#include "compiler/ast/dump.h"
#include "compiler/diag/render_json.h"
#include "compiler/diag/render_text.h"
#include "compiler/parse/parse.h"
#include "runtime/base/limits.h"

namespace {

using cap::diag::Diagnostic;

struct Parsed {
  cap::SourceMap sources;
  cap::ast::Module module;
  std::vector<Diagnostic> diagnostics;

  std::string Dump() const { return cap::ast::Dump(module); }
  /// "3: CAP0103 message" for each diagnostic.
  std::vector<std::string> Errors() const {
    std::vector<std::string> errors;
    for (const Diagnostic& d : diagnostics) {
      const uint32_t line = sources.Locate(d.span.file, d.span.begin).line;
      errors.push_back(std::to_string(line) + ": " + cap::diag::IdOf(d.code) + " " + d.message);
    }
    return errors;
  }
};

Parsed Parse(std::string text) {
  Parsed parsed;
  cap::diag::Sink sink;
  const cap::FileId file = parsed.sources.Add("test.cap", std::move(text));
  parsed.module = cap::parse::Parse(parsed.sources, file, sink);
  parsed.diagnostics = sink.Sorted();
  return parsed;
}

std::string ReadUnit(const std::string& name) {
  const std::string path = std::string(CAPC_SOURCE_DIR) + "/tests/unit/" + name;
  return cap::ReadSource(path, cap::limits::kSourceBytes).value_or("");
}

/// The dump of `require EXPRESSION`, or the first error.
std::string Expression(const std::string& text) {
  const Parsed parsed = Parse("module m\npolicy p { capability a { require " + text + " } }");
  if (!parsed.diagnostics.empty()) return parsed.diagnostics[0].message;
  const std::string dump = parsed.Dump();
  const size_t begin = dump.find("require ") + 8;
  return dump.substr(begin, dump.find('\n', begin) - begin);
}

std::string Nested(const std::string& open, size_t times) {
  std::string text = "module m\npolicy p { capability a { require ";
  for (size_t i = 0; i < times; ++i) text += open;
  return text;
}

void CheckOne(const Parsed& parsed, const std::string& error) {
  REQUIRE(parsed.diagnostics.size() == 1);
  CHECK(parsed.Errors()[0] == error);
}

}  // namespace

TEST_CASE("precedence: or, and, not, relations, sums, products, minus, members") {
  CHECK(Expression("a or b and not c == d + e * -f.g") ==
        "(a or (b and (not (c == (d + (e * (-f.g)))))))");
  CHECK(Expression("a - b - c") == "((a - b) - c)");
  CHECK(Expression("a ++ b + c") == "((a ++ b) + c)");
  CHECK(Expression("not a in b") == "(not (a in b))");
  CHECK(Expression("(a or b) and c") == "((a or b) and c)");
  CHECK(Expression("x.y is absent and z") == "((x.y is absent) and z)");
}

TEST_CASE("literals") {
  CHECK(Expression("500.00 USD") == "500.00 USD");
  CHECK(Expression("8h") == "28800000000 us");
  CHECK(Expression("-9223372036854775808") == "-9223372036854775808");
  CHECK(Expression("9223372036854775807") == "9223372036854775807");
  CHECK(Expression(R"("a\"\\\u{e9}{b}{{c}}")") == "\"a\\\"\\\\é{b}{{c}}\"");
}

TEST_CASE("a literal that was reported has no value") {
  for (const std::string text : {"500USD", "99999999999999999999", "\"a\\q\"", "\"a"}) {
    const Parsed parsed =
        Parse("module m\npolicy p { capability a { require x == " + text + "\n} }");
    CHECK(parsed.Errors().size() == 1);
    CHECK(parsed.Dump().find("require (x == <error>)") != std::string::npos);
  }
}

TEST_CASE("soft words are names, back-quotes make names of the others") {
  for (const std::string word : {"policy", "count", "after", "hold", "stepup", "data", "limit",
                                 "matches", "under", "null", "max", "sum", "by", "resource"}) {
    CHECK(Expression(word + " == order." + word) == "(" + word + " == order." + word + ")");
    CHECK(Parse("module m\nrecord R { " + word + ": string " + word + "2: int }").Errors().empty());
  }
  CHECK(Expression("`when` == 1") == "(when == 1)");
}

TEST_CASE("the examples of the language reach the tree") {
  const Parsed parsed = Parse(ReadUnit("frontend_now.cap"));
  CHECK(parsed.Errors() == std::vector<std::string>{});
  const std::string dump = parsed.Dump();
  for (const std::string line :
       {"fact order: Order for order_id, digest(body) by crm within 30000000 us",
        "resource each r in everyone \"email://{r.domain}/{r}\"",
        "capability refunds: process_refund on \"order://customer:{{customer_id}}/*\" "
        "on \"order://x\"",
        "constraint requireApproval(by: manager) when (amount > 100.00 USD)",
        "constraint maxRecipients(5) of everyone when true",
        "doc \"At most `limit` in one call.\\u{a}Two lines of documentation.\"",
        "forbid send_email, plain on \"email://**\" unless approved by user when (rows > 3)",
        "forbid *", "expires after 28800000000 us", "of amount: money",
        "limit everything on *", "consume 1 of 10 in 60000000 us per body",
        "consume 1 of rate(quota, burst: 5) per per",
        "hold 2 of gauge(3, expires: 600000000 us, on_store_error: \"permit\") per [subject, per]",
        "circuit_breaker", "constraint suspendDuration(1800000000 us)",
        "require after confirm(key: id) within 3600000000 us",
        "require (not after send(body: body) within 30000000 us)"}) {
    CHECK_MESSAGE(dump.find(line + "\n") != std::string::npos, line);
  }
}

TEST_CASE("what the language will have later is named, each on its line") {
  const std::string text = ReadUnit("frontend_later.cap");
  std::multiset<std::string> wanted;
  uint32_t line = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') ++line;
    if (text.compare(i, 4, "//~ ") != 0) continue;
    for (size_t at = i + 4; text[at - 1] != '\n'; at += 8) {
      wanted.insert(std::to_string(line) + ": " + text.substr(at, 7));
    }
  }
  std::multiset<std::string> got;
  for (const std::string& error : Parse(text).Errors()) {
    got.insert(error.substr(0, error.find(' ', error.find(' ') + 1)));
  }
  CHECK(got == wanted);
  CHECK(wanted.size() >= 2);
}

TEST_CASE("every alternative of the grammar is taken by the corpus") {
  cap::parse::RecordAlternatives();
  Parse(ReadUnit("frontend_now.cap"));
  Parse(ReadUnit("frontend_later.cap"));
  const std::vector<std::string> taken = cap::parse::AlternativesTaken();
  const std::vector<std::string> all = cap::parse::AllAlternatives();
  CHECK(all.size() > 100);
  for (const std::string& alternative : all) {
    CHECK_MESSAGE(std::ranges::binary_search(taken, alternative), alternative);
  }
}

TEST_CASE("independent errors are each reported once, on their lines") {
  const Parsed parsed = Parse(R"(module m
record Order { owner string }
action a id: string
  fact order Order for id }
policy p {
  version 2.0
  expires 8h
  capabilty a on "x" { require y }
  capability a on "x" {
    columns(["a"]
    require rows = 20
    require 1 < 2 < 3
    require not
    require name.contains("x")
    require a && b;
    maxAmount(500USD)
  }
  forbid a when x unless approved by y
}
)");
  const std::vector<std::string> wanted = {
      "2: CAP0103 expected `:` after `owner`",
      "3: CAP0103 expected `{` after the action's name",
      "4: CAP0103 expected `:` after the fact's name",
      "6: CAP0103 expected a string in double quotes after `version`",
      "7: CAP0103 expected `after` after `expires`",
      "8: CAP0103 expected `capability`, `forbid`, another statement of the policy, or `}`, "
      "found `capabilty`",
      "10: CAP0103 expected `)` or `,` after `]`",
      "11: CAP0103 expected `require`, a constraint, another statement, or `}`, found `=`",
      "12: CAP0109 comparisons do not chain",
      "13: CAP0103 expected an expression after `not`",
      "14: CAP0103 expected `require`, a constraint, another statement, or `}`, found `(`",
      "15: CAP0106 `&&` is not an operator of Cap",
      "16: CAP0104 `500USD` is neither a number nor a duration",
      "18: CAP0103 expected `capability`, `forbid`, another statement of the policy, or `}`, "
      "found `unless`"};
  const std::vector<std::string> got = parsed.Errors();
  REQUIRE(got.size() == wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) CHECK(got[i] == wanted[i]);
  CHECK(parsed.diagnostics[5].help == "did you mean `capability`?");
}

TEST_CASE("a body that is not closed is pointed at, and the next declaration is read") {
  const Parsed parsed = Parse("module m\nrecord R {\n  x: int\n\npolicy p {\n  version \"1\"\n}\n");
  CheckOne(parsed, "3: CAP0103 a body is not closed by `}`");
  REQUIRE(parsed.diagnostics[0].notes.size() == 1);
  CHECK(parsed.diagnostics[0].notes[0].span.begin == 18);
  CHECK(parsed.Dump().find("policy p") != std::string::npos);
}

TEST_CASE("misplaced statements are told apart from syntax errors") {
  CheckOne(Parse("module m\npolicy p { capability a { deny \"x\" } }"),
           "2: CAP0110 `deny` may stand only in a constraint");
  CheckOne(Parse("module m\nconstraint c { maxRows(5) }"),
           "2: CAP0110 a constraint may not stand in a constraint");
  CheckOne(Parse("module m\nrecord R { x: int }\nimport std.money"),
           "3: CAP0110 an `import` stands before the declarations");
  CheckOne(Parse("module m\npolicy p {\n version \"1\"\n version \"2\" }"),
           "4: CAP0110 a policy has one `version`");
}

TEST_CASE("hostile texts get one clean diagnostic") {
  CheckOne(Parse(""), "1: CAP0103 expected `module`, found the end of the file");
  CheckOne(Parse("module m\n\"\xff\""), "2: CAP0101 the byte 0xFF is not UTF-8");
  CheckOne(Parse("module m\n\"\xed\xa0\x80\""), "2: CAP0101 the byte 0xED is not UTF-8");
  CheckOne(Parse(std::string("module m\n\0", 10)), "2: CAP0102 a NUL byte in the source");
  CheckOne(Parse("module m\n// \u202e x"),
           "2: CAP0102 the invisible character U+202E in the source");
  CheckOne(Parse("module m\rpolicy"),
           "1: CAP0102 a carriage return without a line feed in the source");
  CheckOne(Parse("module m\npolicy p { version \"abc }\n}"),
           "2: CAP0105 the string has no closing quote");
  CheckOne(Parse(std::string(cap::limits::kSourceBytes + 1, ' ')),
           "1: CAP0108 the file has 4194305 bytes; the limit is 4194304");
  CheckOne(Parse("module m\n" + std::string(1'000'000, ',')),
           "2: CAP0108 the file has more than 400000 tokens");
  CheckOne(Parse("module " + std::string(129, 'x')),
           "1: CAP0104 a name has at most 128 bytes; this one has 129");
  CHECK(Parse("\xEF\xBB\xBFmodule m\r\nrecord R {\r\n x: int\r\n}\r\n").Errors().empty());
  CHECK(Expression("a == 99999999999999999999") ==
        "`99999999999999999999` does not fit into 64 bits");
  CHECK(Expression("9223372036854775808") == "`9223372036854775808` does not fit into 64 bits");
  CHECK(Expression("a < 99999999999999w") == "`99999999999999w` does not fit into 64 bits");
  CHECK(Expression("a == \"x\\q\"") == "no such escape in a string: `\\q`");
}

TEST_CASE("nesting is bounded before anything recurses") {
  for (const std::string open : {"(", "[", "f(", "not ", "-", "a or ", "a +\n", "a == b and ",
                                 "any(x in ", "if a then ", "a.", "x in "}) {
    const Parsed parsed = Parse(Nested(open, 60'000));
    REQUIRE(parsed.diagnostics.size() == 1);
    CHECK(cap::diag::IdOf(parsed.diagnostics[0].code) == "CAP0107");
  }
  for (const std::string type : {"set<", "{ a: "}) {
    std::string text = "module m\nrecord R { a: ";
    for (int i = 0; i < 100'000; ++i) text += type;
    CHECK(cap::diag::IdOf(Parse(text).diagnostics[0].code) == "CAP0107");
  }
  const std::string deep(190, '(');
  CHECK(Expression(deep + "a" + std::string(190, ')')) == "a");
}

TEST_CASE("many short statements are not mistaken for a deep one") {
  std::string text = "module m\nrecord R {";
  for (int i = 0; i < 500; ++i) text += " f" + std::to_string(i) + ": set<string>";
  text += " }\npolicy p { capability a {";
  for (int i = 0; i < 500; ++i) text += " require a.b == 1 or c maxRows(5) of x ++ y when z < 2";
  CHECK(Parse(text + "} }").Errors().empty());
}

TEST_CASE("the parser never prints") {
  std::FILE* const capture = std::tmpfile();
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(::fileno(capture), STDERR_FILENO);
  Parse("module m\npolicy p { } } } ' $ ~ \" \nrecord 5");
  Parse(Nested("(", 150));
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  CHECK(::lseek(::fileno(capture), 0, SEEK_END) == 0);
  std::fclose(capture);
}

TEST_CASE("a diagnostic as text") {
  cap::SourceMap sources;
  const std::string text = "a\nb\n\tné \"日本\" amonut <= 3\n";
  const cap::FileId file = sources.Add("dir/x.cap", text);
  const auto begin = static_cast<uint32_t>(text.find("amonut"));
  Diagnostic d{
      cap::diag::Code::kNoSuchArgument,  {file, begin, begin + 6}, "no `amonut`", "not declared",
      {{{file, 2, 3}, "declared here"}}, "did you mean `amount`?"};
  CHECK(cap::diag::RenderText(d, sources, false) ==
        "error[CAP0301]: no `amonut`\n"
        " --> dir/x.cap:3:15\n"
        "  |\n"
        "3 |     né \"日本\" amonut <= 3\n"
        "  |               ^^^^^^ not declared\n"
        "  |\n"
        " note: declared here\n"
        " --> dir/x.cap:2:1\n"
        "  |\n"
        "2 | b\n"
        "  | ^\n"
        "  |\n"
        " help: did you mean `amount`?\n");
  CHECK(cap::diag::RenderText(d, sources, true).find("\033[1;31m^^^^^^") != std::string::npos);
  d.notes.clear();
  CHECK(cap::diag::RenderJson(d, sources) ==
        R"({"code":"CAP0301","severity":"error","message":"no `amonut`","file":"dir/x.cap",)"
        R"("line":3,"column":15,"length":6,"end_line":3,"end_column":21,"begin":18,"end":24,)"
        R"("label":"not declared","notes":[],"help":"did you mean `amount`?","fixes":[]})"
        "\n");
}

TEST_CASE("a source cannot drive the terminal") {
  cap::SourceMap sources;
  const cap::FileId file = sources.Add("x\033[2J.cap", "\033[31m\xff evil");
  const Diagnostic d{cap::diag::Code::kSyntax, {file, 0, 1}, "say \033]0;x\007 \"q\"", "", {}, ""};
  CHECK(cap::diag::RenderText(d, sources, false).find('\033') == std::string::npos);
  CHECK(cap::diag::RenderJson(d, sources).find("\\u001b]0;x\\u0007 \\\"q\\\"") !=
        std::string::npos);
  const Diagnostic nowhere{cap::diag::Code::kSyntax, {cap::FileId{7}, 0, 1}, "lost", "", {}, ""};
  CHECK(cap::diag::RenderText(nowhere, sources, false) == "error[CAP0103]: lost\n");
}

TEST_CASE("diagnostics are sorted, and equal ones of a place are one") {
  cap::diag::Sink sink;
  sink.Add({cap::diag::Code::kSyntax, {cap::FileId{0}, 9, 10}, "late", "", {}, ""});
  sink.Add({cap::diag::Code::kSyntax, {cap::FileId{0}, 1, 2}, "early", "", {}, ""});
  sink.Add({cap::diag::Code::kSyntax, {cap::FileId{0}, 9, 10}, "again", "", {}, ""});
  const std::vector<Diagnostic> sorted = sink.Sorted();
  REQUIRE(sorted.size() == 2);
  CHECK(sorted[0].message == "early");
  CHECK(sorted[1].message == "late");
  for (uint32_t i = 0; i < 100'000; ++i) {
    sink.Add({cap::diag::Code::kSyntax, {cap::FileId{0}, 10 + i, 11 + i}, "x", "", {}, ""});
  }
  CHECK(sink.Sorted().size() == cap::limits::kDiagnostics);
  CHECK(sink.errors() == 100'003);
}

TEST_CASE("the nearest name is at most a third away") {
  using cap::diag::NearestName;
  CHECK(NearestName("amonut", {"account", "amount", "order"}) == "amount");
  CHECK(NearestName("capabilty", {"policy", "capability"}) == "capability");
  CHECK(NearestName("xyz", {"amount", "abc"}).empty());
  CHECK(NearestName("x", {"y"}).empty());
  CHECK(NearestName("ammount", {}).empty());
}

TEST_CASE("reading sources is bounded") {
  CHECK(cap::ReadSource("/nowhere/x.cap", 10).error().code == "source-not-found");
  CHECK(cap::ReadSource("/dev/zero", 1000).error().code == "source-too-large");
  CHECK(cap::ReadSource("/", 1000).error().code == "source-not-readable");
  CHECK(cap::ReadSource("/dev/null", 0).value() == "");
}
