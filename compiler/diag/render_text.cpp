#include "compiler/diag/render_text.h"

#include <algorithm>

#include "compiler/diag/printable.h"

namespace cap::diag {

namespace {

constexpr uint32_t kTabColumns = 4;
// A line longer than this is shown only around the span.
constexpr size_t kShownBytes = 160;
constexpr size_t kShownBefore = 60;

struct Palette {
  std::string_view strong, bad, note, off;
};
constexpr Palette kPlain{"", "", "", ""};
constexpr Palette kColour{"\033[1m", "\033[1;31m", "\033[1;34m", "\033[0m"};
constexpr Palette kWarning{"\033[1m", "\033[1;33m", "\033[1;34m", "\033[0m"};

struct Shown {  // a source line as a terminal shows it, and where the carets go
  std::string text;
  uint32_t before = 0;  // columns in front of the first caret
  uint32_t carets = 1;
};

bool InMap(const SourceSpan& span, const SourceMap& sources) {
  return static_cast<uint32_t>(span.file) < sources.size();
}

/// The part of `line` worth showing: all of it, or a window around the span.
std::string_view Window(std::string_view line, size_t begin, size_t* cut) {
  *cut = 0;
  if (line.size() <= kShownBytes) return line;
  size_t from = begin > kShownBefore ? begin - kShownBefore : 0;
  while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xC0) == 0x80) --from;
  *cut = from;
  return line.substr(from, kShownBytes);
}

Shown Show(std::string_view whole, size_t begin, size_t length) {
  size_t cut = 0;
  const std::string_view line = Window(whole, std::min(begin, whole.size()), &cut);
  const size_t first = std::min(begin, whole.size()) - cut;
  const size_t last = std::min(first + length, line.size());
  Shown shown;
  uint32_t column = 0;
  if (cut > 0) {
    shown.text = "…";
    column = 1;
  }
  uint32_t end_column = 0;
  shown.before = column;
  for (size_t i = 0; i < line.size();) {
    const Character c = ReadCharacter(line, i);
    if (i <= first) shown.before = column;
    if (line[i] == '\t') {
      shown.text.append(kTabColumns, ' ');
      column += kTabColumns;
    } else {
      shown.text += Printable(line.substr(i, c.bytes));
      column += ColumnsOf(c.code_point);
    }
    if (i < last) end_column = column;
    i += c.bytes;
  }
  if (first >= line.size()) shown.before = column;
  if (cut + line.size() < whole.size()) shown.text += "…";
  shown.carets = end_column > shown.before ? end_column - shown.before : 1;
  return shown;
}

class Renderer {
 public:
  Renderer(const SourceMap& sources, const Palette& palette, size_t width)
      : sources_(sources), palette_(palette), gutter_(width, ' ') {}

  void Heading(const Diagnostic& d) {
    const bool error = SeverityOf(d) == Severity::kError;
    out_ += palette_.bad;
    out_ += (error ? "error[" : "warning[") + IdOf(d.code) + "]";
    out_ += palette_.off;
    out_ += palette_.strong;
    out_ += ": " + Printable(d.message);
    out_ += palette_.off;
    out_ += '\n';
  }

  void Snippet(const SourceSpan& span, std::string_view label, std::string_view colour) {
    if (!InMap(span, sources_)) return;
    const SourceFile& file = sources_.file(span.file);
    const LineColumn at = sources_.Locate(span.file, span.begin);
    const Shown shown =
        Show(sources_.LineText(span.file, at.line), at.column - 1, sources_.Resolve(span).length);
    out_ += gutter_ + Blue("-->") + " " + Printable(file.path) + ":" + std::to_string(at.line) +
            ":" + std::to_string(at.column) + "\n";
    const std::string number = std::to_string(at.line);
    out_ += gutter_ + Blue(" |") + "\n";
    out_ += std::string(gutter_.size() - number.size(), ' ') + Blue(number + " |");
    out_ += shown.text.empty() ? "\n" : " " + shown.text + "\n";
    out_ += gutter_ + Blue(" |") + " " + std::string(shown.before, ' ');
    out_ += colour;
    out_ += std::string(shown.carets, '^');
    if (!label.empty()) out_ += " " + Printable(label);
    if (!colour.empty()) out_ += palette_.off;
    out_ += '\n';
  }

  void Rule() { out_ += gutter_ + Blue(" |") + "\n"; }

  void Remark(std::string_view kind, std::string_view text) {
    out_ += gutter_;
    out_ += palette_.strong;
    out_ += kind;
    out_ += palette_.off;
    out_ += ": " + Printable(text) + "\n";
  }

  std::string Take() { return std::move(out_); }

 private:
  std::string Blue(std::string_view text) const {
    return std::string(palette_.note).append(text).append(palette_.off);
  }

  const SourceMap& sources_;
  const Palette& palette_;
  std::string gutter_;
  std::string out_;
};

/// Without those characters at both ends.
std::string_view Trimmed(std::string_view text, const char* characters) {
  const size_t begin = std::min(text.find_first_not_of(characters), text.size());
  return text.substr(begin, text.find_last_not_of(characters) + 1 - begin);
}

size_t GutterWidth(const Diagnostic& d, const SourceMap& sources) {
  uint32_t line = 1;
  if (InMap(d.span, sources)) line = sources.Locate(d.span.file, d.span.begin).line;
  for (const Label& note : d.notes) {
    if (!InMap(note.span, sources)) continue;
    line = std::max(line, sources.Locate(note.span.file, note.span.begin).line);
  }
  return std::to_string(line).size();
}

}  // namespace

std::string RenderText(const Diagnostic& d, const SourceMap& sources, bool colour) {
  const bool error = SeverityOf(d) == Severity::kError;
  const Palette& palette = !colour ? kPlain : error ? kColour : kWarning;
  Renderer renderer(sources, palette, GutterWidth(d, sources));
  renderer.Heading(d);
  renderer.Snippet(d.span, d.label, palette.bad);
  for (const Label& note : d.notes) {
    renderer.Rule();
    renderer.Remark("note", note.text);
    renderer.Snippet(note.span, "", palette.note);
  }
  if (!d.help.empty()) {
    if (InMap(d.span, sources)) renderer.Rule();
    renderer.Remark("help", d.help);
  }
  for (const Fix& fix : d.fixes) {
    // Mostly the help has the very words already.
    const std::string_view text = Trimmed(fix.text, " \n");
    if (d.help.find(Trimmed(text, "\"`")) != d.help.npos) continue;
    const bool insertion = fix.span.begin == fix.span.end;
    renderer.Remark("fix", (insertion ? "add `" : "write `") + std::string(text) + "`");
  }
  return renderer.Take();
}

}  // namespace cap::diag
