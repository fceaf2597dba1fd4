// What the author put between two tokens, and the pieces of a whole file.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/format/marks.h"

namespace cap::format {

struct Comment {
  std::string_view text;    // without blanks at its end
  bool trailing = false;    // it stands on the line of what is before it
  bool blank_line = false;  // an empty line stands before it
};
struct GapText {
  std::vector<Comment> comments;
  bool blank_line = false;  // an empty line stands before the token
};
/// `gap`: white space, comments, and commas that are left out.
GapText ReadGap(std::string_view gap);

/// Texts, breaks and groups of the file, for LayOut().
std::vector<Piece> PiecesOf(const parse::Concrete& tree, std::string_view text,
                            const std::vector<Mark>& marks);

}  // namespace cap::format
