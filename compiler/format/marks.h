// What the layout of each token is, from the syntax: which commas go, what stands between two
// tokens, and the groups that begin and end at each. The texts of the gaps come later (gaps.h).
#pragma once

#include <string_view>
#include <vector>

#include "compiler/format/layout.h"
#include "compiler/parse/concrete.h"

namespace cap::format {

enum class GapKind : uint8_t {
  kNone,    // nothing
  kBlank,   // one blank
  kBreak,   // blanks, or a line end
  kMember,  // a line end; an empty line of the author's stays
};

struct Gap {
  GapKind kind = GapKind::kBlank;
  uint8_t blanks = 1;  // of kBreak
  int8_t shift = 0;    // of a line end here
  bool edge = false;   // beside a brace: an empty line goes
};

struct Group {
  Breaking breaking = Breaking::kFilled;
  bool aligned = false;
  uint8_t nest = 0;
};

struct Mark {
  Gap before;
  std::vector<Group> begins = {};  // before the token, the outer first
  uint32_t ends = 0;               // behind it
  bool dropped = false;            // a comma that says nothing
  bool comma = false;              // a comma is put behind it
};

/// One mark a token, and one for the end of the file.
std::vector<Mark> MarksOf(const parse::Concrete& tree, std::string_view text);

}  // namespace cap::format
