#include "compiler/parse/text_check.h"

#include <fmt/core.h>

#include "compiler/diag/printable.h"
#include "runtime/base/limits.h"

namespace cap::parse {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsLayout(std::string_view text, size_t i) {
  if (text[i] == '\n' || text[i] == '\t') return true;
  // A carriage return belongs to a line end; alone it would hide what stands before it.
  return text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
}

std::string ControlName(char32_t c) {
  const auto number = static_cast<uint32_t>(c);
  if (c == 0) return "a NUL byte";
  if (c == '\r') return "a carriage return without a line feed";
  return fmt::format("the {} U+{:04X}", c < 0xA0 ? "control character" : "invisible character",
                     number);
}

}  // namespace

size_t BeginOf(std::string_view text) {
  return text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

bool CheckText(const SourceFile& file, SyntaxReporter& reporter) {
  const std::string_view text = file.text;
  if (text.size() > limits::kSourceBytes) {
    reporter.Report(
        diag::Code::kSourceTooLarge, reporter.SpanOf(0, 0),
        fmt::format("the file has {} bytes; the limit is {}", text.size(), limits::kSourceBytes),
        "", "split the module into several files");
    return false;
  }
  for (size_t i = BeginOf(text); i < text.size();) {
    if (text[i] >= ' ' && text[i] != 0x7F) {  // plain ASCII: nearly all of every file
      ++i;
      continue;
    }
    const diag::Character c = diag::ReadCharacter(text, i);
    if (c.code_point == 0xFFFD && c.bytes == 1) {
      reporter.Report(
          diag::Code::kNotUtf8, reporter.SpanOf(i, i + 1),
          fmt::format("the byte 0x{:02X} is not UTF-8", static_cast<unsigned char>(text[i])),
          "not UTF-8", "save the file as UTF-8");
      return false;
    }
    if (!diag::IsPrintable(c.code_point) && !IsLayout(text, i)) {
      reporter.Report(diag::Code::kControlCharacter, reporter.SpanOf(i, i + c.bytes),
                      ControlName(c.code_point) + " in the source", "not allowed here",
                      "delete it; a string can hold it as `\\u{…}`");
      return false;
    }
    i += c.bytes;
  }
  return true;
}

}  // namespace cap::parse
