#include "compiler/format/layout.h"

#include <algorithm>

#include "compiler/format/format.h"

namespace cap::format {

namespace {

// Behind this column nothing is aligned: there would be no room left, and a text of hundreds of
// columns would be paid for again in blanks on each line behind it.
constexpr size_t kAlignedAtMost = 60;
constexpr size_t kInsteadOfAligned = 4;

class Printer {
 public:
  explicit Printer(const std::vector<Piece>& pieces) : pieces_(pieces) { Measure(); }

  std::string Run() {
    groups_.push_back({.mode = Mode::kAll, .base = 0});
    for (size_t i = 0; i < pieces_.size(); ++i) {
      const Piece& piece = pieces_[i];
      switch (piece.kind) {
        case PieceKind::kText:
          out_ += piece.text;
          column_ += WidthOf(piece);
          break;
        case PieceKind::kBegin:
          Open(i);
          break;
        case PieceKind::kEnd:
          groups_.pop_back();
          break;
        case PieceKind::kBreak:
          Break(i);
          break;
      }
    }
    return std::move(out_);
  }

 private:
  enum class Mode : uint8_t { kFlat, kAll, kFilled };
  struct Group {
    Mode mode = Mode::kFlat;
    size_t base = 0;
  };

  static size_t WidthOf(const Piece& piece) {
    if (piece.kind == PieceKind::kBreak) return piece.blanks;
    return piece.comment ? 0 : ColumnsOf(piece.text);
  }

  /// Sums of widths, and for each piece where what begins there ends.
  void Measure() {
    const size_t count = pieces_.size();
    width_.assign(count + 1, 0);
    stop_.assign(count, count);
    next_break_.assign(count + 1, count);
    next_hard_.assign(count + 1, count);
    for (size_t i = 0; i < count; ++i) width_[i + 1] = width_[i] + WidthOf(pieces_[i]);
    // From behind: the next break or end of each level that is open.
    std::vector<size_t> next_of_level(1, count);
    std::vector<size_t> ends;
    for (size_t i = count; i-- > 0;) {
      const Piece& piece = pieces_[i];
      next_break_[i] = piece.kind == PieceKind::kBreak ? i : next_break_[i + 1];
      next_hard_[i] = piece.kind == PieceKind::kBreak && piece.hard ? i : next_hard_[i + 1];
      if (piece.kind == PieceKind::kEnd) {
        next_of_level.push_back(i);
        ends.push_back(i);
      } else if (piece.kind == PieceKind::kBegin) {
        stop_[i] = ends.back();
        ends.pop_back();
        next_of_level.pop_back();
      } else if (piece.kind == PieceKind::kBreak) {
        stop_[i] = next_of_level.back();
        next_of_level.back() = i;
      }
    }
  }

  /// Whether [from, to) fits in the line from `column` on, with what follows up to the next break.
  bool Fits(size_t column, size_t from, size_t to) const {
    return column + (width_[next_break_[to]] - width_[from]) <= kWidth;
  }

  void Open(size_t i) {
    const Piece& piece = pieces_[i];
    const Group around = groups_.back();
    Group group;
    if (piece.aligned) {
      group.base = column_ <= kAlignedAtMost ? column_ : around.base + kInsteadOfAligned;
    } else {
      group.base = around.base + piece.nest;
    }
    const bool flat =
        around.mode == Mode::kFlat || (next_hard_[i] > stop_[i] && Fits(column_, i, stop_[i]));
    if (!flat) group.mode = piece.breaking == Breaking::kAll ? Mode::kAll : Mode::kFilled;
    groups_.push_back(group);
  }

  void Break(size_t i) {
    const Piece& piece = pieces_[i];
    const Group& group = groups_.back();
    bool stays = !piece.hard && group.mode == Mode::kFlat;
    if (!piece.hard && group.mode == Mode::kFilled) {
      const size_t stop = std::min(stop_[i], next_hard_[i]);
      stays = Fits(column_ + piece.blanks, i + 1, stop);
    }
    if (stays) {
      out_.append(piece.blanks, ' ');
      column_ += piece.blanks;
      return;
    }
    out_ += piece.blank_line ? "\n\n" : "\n";
    const auto indent = static_cast<ptrdiff_t>(group.base) + piece.shift;
    column_ = static_cast<size_t>(std::max<ptrdiff_t>(indent, 0));
    out_.append(column_, ' ');
  }

  const std::vector<Piece>& pieces_;
  std::vector<size_t> width_;  // of the pieces before
  std::vector<size_t> stop_;   // of a kBegin its end; of a kBreak the next of its group, or its end
  std::vector<size_t> next_break_;  // at or behind
  std::vector<size_t> next_hard_;
  std::vector<Group> groups_;
  std::string out_;
  size_t column_ = 0;
};

}  // namespace

size_t ColumnsOf(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string LayOut(const std::vector<Piece>& pieces) { return Printer(pieces).Run(); }

}  // namespace cap::format
