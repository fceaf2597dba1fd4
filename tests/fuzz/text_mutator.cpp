// libFuzzer's mutator for policies and JSON: half of the time by tokens, since bytes at random
// seldom leave a text that gets past a parser.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace cap::fuzz {
namespace {

enum class Kind : uint8_t { kWord, kNumber, kText, kSpace, kOther };
struct Token {
  Kind kind = Kind::kOther;
  std::string text;
};

bool IsWord(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

Kind KindOf(char c) {
  if (c >= '0' && c <= '9') return Kind::kNumber;
  if (IsWord(c)) return Kind::kWord;
  if (IsSpace(c)) return Kind::kSpace;
  return c == '"' ? Kind::kText : Kind::kOther;
}

size_t LengthOf(std::string_view text, Kind kind) {
  size_t length = 1;
  const auto grow = [&](auto belongs) {
    while (length < text.size() && belongs(text[length])) ++length;
  };
  switch (kind) {
    case Kind::kWord:
      grow(IsWord);
      break;
    case Kind::kNumber:
      grow([](char c) { return IsWord(c) || c == '.'; });
      break;
    case Kind::kSpace:
      grow(IsSpace);
      break;
    case Kind::kText:
      grow([](char c) { return c != '"' && c != '\n'; });
      if (length < text.size()) ++length;
      break;
    case Kind::kOther:
      break;
  }
  return length;
}

std::vector<Token> TokensOf(std::string_view text) {
  std::vector<Token> tokens;
  while (!text.empty()) {
    const Kind kind = KindOf(text.front());
    const size_t length = LengthOf(text, kind);
    tokens.push_back({kind, std::string(text.substr(0, length))});
    text.remove_prefix(length);
  }
  return tokens;
}

constexpr std::array kWords = {"int",    "bool",   "string",  "email",    "money",   "instant",
                               "list",   "set",    "decimal", "duration", "USD",     "JPY",
                               "XYZ",    "not",    "and",     "or",       "any",     "all",
                               "size",   "absent", "present", "subset",   "forbid",  "when",
                               "unless", "let",    "require", "each",     "include", "ordered"};
constexpr std::array kNumbers = {"0",
                                 "1",
                                 "2",
                                 "64",
                                 "5.00",
                                 "0.001",
                                 "30s",
                                 "8h",
                                 "9223372036854775807",
                                 "9223372036854775808"};
constexpr std::array kTexts = {"\"\"",        "\"a\"",        "\"USD\"",   "\"XYZ\"",
                               "\"a://{x}\"", "\"a://*/**\"", "\"{{x}}\"", "\"\\u{0}\""};

class Mutator {
 public:
  explicit Mutator(unsigned int seed) : random_(seed) {}

  std::string Mutate(std::string_view text) {
    std::vector<Token> tokens = TokensOf(text);
    if (tokens.empty()) return std::string(text);
    for (size_t i = 1 + Below(3); i > 0; --i) Once(tokens);
    std::string out;
    for (const Token& token : tokens) out += token.text;
    return out;
  }

 private:
  size_t Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  void Once(std::vector<Token>& tokens) {
    const size_t at = Solid(tokens);
    switch (Below(6)) {
      case 0:
        tokens[at].text = Known(tokens[at]);
        break;
      case 1: {  // another of its kind from the same text
        const size_t other = Solid(tokens);
        if (tokens[other].kind == tokens[at].kind) tokens[at].text = tokens[other].text;
        break;
      }
      case 2:
        std::swap(tokens[at], tokens[Solid(tokens)]);
        break;
      case 3: {
        const size_t count = std::min(1 + Below(8), tokens.size() - at);
        if (count == tokens.size()) break;
        const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(at);
        tokens.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
        break;
      }
      case 4: {
        const size_t count = std::min(1 + Below(16), tokens.size() - at);
        const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(at);
        const std::vector<Token> copy(begin, begin + static_cast<std::ptrdiff_t>(count));
        const auto to = static_cast<std::ptrdiff_t>(Below(tokens.size()));
        tokens.insert(tokens.begin() + to, copy.begin(), copy.end());
        break;
      }
      default:
        if (IsWord(tokens[at].text[0])) tokens[at].text.back() = "aZ09_xX"[Below(7)];
    }
  }

  /// A token that is no white space, where one is found soon.
  size_t Solid(const std::vector<Token>& tokens) {
    size_t at = Below(tokens.size());
    for (int i = 0; i < 4 && tokens[at].kind == Kind::kSpace; ++i) at = Below(tokens.size());
    return at;
  }

  std::string Known(const Token& token) {
    switch (token.kind) {
      case Kind::kWord:
        return kWords[Below(kWords.size())];
      case Kind::kNumber:
        return kNumbers[Below(kNumbers.size())];
      case Kind::kText:
        return kTexts[Below(kTexts.size())];
      case Kind::kSpace:
        return " ";
      case Kind::kOther:
        break;
    }
    return std::string(1, "(){}[]<>,:;.=+-*!?&|"[Below(20)]);
  }

  std::minstd_rand random_;
};

}  // namespace
}  // namespace cap::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  if (seed % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string text = cap::fuzz::Mutator(seed).Mutate(input);
  const size_t length = std::min(text.size(), max_size);
  std::copy_n(text.data(), length, reinterpret_cast<char*>(data));
  return length;
}
