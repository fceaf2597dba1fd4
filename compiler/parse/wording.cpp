#include "compiler/parse/wording.h"

#include <algorithm>

namespace cap::parse {

namespace {

using antlr4::Token;
using antlr4::misc::IntervalSet;

/// A body in braces lists too much to enumerate; it says what kind of thing it holds.
std::string_view MembersOf(size_t rule) {
  switch (rule) {
    case CapParser::RuleFile:
      return "a declaration such as `action`, `record` or `policy`";
    case CapParser::RulePolicyBody:
      return "`capability`, `forbid`, another statement of the policy, or `}`";
    case CapParser::RuleActionBody:
      return "an argument such as `id: string`, `fact`, `let`, `resource`, or `}`";
    case CapParser::RuleFieldBody:
      return "a field such as `id: string`, or `}`";
    case CapParser::RuleBlock:
      return "`require`, a constraint, another statement, or `}`";
    default:
      return {};
  }
}

std::string NameOf(size_t type, const antlr4::dfa::Vocabulary& vocabulary) {
  switch (type) {
    case Token::EOF:
      return "the end of the file";
    case CapParser::STRING:
      return "a string in double quotes";
    case CapParser::INTEGER:
      return "a whole number";
    case CapParser::DURATION:
      return "a duration such as `8h`";
    default:
      break;
  }
  std::string literal = vocabulary.getLiteralName(type);  // 'word'
  std::ranges::replace(literal, '\'', '`');
  return literal;
}

class Expectation {
 public:
  Expectation(const IntervalSet& expected, CapParser& parser) : rest_(expected), parser_(parser) {}

  /// "`,` or `]`"; empty when nothing sensible can be said.
  std::string Say() {
    const bool only_name_like = !rest_.contains(size_t{CapParser::STRING});
    TakeAll(CapParser::RuleExpr, CapParser::MINUS, "an expression");
    if (only_name_like) {
      TakeAll(CapParser::RuleType, CapParser::LBRACE, "a type such as `string`");
    } else {
      TakeAll(CapParser::RuleOperand, CapParser::INTEGER, "a value");
    }
    TakeAll(CapParser::RuleName, CapParser::ID, "a name");
    DropOperators();
    for (const ssize_t type : rest_.toList()) {
      if (words_.size() > kMost) return {};
      std::string word = NameOf(static_cast<size_t>(type), parser_.getVocabulary());
      if (!word.empty()) words_.push_back(std::move(word));
    }
    return Joined();
  }

 private:
  static constexpr size_t kMost = 4;

  /// Replaces all that can begin `rule` by one phrase; `mark` is in the set only if the rule is.
  void TakeAll(size_t rule, size_t mark, std::string_view phrase) {
    const antlr4::atn::ATN& atn = parser_.getATN();
    const IntervalSet first = atn.nextTokens(atn.ruleToStartState[rule]);
    const bool named = rest_.contains(size_t{CapParser::ID});
    if (!named || !rest_.contains(mark) || !first.contains(mark)) return;
    rest_ = rest_.subtract(first);
    words_.emplace_back(phrase);
  }

  /// After an operand an operator may always follow; what ends the construct says more.
  void DropOperators() {
    if (!rest_.contains(size_t{CapParser::AND})) return;
    IntervalSet without = rest_;
    for (const ssize_t type : rest_.toList()) {
      const auto token = static_cast<size_t>(type);
      const bool word_operator = (token >= CapParser::IN && token <= CapParser::OR) ||
                                 token == CapParser::MATCHES || token == CapParser::UNDER;
      const bool operators = (token >= CapParser::EQUAL && token <= CapParser::STAR) ||
                             token == CapParser::DOT || token == CapParser::LBRACKET;
      if (word_operator || operators) without.remove(static_cast<ssize_t>(token));
    }
    if (!without.isEmpty()) rest_ = without;
  }

  std::string Joined() const {
    std::string out;
    for (size_t i = 0; i < words_.size(); ++i) {
      if (i > 0) out += i + 1 == words_.size() ? " or " : ", ";
      out += words_[i];
    }
    return out;
  }

