// Compiling a text in a test, and comparing where diagnostics stand with marks in the text.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/compile.h"

namespace cap::test {

class Outcome {
 public:
  explicit Outcome(std::string source) : result_(Compile({"test.cap", std::move(source)})) {}

  /// The codes of all diagnostics, in order of their places: "CAP0301 CAP0402".
  std::string errors() const {
    std::string codes;
    for (const diag::Diagnostic& d : result_.diagnostics) {
      codes += (codes.empty() ? "" : " ") + diag::IdOf(d.code);
      MESSAGE(diag::IdOf(d.code), ": ", d.message);
    }
    return codes;
  }
  const Program& program() const {
    REQUIRE(result_.program != nullptr);
    return *result_.program;
  }
  const Compilation& result() const { return result_; }

 private:
  Compilation result_;
};

/// A module with « » around each place that a diagnostic is expected at.
struct Mistake {
  std::string code;    // of all its diagnostics; empty: any
  std::string source;  // without the marks
  struct Place {
    uint32_t begin;
    uint32_t end;
  };
  std::vector<Place> places;
};

inline Mistake Marked(std::string_view text, std::string code = {}) {
  constexpr std::string_view kOpen = "«";
  constexpr std::string_view kClose = "»";
  Mistake mistake{.code = std::move(code), .source = {}, .places = {}};
  for (size_t i = 0; i < text.size();) {
    const auto here = static_cast<uint32_t>(mistake.source.size());
    if (text.substr(i).starts_with(kOpen)) {
      mistake.places.push_back({here, here});
      i += kOpen.size();
    } else if (text.substr(i).starts_with(kClose)) {
      mistake.places.back().end = here;
      i += kClose.size();
    } else {
      mistake.source += text[i++];
    }
  }
  return mistake;
}

/// The cases of a file: `//=== CODE`, then a module.
inline std::vector<Mistake> ReadMistakes(const std::string& text) {
  constexpr std::string_view kHead = "//=== ";
  std::vector<Mistake> mistakes;
  size_t at = text.find(kHead);
  while (at != std::string::npos) {
    const size_t line = text.find('\n', at);
    const size_t next = text.find(kHead, line);
    const std::string code = text.substr(at + kHead.size(), line - at - kHead.size());
    mistakes.push_back(Marked(std::string_view(text).substr(line + 1, next - line - 1), code));
    at = next;
  }
  return mistakes;
}

inline void CheckMistakes(const Mistake& mistake) {
  const Compilation result = Compile({"test.cap", mistake.source});
  CHECK(result.program == nullptr);
  for (const diag::Diagnostic& d : result.diagnostics) {
    INFO(diag::IdOf(d.code), " ", d.message);
    if (!mistake.code.empty()) CHECK(diag::IdOf(d.code) == mistake.code);
    CHECK(d.span.file == FileId{0});
  }
  CHECK(result.diagnostics.size() == mistake.places.size());
  for (size_t i = 0; i < result.diagnostics.size() && i < mistake.places.size(); ++i) {
    const diag::Diagnostic& d = result.diagnostics[i];
    const Mistake::Place& place = mistake.places[i];
    INFO(diag::IdOf(d.code), " ", d.message);
    CHECK(mistake.source.substr(d.span.begin, d.span.end - d.span.begin) ==
          mistake.source.substr(place.begin, place.end - place.begin));
    CHECK(d.span.begin == place.begin);
  }
}

}  // namespace cap::test
