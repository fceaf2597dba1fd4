#include "tests/format/scramble.h"

#include <set>
#include <vector>

#include "compiler/parse/concrete.h"

namespace cap::test {

namespace {

using parse::Alternative;

class Scrambler {
 public:
  Scrambler(const std::string& text, const parse::Concrete& tree, Random& random)
      : text_(text), tree_(tree), random_(random) {
    // Texts differ in how often they are touched, so that some are nearly as they were.
    rate_ = static_cast<double>(1 + Below(random_, 10)) / 10;
    comments_ = static_cast<double>(Below(random_, 4)) / 10;
    for (const parse::ConcreteNode& node : tree_.nodes) Commas(node);
  }

  std::string Run() {
    uint32_t before = tree_.begin;
    for (uint32_t i = 0; i < tree_.tokens.size(); ++i) {
      const parse::ConcreteToken& token = tree_.tokens[i];
      const std::string gap = text_.substr(before, token.begin - before);
      out_ += Chance(random_, rate_) ? Gap(gap) : gap;
      before = token.end;
      const std::string written = text_.substr(token.begin, token.end - token.begin);
      out_ += left_out_.contains(i) ? " " : written;
      if (put_in_.contains(i)) out_ += Chance(random_, 0.3) ? Gap("") + "," : ",";
    }
    out_ += Chance(random_, rate_) ? Gap("") : text_.substr(before);
    return std::move(out_);
  }

 private:
  std::string TextOf(uint32_t token) const {
    return text_.substr(tree_.tokens[token].begin,
                        tree_.tokens[token].end - tree_.tokens[token].begin);
  }

  /// Where a comma may stand or not.
  void Commas(const parse::ConcreteNode& node) {
    if (!Chance(random_, 0.2)) return;
    uint32_t last = node.last;
    if (node.alternative == Alternative::kField || node.alternative == Alternative::kFactMember ||
        node.alternative == Alternative::kLetMember ||
        node.alternative == Alternative::kResourceMember) {
      last = node.last - 1;
    } else if ((node.alternative == Alternative::kListOperand ||
                node.alternative == Alternative::kArgumentList ||
                node.alternative == Alternative::kParameterList ||
                node.alternative == Alternative::kEnumDeclaration) &&
               !node.children.empty()) {
      last = node.last - 2;
    }
    if (last == node.last) return;
    if (TextOf(last) == ",") {
      left_out_.insert(last);
    } else {
      put_in_.insert(last);
    }
  }

  std::string Blanks() {
    static const char* const kBlanks[] = {" ",      "  ", "\n",   "\n\n",
                                          "\n\n\n", "\t", "\r\n", " \n    "};
    std::string blanks;
    for (uint64_t i = 1 + Below(random_, 3); i > 0; --i) {
      blanks += kBlanks[Below(random_, std::size(kBlanks))];
    }
    return blanks;
  }

  std::string Gap(const std::string& gap) {
    static const char* const kComments[] = {"//",
                                            "// why",
                                            "//x  ",
                                            "/// said",
                                            "///",
                                            "// { } ( ] , \"",
                                            "//// four",
                                            "// a comment that is itself longer than a line may "
                                            "be, so that it alone cannot be made to fit"
                                            " into the hundred columns",
                                            "// naïve – ünïcode"};
    // What was there, comments too, or nothing where there was nothing.
    std::string made = Chance(random_, 0.5) ? gap : "";
    if (made.empty() && gap.empty() && Chance(random_, 0.5)) return {};
    made += Blanks();
    while (Chance(random_, comments_)) {
      made += kComments[Below(random_, std::size(kComments))];
      made += "\n" + (Chance(random_, 0.5) ? Blanks() : "");
    }
    return made;
  }

  const std::string& text_;
  const parse::Concrete& tree_;
  Random& random_;
  double rate_ = 0;
  double comments_ = 0;
  std::set<uint32_t> left_out_;
  std::set<uint32_t> put_in_;
  std::string out_;
};

}  // namespace

std::string Scramble(const std::string& text, Random& random) {
  SourceMap sources;
  diag::Sink sink;
  const FileId file = sources.Add("scramble.cap", text);
  const std::optional<parse::Concrete> tree = parse::ParseConcrete(sources, file, sink);
  return tree ? Scrambler(text, *tree, random).Run() : text;
}

}  // namespace cap::test
