#include "compiler/parse/tokens.h"

#include <fmt/core.h>

#include "CapLexer.h"
#include "compiler/parse/literals.h"
#include "runtime/base/limits.h"

namespace cap::parse {

namespace {

using antlr4::Token;

size_t BeginOf(const Token& token) { return token.getStartIndex(); }
size_t EndOf(const Token& token) { return token.getStopIndex() + 1; }

bool IsWord(size_t type) {
  return type == CapLexer::ID || (type >= CapLexer::REQUIRE && type <= CapLexer::VERSION);
}

bool IsNumber(size_t type) { return type >= CapLexer::MONEY && type <= CapLexer::INTEGER; }

void Retype(Token& token, size_t type) { static_cast<antlr4::CommonToken&>(token).setType(type); }

void Hide(Token& token) {
  static_cast<antlr4::CommonToken&>(token).setChannel(Token::HIDDEN_CHANNEL);
}

class TokenCheck {
 public:
  explicit TokenCheck(SyntaxReporter& reporter) : reporter_(reporter) {}

  /// `next` is the token behind, or null.
  void Check(Token& token, Token* next) {
    const size_t type = token.getType();
    if (type == CapLexer::OTHER) return CheckOther(token);
    if (type == CapLexer::UNTERMINATED) {
      reporter_.MarkUnreadable(BeginOf(token));
      Report(token, diag::Code::kUnterminated, "the string has no closing quote", "begins here",
             "a string ends on the line where it begins");
      return Retype(token, CapLexer::STRING);
    }
    if (type == CapLexer::STRING) return CheckString(token);
    if (IsNumber(type)) return CheckNumber(token, next);
    if (type == CapLexer::ID || type == CapLexer::QUOTED_ID) CheckName(token);
  }

 private:
  std::string_view Text(const Token& token) const {
    return reporter_.TextOf(BeginOf(token), EndOf(token));
  }

  void Report(const Token& token, diag::Code code, std::string message, std::string label,
              std::string help) {
    reporter_.Report(code, reporter_.SpanOf(BeginOf(token), EndOf(token)), std::move(message),
                     std::move(label), std::move(help));
  }

  void CheckName(const Token& token) {
    if (EndOf(token) - BeginOf(token) <= limits::kNameBytes) return;
    Report(token, diag::Code::kBadLiteral,
           fmt::format("a name has at most {} bytes; this one has {}", limits::kNameBytes,
                       EndOf(token) - BeginOf(token)),
           "too long", "");
  }

  void CheckString(const Token& token) {
    const Unescaped value = ReadString(Text(token));
    if (!value.bad_escape) return;
    reporter_.MarkUnreadable(BeginOf(token));
    const size_t begin = BeginOf(token) + *value.bad_escape;
    const size_t end = begin + value.bad_length;
    reporter_.Report(diag::Code::kBadLiteral, reporter_.SpanOf(begin, end),
                     "no such escape in a string: " + Quoted(reporter_.TextOf(begin, end)),
                     "unknown escape",
                     "escapes are \\\" \\\\ \\n \\t \\r and \\u{1F600}; a backslash is \\\\");
  }

  void CheckNumber(Token& token, Token* next) {
    if (next != nullptr && BeginOf(*next) == EndOf(token) &&
        (IsWord(next->getType()) || IsNumber(next->getType()))) {
      return Joined(token, *next);
    }
    const bool too_big = (token.getType() == CapLexer::INTEGER && !IntegerFits(Text(token))) ||
                         (token.getType() == CapLexer::DURATION && !ReadDuration(Text(token)));
    if (!too_big) return;
    reporter_.MarkUnreadable(BeginOf(token));
    Report(token, diag::Code::kBadLiteral,
           fmt::format("{} does not fit into 64 bits", Quoted(Text(token))), "too large", "");
  }

  static bool IntegerFits(std::string_view digits) {
    // The magnitude of the smallest integer is one more than the largest; whether a minus stands
    // before it is the tree's question.
    return ReadInteger(digits).has_value() || digits == "9223372036854775808";
  }

  void Joined(const Token& token, Token& next) {
    reporter_.MarkUnreadable(BeginOf(token));
    const std::string_view whole = reporter_.TextOf(BeginOf(token), EndOf(next));
    const bool currency = token.getType() != CapLexer::MONEY && EndOf(next) - BeginOf(next) == 3;
    std::string help = "numbers are written `20`, durations `8h`, money `5.00 USD`";
    if (currency) help = fmt::format("money needs a space: `{} {}`", Text(token), Text(next));
    reporter_.Report(diag::Code::kBadLiteral, reporter_.SpanOf(BeginOf(token), EndOf(next)),
                     fmt::format("{} is neither a number nor a duration", Quoted(whole)),
                     "cannot be read", std::move(help));
    Hide(next);
  }

