// Where lines break: a flat list of texts, breaks and groups to text of at most `kWidth` columns
// where that can be (Oppen's pretty printer, with the whole list at hand). Linear, without
// recursion.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cap::format {

enum class PieceKind : uint8_t { kText, kBreak, kBegin, kEnd };

/// How the breaks of a group that does not fit on its line become line ends.
enum class Breaking : uint8_t {
  kAll,     // all of them
  kFilled,  // those behind which the next part does not fit
};

struct Piece {
  PieceKind kind = PieceKind::kText;
  std::string text = {};    // kText
  bool comment = false;     // kText: takes no room, so that no comment moves what it is about
  uint8_t blanks = 0;       // kBreak: blanks where the line goes on
  bool hard = false;        // kBreak: a line end always
  bool blank_line = false;  // kBreak: and an empty line
  int8_t shift = 0;         // kBreak: against the group's indentation
  Breaking breaking = Breaking::kAll;  // kBegin
  bool aligned = false;                // kBegin: indents as far as it begins
  uint8_t nest = 0;                    // kBegin, not aligned: columns more than the group around
};

/// Groups must be closed in order. A group with a hard break does not fit on a line.
std::string LayOut(const std::vector<Piece>& pieces);

/// Columns of a text: its code points.
size_t ColumnsOf(std::string_view text);

}  // namespace cap::format
