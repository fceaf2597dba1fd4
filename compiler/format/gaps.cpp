#include "compiler/format/gaps.h"

#include <algorithm>

namespace cap::format {

namespace {

class Assembler {
 public:
  Assembler(const parse::Concrete& tree, std::string_view text, const std::vector<Mark>& marks)
      : tree_(tree), text_(text), marks_(marks) {}

  std::vector<Piece> Run() {
    uint32_t before = tree_.begin;
    bool first = true;
    for (size_t i = 0; i < tree_.tokens.size(); ++i) {
      const Mark& mark = marks_[i];
      if (mark.dropped) continue;
      const parse::ConcreteToken& token = tree_.tokens[i];
      Between(ReadGap(text_.substr(before, token.begin - before)), mark.before, first, false);
      for (const Group& group : mark.begins) {
        pieces_.push_back({.kind = PieceKind::kBegin,
                           .breaking = group.breaking,
                           .aligned = group.aligned,
                           .nest = group.nest});
      }
      Text(Written(text_.substr(token.begin, token.end - token.begin)));
      for (uint32_t n = 0; n < mark.ends; ++n) pieces_.push_back({.kind = PieceKind::kEnd});
      if (mark.comma) Text(",");
      before = token.end;
      first = false;
    }
    Between(ReadGap(text_.substr(before)), marks_.back().before, first, true);
    if (!pieces_.empty()) Text("\n");
    return std::move(pieces_);
  }

 private:
  /// Money is one token, with the blanks that stand in it.
  static std::string Written(std::string_view token) {
    if (token[0] < '0' || token[0] > '9') return std::string(token);
    const size_t blank = token.find_first_of(" \t");
    if (blank == token.npos) return std::string(token);
    return std::string(token.substr(0, blank)) + ' ' +
           std::string(token.substr(token.find_last_of(" \t") + 1));
  }

  void Text(std::string text) {
    pieces_.push_back({.kind = PieceKind::kText, .text = std::move(text)});
  }

  void LineEnd(bool blank_line, int8_t shift) {
    pieces_.push_back(
        {.kind = PieceKind::kBreak, .hard = true, .blank_line = blank_line, .shift = shift});
  }

  /// `first`, `last`: nothing stands before it, or behind it.
  void Between(const GapText& gap, const Gap& wanted, bool first, bool last) {
    const bool member = wanted.kind == GapKind::kMember;
    for (const Comment& comment : gap.comments) {
      const bool start = first && &comment == &gap.comments.front();
      const bool edge = wanted.edge && wanted.shift == 0 && &comment == &gap.comments.front();
      if (comment.trailing && !start) {
        Text("  ");
      } else if (!start) {
        LineEnd(comment.blank_line && member && !edge, 0);
      }
      pieces_.push_back(
          {.kind = PieceKind::kText, .text = std::string(comment.text), .comment = true});
    }
    if (last || (first && gap.comments.empty())) return;
    if (member || !gap.comments.empty()) {
      // Behind a comment an empty line is kept where a member begins, not where a brace closes.
      const bool opens = wanted.edge && (gap.comments.empty() || wanted.shift < 0);
      return LineEnd(gap.blank_line && member && !opens, wanted.shift);
    }
    if (wanted.kind == GapKind::kBlank) return Text(" ");
    if (wanted.kind == GapKind::kNone) return;
    pieces_.push_back({.kind = PieceKind::kBreak, .blanks = wanted.blanks, .shift = wanted.shift});
  }

  const parse::Concrete& tree_;
  std::string_view text_;
  const std::vector<Mark>& marks_;
  std::vector<Piece> pieces_;
};

}  // namespace

GapText ReadGap(std::string_view gap) {
  GapText read;
  size_t line_ends = 0;
  for (size_t i = 0; i < gap.size();) {
    if (gap[i] == '\n') ++line_ends;
    if (gap[i] != '/') {
      ++i;
      continue;
    }
    std::string_view comment = gap.substr(i, gap.find('\n', i) - i);
    i += comment.size();
    comment = comment.substr(0, comment.find_last_not_of(" \t\r") + 1);
    read.comments.push_back({.text = comment,
                             .trailing = read.comments.empty() && line_ends == 0,
                             .blank_line = line_ends > 1});
    line_ends = 0;
  }
  read.blank_line = line_ends > 1;
  return read;
}

std::vector<Piece> PiecesOf(const parse::Concrete& tree, std::string_view text,
                            const std::vector<Mark>& marks) {
  return Assembler(tree, text, marks).Run();
}

}  // namespace cap::format
