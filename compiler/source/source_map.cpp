#include "compiler/source/source_map.h"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace cap {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

std::vector<uint32_t> LineBegins(std::string_view text) {
  std::vector<uint32_t> begins{0};
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') begins.push_back(static_cast<uint32_t>(i + 1));
  }
  return begins;
}

}  // namespace

FileId SourceMap::Add(std::string path, std::string text) {
  std::vector<uint32_t> begins = LineBegins(text);
  files_.push_back({std::move(path), std::move(text), std::move(begins)});
  return static_cast<FileId>(files_.size() - 1);
}

LineColumn SourceMap::Locate(FileId id, uint32_t offset) const {
  const std::vector<uint32_t>& begins = file(id).line_begins;
  const auto after = std::upper_bound(begins.begin(), begins.end(), offset);
  const auto line = static_cast<uint32_t>(after - begins.begin());
  return {line, offset - begins[line - 1] + 1};
}

std::string_view SourceMap::LineText(FileId id, uint32_t line) const {
  const SourceFile& source = file(id);
  if (line == 0 || line > source.line_begins.size()) return {};
  const uint32_t begin = source.line_begins[line - 1];
  const size_t end =
      line < source.line_begins.size() ? source.line_begins[line] - 1 : source.text.size();
  std::string_view text = std::string_view(source.text).substr(begin, end - begin);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

Span SourceMap::Resolve(const SourceSpan& span) const {
  const LineColumn at = Locate(span.file, span.begin);
  const auto line_length = static_cast<uint32_t>(LineText(span.file, at.line).size());
  const uint32_t left = at.column <= line_length ? line_length - (at.column - 1) : 0;
  const uint32_t length = span.end > span.begin ? span.end - span.begin : 0;
  return {static_cast<uint32_t>(span.file), at.line, at.column, std::min(length, left)};
}

std::string_view SourceMap::TextOf(const SourceSpan& span) const {
  const std::string_view text = file(span.file).text;
  if (span.begin >= text.size() || span.end <= span.begin) return {};
  return text.substr(span.begin, span.end - span.begin);
}

Result<std::string> ReadSource(const std::string& path, uint64_t max_bytes) {
  const std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin
                                                               : std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return Fail("source-not-found", "cannot open `" + path + "`");
  std::string text;
  char buffer[1 << 16];
  while (true) {
    const size_t got = std::fread(buffer, 1, sizeof(buffer), file.get());
    if (got == 0) break;
    // The limit is checked while reading: a pipe that never ends must not fill the memory.
    if (text.size() + got > max_bytes) {
      return Fail("source-too-large", "`" + path + "` is larger than the limit of " +
                                          std::to_string(max_bytes) + " bytes");
    }
    text.append(buffer, got);
  }
  if (std::ferror(file.get()) != 0) {
    return Fail("source-not-readable", "cannot read `" + path + "`");
  }
  return text;
}

}  // namespace cap
