// A diagnostic: code, message, place, help. Every code is declared once, in codes.def; the emitter
// formats the message from the arguments. Rendering is in render_text and render_json.
#pragma once

#include <string>
#include <vector>

#include "compiler/source/source_map.h"

namespace cap::diag {

enum class Severity : uint8_t { kError, kWarning };

// CODE(number, name, severity, title): DiagCode::kNoSuchArgument prints as CAP0301.
enum class Code : uint16_t {
#define CODE(number, name, severity, title) name = number,
#include "compiler/diag/codes.def"
#undef CODE
};

Severity SeverityOf(Code code);
std::string_view TitleOf(Code code);    // one line, for lists and pages
std::string IdOf(Code code);            // "CAP0301"
const std::vector<Code>& AllCodes();    // by number

struct Label {  // a second place: "first declared here"
  SourceSpan span;
  std::string text;
};

/// What the author surely meant, for a machine to put in place. An empty span is an insertion.
struct Fix {
  SourceSpan span;
  std::string text;
  bool operator==(const Fix&) const = default;
};

struct Diagnostic {
  Code code{};
  SourceSpan span;
  std::string message;        // "no argument `amonut` on action `process_refund`"
  std::string label;          // under the carets: "not declared"
  std::vector<Label> notes;
  std::string help;           // "did you mean `amount`?"; empty = none
  std::vector<Fix> fixes = {};  // the help as replacements; each alone mends what is wrong
  bool denied = false;          // a warning that whoever runs the tool takes for an error
};

Severity SeverityOf(const Diagnostic& d);

/// Collects the diagnostics of one run; of equal codes at one span the first is kept.
class Sink {
 public:
  void Add(Diagnostic d);
  bool HasErrors() const { return errors_ > 0; }
  size_t errors() const { return errors_; }
  /// Sorted by file, offset, code; at most limits::kDiagnostics of them.
  std::vector<Diagnostic> Sorted() const;

 private:
  std::vector<Diagnostic> diagnostics_;
  size_t errors_ = 0;
};

struct Nearest {
  std::string_view name;  // empty: none is near
  bool only = false;      // no other is as near: surely what was meant
};
/// As NearestName, and whether there is a choice.
Nearest FindNearest(std::string_view name, const std::vector<std::string_view>& candidates);

/// The nearest of `candidates` by edit distance (at most a third of its length), or empty.
std::string_view NearestName(std::string_view name,
                             const std::vector<std::string_view>& candidates);

}  // namespace cap::diag
