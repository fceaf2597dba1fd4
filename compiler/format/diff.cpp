#include "compiler/format/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace cap::format {

namespace {

using Lines = std::vector<std::string_view>;

constexpr size_t kContext = 3;
constexpr int kEditsAtMost = 2000;  // the search keeps the square of it

Lines LinesOf(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end == text.npos ? end : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

struct Edit {
  char sign = ' ';
  size_t before = 0;  // lines of each text before this one
  size_t after = 0;
};

/// Myers' greedy search for the fewest lines taken out and put in.
class Search {
 public:
  Search(const Lines& a, const Lines& b)
      : a_(a), b_(b), middle_(std::min<int>(kEditsAtMost, static_cast<int>(a.size() + b.size()))) {}

  std::vector<Edit> Run() {
    std::vector<int> reach(2 * static_cast<size_t>(middle_) + 3, 0);
    for (int edits = 0; edits <= middle_; ++edits) {
      trace_.push_back(reach);
      for (int k = -edits; k <= edits; k += 2) {
        int x = At(reach, k, edits);
        for (; Equal(x, x - k); ++x) {
        }
        reach[Slot(k)] = x;
        if (x >= Size(a_) && x - k >= Size(b_)) return Back(edits);
      }
    }
    return Everything();
  }

 private:
  static int Size(const Lines& lines) { return static_cast<int>(lines.size()); }
  size_t Slot(int k) const { return static_cast<size_t>(middle_ + 1 + k); }
  bool Equal(int x, int y) const {
    return x < Size(a_) && y < Size(b_) && a_[static_cast<size_t>(x)] == b_[static_cast<size_t>(y)];
  }
  bool Down(const std::vector<int>& reach, int k, int edits) const {
    return k == -edits || (k != edits && reach[Slot(k - 1)] < reach[Slot(k + 1)]);
  }
  int At(const std::vector<int>& reach, int k, int edits) const {
    if (edits == 0) return 0;
    return Down(reach, k, edits) ? reach[Slot(k + 1)] : reach[Slot(k - 1)] + 1;
  }

  std::vector<Edit> Back(int edits) const {
    std::vector<Edit> script;
    int x = Size(a_);
    int y = Size(b_);
    const auto add = [&](char sign) {
      script.push_back({sign, static_cast<size_t>(x), static_cast<size_t>(y)});
    };
    for (int d = edits; d >= 0; --d) {
      const std::vector<int>& reach = trace_[static_cast<size_t>(d)];
      const int k = x - y;
      const bool down = Down(reach, k, d);
      const int start = At(reach, k, d);  // behind the edit, before the equal lines
      for (; x > start; add(' ')) --x, --y;
      if (d == 0) break;
      (down ? y : x) -= 1;
      add(down ? '+' : '-');
    }
    std::ranges::reverse(script);
    return script;
  }

  std::vector<Edit> Everything() const {
    std::vector<Edit> script;
    for (size_t i = 0; i < a_.size(); ++i) script.push_back({'-', i, 0});
    for (size_t i = 0; i < b_.size(); ++i) script.push_back({'+', a_.size(), i});
    return script;
  }

  const Lines& a_;
  const Lines& b_;
  int middle_;
  std::vector<std::vector<int>> trace_;
};

std::string Range(size_t first, size_t count) {
  // An empty range is named by the line before it.
  const size_t from = count == 0 ? first : first + 1;
  return count == 1 ? fmt::format("{}", from) : fmt::format("{},{}", from, count);
}

std::string Hunk(const std::vector<Edit>& script, size_t begin, size_t end, const Lines& a,
                 const Lines& b) {
  std::string lines;
  size_t out = 0;
  size_t in = 0;
  for (size_t i = begin; i < end; ++i) {
    const Edit& edit = script[i];
    const std::string_view line = edit.sign == '+' ? b[edit.after] : a[edit.before];
    lines.append(1, edit.sign).append(line);
    if (!line.ends_with('\n')) lines += "\n\\ No newline at end of file\n";
    if (edit.sign != '+') ++out;
    if (edit.sign != '-') ++in;
  }
  return fmt::format("@@ -{} +{} @@\n{}", Range(script[begin].before, out),
                     Range(script[begin].after, in), lines);
}

}  // namespace

std::string UnifiedDiff(std::string_view path, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const Lines a = LinesOf(before);
  const Lines b = LinesOf(after);
  const std::vector<Edit> script = Search(a, b).Run();
  std::string out = fmt::format("--- {0}\n+++ {0}\n", path);
  for (size_t i = 0; i < script.size();) {
    if (script[i].sign == ' ') {
      ++i;
      continue;
    }
    const size_t begin = i - std::min(i, kContext);
    size_t last = i;
    for (size_t j = i; j < script.size() && j <= last + 2 * kContext; ++j) {
      if (script[j].sign != ' ') last = j;
    }
    const size_t end = std::min(script.size(), last + 1 + kContext);
    out += Hunk(script, begin, end, a, b);
    i = end;
  }
  return out;
}

}  // namespace cap::format
