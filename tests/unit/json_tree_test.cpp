// The JSON reader against another one: what it accepts is what JSON is, less what two readers read
// differently.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>

#include "runtime/base/limits.h"
#include "runtime/frame/json_tree.h"

namespace cap {
namespace {

using std::string_view_literals::operator""sv;

std::string CodeOf(std::string_view json) {
  const Result<JsonTree> tree = JsonTree::Parse(json);
  return tree ? "ok" : tree.error().code;
}

TEST_CASE("numbers keep their text, strings are unescaped") {
  const auto parsed = JsonTree::Parse(
      R"({"n": 98.70 , "m":[ -0, 1e3,12345678901234567890123], "s":"a\u00e4\n\ud83d\ude00"})");
  const JsonTree& tree = parsed.value();
  CHECK(tree.Find(tree.root(), "n")->text == "98.70");
  const JsonNode* m = tree.Find(tree.root(), "m");
  REQUIRE(m->count == 3);
  CHECK(tree.First(*m)->text == "-0");
  CHECK(tree.Next(*tree.First(*m))->text == "1e3");
  CHECK(tree.Next(*tree.Next(*tree.First(*m)))->text == "12345678901234567890123");
  CHECK(tree.Find(tree.root(), "s")->text == "aä\n😀");
  CHECK(tree.Find(tree.root(), "x") == nullptr);
}

TEST_CASE("what is not strict JSON is refused") {
  for (const auto text :
       {""sv, " "sv, "{"sv, "}"sv, "{}}"sv, "{}{}"sv, "{} x"sv, "1"sv, "null"sv, "\"a\""sv,
        "{\"a\"}"sv, "{\"a\":}"sv, "{\"a\":1,}"sv, "{,}"sv, "{\"a\":1 \"b\":2}"sv, "[1,]"sv,
        "[1 2]"sv, "[,]"sv, "[01]"sv, "[+1]"sv, "[.5]"sv, "[5.]"sv, "[1e]"sv, "[-]"sv, "[0x1]"sv,
        "[NaN]"sv, "[Infinity]"sv, "[nul]"sv, "[nulll]"sv, "[truee]"sv, "[True]"sv, "['a']"sv,
        "{a:1}"sv, "{1:1}"sv, "[\"\t\"]"sv, "[\"a\nb\"]"sv, "[\"a]"sv, "[\"\\x\"]"sv,
        "[\"\\u12\"]"sv, "[\"\xff\"]"sv, "[\"\xc0\x80\"]"sv, "[\"\xed\xa0\x80\"]"sv,
        "\xef\xbb\xbf{}"sv, "{}\0"sv, "[\"\0\"]"sv, "[1]//x"sv, "/**/[]"sv, "{\"a\":[}"sv,
        "{\"a\":[1}]"sv, "[{]"sv, "[[1]"sv, "{\"a\":1"sv, "[\"\\ud800\"]"sv, "[\"\\udc00\"]"sv,
        "[\"\\ud800\\u0041\"]"sv, "[\"\\ud800\\ud800\"]"sv, "[\"\\udc00\\ud800\"]"sv,
        "{\"\\ud800\":1}"sv, "[\"\\ud800x\"]"sv}) {
    CAPTURE(text);
    CHECK(CodeOf(text) == "bad-json");
  }
}

TEST_CASE("a key stands once in its object, however it is written") {
  for (const auto text : {R"({"a":1,"a":1})"sv, R"({"a":1,"\u0061":2})"sv, R"([{"":1,"":2}])"sv,
                          R"({"x":{"b":1,"c":2,"b":3}})"sv, R"({"\/":1,"/":2})"sv}) {
    CAPTURE(text);
    CHECK(CodeOf(text) == "duplicate-key");
  }
  CHECK(CodeOf(R"({"a":{"a":1},"b":{"a":1},"A":1})") == "ok");
  std::string wide = "{";
  for (int i = 0; i < 20'000; ++i) wide += "\"k" + std::to_string(i) + "\":1,";
  CHECK(CodeOf(wide + "\"k\":1}") == "ok");
  CHECK(CodeOf(wide + "\"k77\":1}") == "duplicate-key");
}

TEST_CASE("depth and size are bounded") {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(CodeOf(nested(limits::kRequestDepth)) == "ok");
  CHECK(CodeOf(nested(limits::kRequestDepth + 1)) == "oversize");
  CHECK(CodeOf(nested(500'000)) == "oversize");
  CHECK(CodeOf(std::string(500'000, '[')) == "bad-json");
  CHECK(CodeOf("[" + std::string(limits::kRequestBytes, ' ') + "]") == "oversize");
}

/// Whether nlohmann's reader accepts the text, and every object's keys are unique.
bool OtherAccepts(const std::string& text) {
  std::vector<std::set<std::string>> open;
  bool unique = true;
  const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (event == nlohmann::json::parse_event_t::object_start) open.emplace_back();
    if (event == nlohmann::json::parse_event_t::object_end) open.pop_back();
    if (event == nlohmann::json::parse_event_t::key) {
      unique &= open.back().insert(parsed.get<std::string>()).second;
    }
    return true;
  };
  const auto json = nlohmann::json::parse(text, watch, false);
  return !json.is_discarded() && (json.is_object() || json.is_array()) && unique &&
         !text.starts_with("\xef\xbb\xbf");
}

TEST_CASE("two readers agree on 20,000 damaged texts") {
  const std::string_view seeds[] = {
      R"({"tool":"x","arguments":{"a":98.70,"b":[1,-2e5,"q\u00e4\\"],"c":null,"d":true}})",
      R"([{"k":"\ud83d\ude00","l":{"m":[false,{},[],""]}}, 0.5, "ä€😀", {"a":1,"b":2}])"};
  constexpr std::string_view kBytes = "{}[]:,\"\\ \n\t0123456789.-+eEutrfalsn\x01\x80\xff/abcdu";
  std::mt19937 random(20'260'331);
  const auto below = [&](size_t n) { return random() % n; };
  size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text(seeds[below(2)]);
    for (size_t edits = below(3); edits > 0 && !text.empty(); --edits) {
      const size_t at = below(text.size());
      switch (below(4)) {
        case 0: text[at] = kBytes[below(kBytes.size())]; break;
        case 1: text.erase(at, 1 + below(3)); break;
        case 2: text.insert(at, 1, kBytes[below(kBytes.size())]); break;
        case 3: text.insert(at, text.substr(below(text.size()), below(12))); break;
      }
    }
    CAPTURE(text);
    const bool ours = CodeOf(text) == "ok";
    REQUIRE(ours == OtherAccepts(text));
    accepted += ours ? 1 : 0;
  }
  CHECK(accepted > 3'000);
  CHECK(accepted < 17'000);
}

}  // namespace
}  // namespace cap
