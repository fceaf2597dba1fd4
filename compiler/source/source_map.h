// The files of one compilation, and spans into them. A span is a byte range of one file; lines and
// columns are computed when somebody reads them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/span.h"

namespace cap {

enum class FileId : uint32_t {};

struct SourceSpan {
  FileId file{};
  uint32_t begin = 0;  // byte offset
  uint32_t end = 0;    // one past the last byte

  bool operator==(const SourceSpan&) const = default;
};

struct SourceFile {
  std::string path;   // as the user gave it, or "std/money.cap" for the standard library
  std::string text;
  std::vector<uint32_t> line_begins;
};

struct LineColumn {
  uint32_t line = 1;
  uint32_t column = 1;  // in bytes
};

class SourceMap {
 public:
  /// Takes a file's text as it is; whether it is valid UTF-8 is the parser's question.
  FileId Add(std::string path, std::string text);

  const SourceFile& file(FileId id) const { return files_[static_cast<uint32_t>(id)]; }
  size_t size() const { return files_.size(); }

  LineColumn Locate(FileId file, uint32_t offset) const;
  std::string_view LineText(FileId file, uint32_t line) const;  // without the line end (\n, \r\n)
  Span Resolve(const SourceSpan& span) const;                   // for the Program
  std::string_view TextOf(const SourceSpan& span) const;

 private:
  std::deque<SourceFile> files_;  // deque: views into texts stay valid
};

/// Reads a whole file, or standard input for "-". Errors: source-not-found, source-not-readable,
/// source-too-large (over `max_bytes`).
Result<std::string> ReadSource(const std::string& path, uint64_t max_bytes);

}  // namespace cap