  void CheckOther(Token& token) {
    const std::string_view text = Text(token);
    if (text.starts_with("/*")) {
      Unknown(token, "block comments are not part of Cap",
              "a comment runs from `//` to the end of its line");
      return Hide(token);
    }
    if (text == ";") {
      Unknown(token, "statements have no terminator", "delete the `;`");
      return Hide(token);
    }
    if (text == "&&") return Instead(token, "and", CapLexer::AND);
    if (text == "||") return Instead(token, "or", CapLexer::OR);
    if (text == "!") return Instead(token, "not", CapLexer::NOT);
    if (text.size() > 1 && text.starts_with('\'')) {
      Unknown(token, "strings stand between double quotes", "write `\"` in place of `'`");
      return Retype(token, CapLexer::STRING);
    }
    const bool ascii = static_cast<unsigned char>(text[0]) < 0x80;
    Unknown(token, fmt::format("{} means nothing in Cap", Quoted(text)),
            ascii ? "" : "names are ASCII letters, digits and `_`; other text stands in strings");
  }

  void Instead(Token& token, std::string_view word, size_t type) {
    Unknown(token, fmt::format("{} is not an operator of Cap", Quoted(Text(token))),
            fmt::format("write `{}`", word));
    Retype(token, type);
  }

  void Unknown(const Token& token, std::string message, std::string help) {
    Report(token, diag::Code::kUnknownCharacter, std::move(message), "not part of the language",
           std::move(help));
  }

  SyntaxReporter& reporter_;
};

/// Counts, for each open bracket, the operators of the expression that is being read inside it. The
/// sum bounds the depth of the tree, because a chain of n operators nests n deep.
class DepthCount {
 public:
  /// Returns the depth at this token.
  size_t Enter(size_t type, size_t next_type) {
    const bool field = levels_.back().brace && next_type == CapLexer::COLON;
    if (type == CapLexer::COMMA || field || (after_operand_ && StartsOperand(type))) Restart();
    after_operand_ = false;
    switch (type) {
      case CapLexer::LBRACE:
      case CapLexer::LPAREN:
      case CapLexer::LBRACKET:
        levels_.push_back({.brace = type == CapLexer::LBRACE});
        ++depth_;
        break;
      case CapLexer::RBRACE:
      case CapLexer::RPAREN:
      case CapLexer::RBRACKET:
        Close();
        after_operand_ = true;
        break;
      default:
        after_operand_ = StartsOperand(type) || type == CapLexer::QUESTION;
        if (IsOperator(type)) {
          ++levels_.back().operators;
          ++depth_;
        }
    }
    return depth_;
  }

 private:
  struct Level {
    size_t operators = 0;
    bool brace = false;
  };

  void Restart() {
    depth_ -= levels_.back().operators;
    levels_.back().operators = 0;
  }

  void Close() {
    if (levels_.size() == 1) return;  // one too many: a syntax error, but no depth
    Restart();
    levels_.pop_back();
    --depth_;
  }

  static bool IsOperator(size_t type) {
    switch (type) {
      case CapLexer::AND:
      case CapLexer::OR:
      case CapLexer::NOT:
      case CapLexer::IF:
      case CapLexer::THEN:
      case CapLexer::ELSE:
      case CapLexer::IN:
      case CapLexer::IS:
      case CapLexer::SUBSET:
      case CapLexer::DISJOINT:
      case CapLexer::MATCHES:
      case CapLexer::UNDER:
      case CapLexer::DOT:
        return true;
      default:
        return type >= CapLexer::EQUAL && type <= CapLexer::STAR;
    }
  }

  /// Names, literals and words: two of them side by side are never in one expression.
  static bool StartsOperand(size_t type) {
    return !IsOperator(type) && (IsWord(type) || type == CapLexer::QUOTED_ID || IsNumber(type) ||
                                 type == CapLexer::STRING);
  }

  std::vector<Level> levels_ = std::vector<Level>(1);
  size_t depth_ = 0;
  bool after_operand_ = false;
};

bool Visible(const Token& token) { return token.getChannel() == Token::DEFAULT_CHANNEL; }

}  // namespace

TokenList ReadTokens(ByteStream& text, SyntaxReporter& reporter) {
  CapLexer lexer(&text);
  lexer.removeErrorListeners();
  TokenList tokens;
  while (true) {
    tokens.push_back(lexer.nextToken());
    if (tokens.back()->getType() == Token::EOF) return tokens;
    if (tokens.size() <= limits::kSourceTokens) continue;
    const size_t begin = BeginOf(*tokens.back());
    reporter.Report(diag::Code::kSourceTooLarge, reporter.SpanOf(begin, EndOf(*tokens.back())),
                    fmt::format("the file has more than {} tokens", limits::kSourceTokens),
                    "the limit is reached here", "split the module into several files");
    return {};
  }
}

void CheckTokens(TokenList& tokens, SyntaxReporter& reporter) {
  TokenCheck check(reporter);
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (!Visible(*tokens[i])) continue;
    check.Check(*tokens[i], tokens[i + 1].get());
  }
}

bool CheckDepth(const TokenList& tokens, SyntaxReporter& reporter) {
  DepthCount count;
  const Token* last = nullptr;
  for (const std::unique_ptr<Token>& next : tokens) {
    if (!Visible(*next)) continue;
    if (last != nullptr && count.Enter(last->getType(), next->getType()) > limits::kSyntaxDepth) {
      reporter.Report(
          diag::Code::kTooDeep, reporter.SpanOf(BeginOf(*last), EndOf(*last)),
          fmt::format("brackets and operators nest more than {} deep", limits::kSyntaxDepth),
          "the limit is reached here", "name a part of the expression with `let`");
      return false;
    }
    last = next.get();
  }
  return true;
}

}  // namespace cap::parse