  IntervalSet rest_;
  CapParser& parser_;
  std::vector<std::string> words_;
};

/// The node of the tree that ends just before the place of the error.
const antlr4::tree::ParseTree* NodeBefore(const antlr4::ParserRuleContext* where,
                                          const antlr4::ParserRuleContext** owner) {
  const antlr4::tree::ParseTree* below = nullptr;
  for (const antlr4::tree::ParseTree* node = where; node != nullptr; node = node->parent) {
    const auto& children = node->children;
    auto end = below == nullptr ? children.end() : std::ranges::find(children, below);
    *owner = dynamic_cast<const antlr4::ParserRuleContext*>(node);
    if (end != children.begin()) return *(end - 1);
    below = node;
  }
  return nullptr;
}

/// "the action's name", if that is what stands before the place of the error.
std::string DeclaredName(const antlr4::ParserRuleContext* where) {
  const antlr4::ParserRuleContext* owner = nullptr;
  const auto* name = dynamic_cast<const CapParser::NameContext*>(NodeBefore(where, &owner));
  if (name == nullptr || owner == nullptr) return {};
  const auto at = std::ranges::find(owner->children, name);
  if (at == owner->children.begin()) return {};
  auto* word = dynamic_cast<antlr4::tree::TerminalNode*>(*(at - 1));
  if (word == nullptr) return {};
  switch (word->getSymbol()->getType()) {
    case CapParser::ACTION:
    case CapParser::POLICY:
    case CapParser::RECORD:
    case CapParser::ENUM:
    case CapParser::CONSTRAINT:
    case CapParser::PURPOSE:
    case CapParser::FACT:
    case CapParser::LIMIT:
    case CapParser::DEF:
    case CapParser::DATA:
      return "the " + word->getSymbol()->getText() + "'s name";
    default:
      return {};
  }
}

/// A name that is nearly one of the words that could stand here.
void SayNearWord(std::string_view found, const IntervalSet& expected, CapParser& parser,
                 diag::Diagnostic& d) {
  std::vector<std::string> words;
  for (const ssize_t type : expected.toList()) {
    if (type < 0) continue;
    std::string word = parser.getVocabulary().getLiteralName(static_cast<size_t>(type));
    if (word.size() > 4) words.push_back(word.substr(1, word.size() - 2));
  }
  const std::vector<std::string_view> views(words.begin(), words.end());
  const diag::Nearest near = diag::FindNearest(found, views);
  if (near.name.empty()) return;
  d.help = "did you mean `" + std::string(near.name) + "`?";
  if (near.only && d.span.end - d.span.begin == found.size()) {
    d.fixes.push_back({d.span, std::string(near.name)});
  }
}

/// Mistakes that people bring from other languages.
std::string Hint(const SyntaxProblem& problem, const SyntaxReporter& reporter) {
  const size_t found = problem.found->getType();
  const size_t before = problem.before == nullptr ? Token::EOF : problem.before->getType();
  const bool after_number = before == CapParser::INTEGER || before == CapParser::DECIMAL;
  if (problem.where->getRuleIndex() == CapParser::RuleModuleHeader) {
    return "a file begins with its name: `module support`";
  }
  if (found == CapParser::ASSIGN && before != CapParser::LET) {
    return "`==` compares; `=` gives a default or names a `let`";
  }
  if (found == CapParser::LPAREN && before == CapParser::ID) {
    return "a function is called as `f(x)`, not as `x.f()`";
  }
  if (found == CapParser::UNLESS) return "`unless approved by` stands before `when`";
  if (found == CapParser::STRING && problem.where->getRuleIndex() == CapParser::RulePolicyBody) {
    return "a resource pattern stands after `on`";
  }
  if (found == CapParser::ID && after_number) {
    const std::string_view text =
        reporter.TextOf(problem.found->getStartIndex(), problem.found->getStopIndex() + 1);
    if (text.size() == 3) return "a currency has three capitals: `5.00 USD`";
  }
  return {};
}

/// A body whose closing brace is missing is pointed at: its end may be far from its beginning.
void SayUnclosed(const SyntaxProblem& problem, const SyntaxReporter& reporter,
                 diag::Diagnostic& d) {
  const size_t rule = problem.where->getRuleIndex();
  if (MembersOf(rule).empty() || problem.where->children.empty()) return;
  if (problem.where->start->getType() != CapParser::LBRACE) return;
  d.message = "a body is not closed by `}`";
  d.label = "`}` is missing, here or before";
  const size_t begin = problem.where->start->getStartIndex();
  d.notes.push_back({reporter.SpanOf(begin, begin + 1), "the body begins here"});
}

std::string TextOf(const Token& token, const SyntaxReporter& reporter) {
  if (token.getType() == Token::EOF) return "the end of the file";
  return Quoted(reporter.TextOf(token.getStartIndex(), token.getStopIndex() + 1));
}

/// Where the problem is shown. Something missing is shown behind the token before it, when the
/// token found stands on a later line; a stray token in a body is shown itself.
SourceSpan PlaceOf(const SyntaxProblem& problem, bool stray, const SyntaxReporter& reporter) {
  const size_t begin = problem.found->getStartIndex();
  const bool at_end = problem.found->getType() == Token::EOF;
  if (problem.before != nullptr && !stray) {
    const size_t end = problem.before->getStopIndex() + 1;
    if (at_end || reporter.Locate(end).line < reporter.Locate(begin).line) {
      return reporter.SpanOf(end, end);
    }
  }
  return reporter.SpanOf(begin, at_end ? begin : problem.found->getStopIndex() + 1);
}

}  // namespace

diag::Diagnostic WordProblem(const SyntaxProblem& problem, CapParser& parser,
                             const SyntaxReporter& reporter) {
  const Token& found = *problem.found;
  // Before its opening brace a body expects nothing but that.
  const bool opened = !problem.where->children.empty();
  const std::string members(opened ? MembersOf(problem.where->getRuleIndex()) : "");
  std::string expected = members;
  if (expected.empty()) expected = Expectation(problem.expected, parser).Say();
  std::string after = DeclaredName(problem.where);
  if (after.empty() && problem.before != nullptr) after = TextOf(*problem.before, reporter);

  diag::Diagnostic d;
  d.code = diag::Code::kSyntax;
  const bool stray = !members.empty() && problem.stray;
  d.span = PlaceOf(problem, stray, reporter);
  const bool missing = d.span.begin == d.span.end;
  if (expected.empty()) {
    d.message = TextOf(found, reporter) + " cannot stand here";
    if (!after.empty()) d.message = TextOf(found, reporter) + " cannot follow " + after;
    d.label = "not expected";
  } else {
    d.message = "expected " + expected;
    if (!after.empty() && members.empty()) d.message += " after " + after;
    const bool at_end = found.getType() == Token::EOF;
    if (stray || at_end) d.message += ", found " + TextOf(found, reporter);
    d.label = missing ? "something is missing here" : "not expected";
  }
  if (!stray) SayUnclosed(problem, reporter, d);
  if (found.getType() == CapParser::ID) {
    const std::string_view text = reporter.TextOf(found.getStartIndex(), found.getStopIndex() + 1);
    SayNearWord(text, problem.expected, parser, d);
  }
  if (d.help.empty()) d.help = Hint(problem, reporter);
  return d;
}

}  // namespace cap::parse
