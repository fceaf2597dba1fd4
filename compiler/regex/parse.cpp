// By descent; how deep it goes has a limit. Refuses whatever RE2 would read otherwise than a reader
// might, and whatever has no meaning where the whole text must match.
#include <fmt/format.h>

#include <optional>

#include "compiler/regex/syntax.h"
#include "runtime/base/limits.h"
#include "runtime/base/utf8.h"

namespace cap::regex {
namespace {

constexpr uint32_t kFailed = 0xFFFF'FFFF;

CharSet SetOf(std::initializer_list<Range> ranges) {
  CharSet set;
  for (const Range& range : ranges) set.Add(range.low, range.high);
  return set;
}

/// \d \w \s and their negations; nothing for other letters.
std::optional<CharSet> NamedSet(char letter) {
  switch (letter) {
    case 'd': return SetOf({{'0', '9'}});
    case 'w': return SetOf({{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}});
    case 's': return SetOf({{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}});
    case 'D': return NamedSet('d')->Negated();
    case 'W': return NamedSet('w')->Negated();
    case 'S': return NamedSet('s')->Negated();
    default: return std::nullopt;
  }
}

uint32_t Decode(std::string_view sequence) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  uint32_t character = byte(0) & (0xFFu >> (sequence.size() + 1));
  for (size_t i = 1; i < sequence.size(); ++i) character = character << 6 | (byte(i) & 0x3Fu);
  return character;
}

bool IsPunctuation(char c) {
  return c > ' ' && c < 0x7F && c != '_' && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
         !(c >= 'a' && c <= 'z');
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<Syntax, Problem> Run();

 private:
  struct Escape {
    std::optional<CharSet> set;  // else one character
    uint32_t character = 0;
  };

  uint32_t Choice(uint32_t depth);
  uint32_t Sequence(uint32_t depth);
  uint32_t Repeated(uint32_t depth);
  uint32_t Atom(uint32_t depth);
  uint32_t Group(uint32_t depth);
  uint32_t Class();
  bool ClassItem(CharSet& set, bool first);
  std::optional<uint32_t> RangeEnd(size_t begin);
  std::optional<Escape> ReadEscape();
  std::optional<Escape> NoEscape(size_t begin);
  std::optional<Escape> Hexadecimal(size_t begin);
  bool ReadCounts(size_t begin, uint32_t& least, uint32_t& most);
  std::optional<uint32_t> ReadCount(size_t begin);
  uint32_t NoGroup(size_t begin);

  bool AtEnd() const { return at_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  bool Next(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  uint32_t ReadCharacter() {
    const size_t length = Utf8Length(text_, at_);
    at_ += length;
    return Decode(text_.substr(at_ - length, length));
  }
  uint32_t Add(Node node, size_t begin) {
    node.offset = begin;
    node.length = at_ - begin;
    syntax_.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(syntax_.nodes.size() - 1);
  }
  uint32_t AddSet(const CharSet& set, size_t begin) {
    return Add({.kind = Kind::kCharacters, .children = {}, .characters = ToBytes(set)}, begin);
  }
  /// Keeps the first problem, which reaches from `begin` to where the parser stands. False.
  bool Fail(size_t begin, std::string message, std::string help, bool too_large = false) {
    if (!problem_) {
      const size_t length = at_ > begin ? at_ - begin : 1;
      problem_ = {too_large, begin, length, std::move(message), std::move(help)};
    }
    return false;
  }
  uint32_t FailNode(size_t begin, std::string message, std::string help, bool too_large = false) {
    Fail(begin, std::move(message), std::move(help), too_large);
    return kFailed;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool anchored_ = false;      // there is a `^` or `$`
  bool outer_choice_ = false;  // there is a `|` outside of all groups
  Syntax syntax_;
  std::optional<Problem> problem_;
};

std::expected<Syntax, Problem> Parser::Run() {
  if (text_.size() > limits::kRegexBytes) {
    at_ = text_.size();
    Fail(0, fmt::format("the expression has {} bytes; at most {} are allowed", text_.size(),
                        limits::kRegexBytes),
         "split it in two conditions", true);
  } else if (!IsUtf8(text_)) {
    at_ = text_.size();
    Fail(0, "the expression is not valid UTF-8", "");
  } else {
    anchored_ = Next("^");
    const uint32_t root = Choice(0);
    if (root != kFailed && !AtEnd()) {
      Fail(at_, "a `)` without its `(`", "for the character itself write `\\)`");
    } else if (root != kFailed && anchored_ && outer_choice_) {
      at_ = text_.size();
      Fail(0, "`^` or `$` beside a choice belongs to one side only, as most readers know it",
           "leave them out: the whole text must match anyway");
    }
  }
  if (problem_) return std::unexpected(*problem_);
  return std::move(syntax_);
}

uint32_t Parser::Choice(uint32_t depth) {
  const size_t begin = at_;
  Node choice{.kind = Kind::kChoice, .children = {}, .characters = {}};
  do {
    choice.children.push_back(Sequence(depth));
    if (choice.children.back() == kFailed) return kFailed;
  } while (Next("|"));
  if (choice.children.size() == 1) return choice.children[0];
  outer_choice_ = outer_choice_ || depth == 0;
  return Add(std::move(choice), begin);
}

uint32_t Parser::Sequence(uint32_t depth) {
  const size_t begin = at_;
  Node sequence;
  while (!AtEnd() && Peek() != '|' && Peek() != ')') {
    if (Peek() == '$' && at_ + 1 == text_.size()) {
      ++at_;
      anchored_ = true;
      break;
    }
    sequence.children.push_back(Repeated(depth));
    if (sequence.children.back() == kFailed) return kFailed;
  }
  return sequence.children.size() == 1 ? sequence.children[0] : Add(std::move(sequence), begin);
}

uint32_t Parser::Repeated(uint32_t depth) {
  const size_t begin = at_;
  const uint32_t atom = Atom(depth);
  if (atom == kFailed) return kFailed;
  Node repeat{.kind = Kind::kRepeat, .children = {atom}, .characters = {}};
  const size_t sign = at_;
  if (Next("+")) {
    repeat.least = 1;
  } else if (Next("?")) {
    repeat.most = 1;
  } else if (Next("{")) {
    if (!ReadCounts(sign, repeat.least, repeat.most)) return kFailed;
  } else if (!Next("*")) {
    return atom;
  }
  const size_t second = at_;
  if (Next("?")) {
    return FailNode(second, "there is no lazy repetition: the whole text must match anyway",
                    "leave out the `?`");
  }
  if (Next("+")) {
    return FailNode(second, "there is no possessive repetition", "leave out the `+`");
  }
  if (Peek() == '*' || Peek() == '{') {
    ++at_;
    return FailNode(second, "a repetition of a repetition", "put brackets around the inner one");
  }
  return Add(std::move(repeat), begin);
}

bool Parser::ReadCounts(size_t begin, uint32_t& least, uint32_t& most) {
  const auto wrong = [&] {
    return Fail(begin, "a count is written `{3}`, `{3,}` or `{3,5}`",
                "for the character itself write `\\{`");
  };
  const std::optional<uint32_t> first = ReadCount(begin);
  if (!first) return problem_ ? false : wrong();
  least = most = *first;
  if (Next(",")) {
    most = kUnbounded;
    if (Peek() != '}') {
      const std::optional<uint32_t> last = ReadCount(begin);
      if (!last) return problem_ ? false : wrong();
      most = *last;
    }
  }
  if (!Next("}")) return wrong();
  if (least <= most) return true;
  return Fail(begin, "the larger count stands first", "write the smaller one first: `{3,5}`");
}

std::optional<uint32_t> Parser::ReadCount(size_t begin) {
  const size_t first = at_;
  uint32_t count = 0;
  while (Peek() >= '0' && Peek() <= '9') {
    count = count * 10 + static_cast<uint32_t>(Peek() - '0');
    ++at_;
    if (count <= limits::kRegexRepeat) continue;
    Fail(begin, fmt::format("a count of more than {}", limits::kRegexRepeat),
         "have the length tested by `size(…)`", true);
    return std::nullopt;
  }
  if (at_ == first) return std::nullopt;
  if (at_ - first > 1 && text_[first] == '0') {
    // RE2 takes the braces for characters then.
    Fail(first, "a count begins with a zero", "leave out the zero; for the braces write `\\{`");
    return std::nullopt;
  }
  return count;
}

uint32_t Parser::Atom(uint32_t depth) {
  const size_t begin = at_;
  switch (Peek()) {
    case '(': return Group(depth);
    case '[': return Class();
    case '.': ++at_; return AddSet(SetOf({{'\n', '\n'}}).Negated(), begin);
    case '*':
    case '+':
    case '?':
      ++at_;
      return FailNode(begin, "nothing stands before this to be repeated",
                      "for the character itself write a `\\` before it");
    case '{':
    case '}':
    case ']':
      ++at_;
      return FailNode(begin, "a bracket that stands alone",
                      "for the character itself write a `\\` before it");
    case '^':
    case '$':
      ++at_;
      return FailNode(begin, "`^` stands at the beginning and `$` at the end, or nowhere",
                      "leave it out: the whole text must match anyway; for the character itself "
                      "write a `\\` before it");
    case '\\': {
      const std::optional<Escape> escape = ReadEscape();
      if (!escape) return kFailed;
      const Range one = {escape->character, escape->character};
      return AddSet(escape->set ? *escape->set : SetOf({one}), begin);
    }
    default: break;
  }
  const uint32_t character = ReadCharacter();
  return AddSet(SetOf({{character, character}}), begin);
}

uint32_t Parser::Group(uint32_t depth) {
  const size_t begin = at_++;
  if (depth == limits::kRegexDepth) {
    return FailNode(begin, fmt::format("brackets nest more than {} deep", limits::kRegexDepth),
                    "split it in two conditions", true);
  }
  if (!Next("?:") && Peek() == '?') return NoGroup(begin);
  const uint32_t inner = Choice(depth + 1);
  if (inner == kFailed) return kFailed;
  if (Next(")")) return inner;
  at_ = begin + 1;
  return FailNode(begin, "a `(` without its `)`", "for the character itself write `\\(`");
}

uint32_t Parser::NoGroup(size_t begin) {
  for (std::string_view sign : {"?=", "?!", "?<=", "?<!"}) {
    if (!Next(sign)) continue;
    return FailNode(begin, "nothing can look ahead or behind",
                    "say it by a second condition, joined by `and` or `and not`");
  }
  if (Next("?P") || Next("?<") || Next("?'")) {
    return FailNode(begin, "groups have no names: nothing is read out of a text", "write `(…)`");
  }
  ++at_;
  return FailNode(begin, "there are no flags and no other kinds of groups",
                  "for both cases write `[aA]`; a group is `(…)` or `(?:…)`");
}

uint32_t Parser::Class() {
  const size_t begin = at_++;
  const bool negated = Next("^");
  CharSet set;
  for (bool first = true; first || Peek() != ']'; first = false) {
    if (AtEnd()) {
      at_ = begin + 1;
      return FailNode(begin, "a `[` without its `]`", "for the character itself write `\\[`");
    }
    if (!ClassItem(set, first)) return kFailed;
  }
  ++at_;
  return AddSet(negated ? set.Negated() : set, begin);
}

bool Parser::ClassItem(CharSet& set, bool first) {
  const size_t begin = at_;
  if (Next("[:")) {
    return Fail(begin, "there are no named classes", "write them out: `[a-zA-Z0-9]`");
  }
  if (Next("]")) {
    return Fail(begin, "a class must hold something", "for the character itself write `\\]`");
  }
  const bool dash = Next("-");
  if (dash && !first && Peek() != ']') {
    return Fail(begin, "a `-` that joins nothing", "for the character itself write `\\-`");
  }
  Escape low{.set = std::nullopt, .character = '-'};
  if (!dash && Peek() == '\\') {
    const std::optional<Escape> escape = ReadEscape();
    if (!escape) return false;
    low = *escape;
  } else if (!dash) {
    low.character = ReadCharacter();
  }
  const bool range = !dash && Peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']';
  if (low.set && !range) {
    set.Add(*low.set);
    return true;
  }
  if (!range) {
    set.Add(low.character, low.character);
    return true;
  }
  ++at_;
  if (low.set) return Fail(begin, "a range begins and ends with a character", "");
  const std::optional<uint32_t> high = RangeEnd(begin);
  if (!high) return false;
  if (low.character > *high) {
    return Fail(begin, "the range ends before it begins", "write the lower character first");
  }
  set.Add(low.character, *high);
  return true;
}

std::optional<uint32_t> Parser::RangeEnd(size_t begin) {
  if (Peek() == '[' || Peek() == '-') {
    ++at_;
    Fail(begin, "a range that ends in a sign of the syntax",
         "for the character itself write a `\\` before it");
    return std::nullopt;
  }
  if (Peek() != '\\') return ReadCharacter();
  const std::optional<Escape> escape = ReadEscape();
  if (escape && !escape->set) return escape->character;
  if (escape) Fail(begin, "a range begins and ends with a character", "");
  return std::nullopt;
}

std::optional<Parser::Escape> Parser::ReadEscape() {
  const size_t begin = at_++;
  if (AtEnd()) {
    Fail(begin, "a `\\` at the end", "for the character itself write it twice");
    return std::nullopt;
  }
  const char c = text_[at_];
  if (std::optional<CharSet> set = NamedSet(c)) {
    ++at_;
    return Escape{std::move(set)};
  }
  constexpr std::string_view kLetters = "ntrfv";
  constexpr std::string_view kControls = "\n\t\r\f\v";
  const size_t control = kLetters.find(c);
  if (control != std::string_view::npos || IsPunctuation(c)) {
    ++at_;
    const char meant = control != std::string_view::npos ? kControls[control] : c;
    return Escape{std::nullopt, static_cast<uint8_t>(meant)};
  }
  if (c == 'x') return Hexadecimal(begin);
  return NoEscape(begin);
}

std::optional<Parser::Escape> Parser::NoEscape(size_t begin) {
  const char c = text_[at_];
  at_ += Utf8Length(text_, at_);
  if (c >= '1' && c <= '9') {
    Fail(begin, "nothing can refer back to what a group matched", "");
  } else if (c == 'b' || c == 'B' || c == 'A' || c == 'z') {
    Fail(begin, "no places between characters can be named",
         "the whole text must match anyway; name the characters beside the place");
  } else if (c == 'p' || c == 'P') {
    Fail(begin, "there are no classes of Unicode", "write the ranges: `[a-zA-Z\u00C0-\u024F]`");
  } else {
    Fail(begin, "there is no such escape",
         "`\\d` `\\w` `\\s` `\\D` `\\W` `\\S`, `\\n` `\\t` `\\r` `\\f` `\\v`, `\\x41` "
         "`\\x{1F600}`, and `\\` before a sign");
  }
  return std::nullopt;
}

std::optional<Parser::Escape> Parser::Hexadecimal(size_t begin) {
  ++at_;
  const bool braces = Next("{");
  uint32_t value = 0;
  uint32_t digits = 0;
  for (; !AtEnd() && digits < (braces ? 8u : 2u); ++digits, ++at_) {
    const char c = static_cast<char>(text_[at_] | 0x20);  // upper case to lower
    if (c >= '0' && c <= '9' && text_[at_] == c) {
      value = value << 4 | static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value << 4 | static_cast<uint32_t>(c - 'a' + 10);
    } else {
      break;
    }
  }
  const bool whole = braces ? digits > 0 && Next("}") : digits == 2;
  if (!whole || value > kLastCharacter || (value >= 0xD800 && value <= 0xDFFF)) {
    Fail(begin, "no character has this number", "write `\\x41`, or `\\x{1F600}`");
    return std::nullopt;
  }
  return Escape{std::nullopt, value};
}

}  // namespace

std::expected<Syntax, Problem> Parse(std::string_view text) { return Parser(text).Run(); }

}  // namespace cap::regex
