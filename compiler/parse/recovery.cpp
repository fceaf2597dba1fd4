#include "compiler/parse/recovery.h"

namespace cap::parse {

namespace {

using antlr4::Parser;
using antlr4::Token;
using antlr4::misc::IntervalSet;

/// The bodies in braces, and the file: their loops are where a stray token is skipped.
bool IsBody(size_t rule) {
  switch (rule) {
    case CapParser::RuleFile:
    case CapParser::RulePolicyBody:
    case CapParser::RuleActionBody:
    case CapParser::RuleFieldBody:
    case CapParser::RuleBlock:
      return true;
    default:
      return false;
  }
}

/// The rules whose text is given up as a whole; an error further in propagates to one of these.
bool IsStatement(size_t rule) {
  switch (rule) {
    case CapParser::RuleLanguageHeader:
    case CapParser::RuleModuleHeader:
    case CapParser::RuleDeclaration:
    case CapParser::RuleItem:
    case CapParser::RuleMember:
    case CapParser::RuleField:
    case CapParser::RuleStatement:
      return true;
    default:
      return false;
  }
}

bool IsLoop(size_t state_type) {
  return state_type == antlr4::atn::ATNState::STAR_LOOP_ENTRY ||
         state_type == antlr4::atn::ATNState::STAR_LOOP_BACK;
}

IntervalSet FirstOf(Parser* parser, size_t rule) {
  const antlr4::atn::ATN& atn = parser->getATN();
  return atn.nextTokens(atn.ruleToStartState[rule]);
}

/// Whether a word that begins a declaration could be read as a name that begins a member.
bool MistakenForMember(Parser& parser, size_t rule) {
  const size_t next = parser.getTokenStream()->LA(2);
  if (next == CapParser::COLON || next == CapParser::LPAREN) return false;
  return rule == CapParser::RuleFieldBody || rule == CapParser::RuleActionBody ||
         rule == CapParser::RuleBlock;
}

/// Where a construct is resumed: a body's header gives way to any declaration.
size_t ResumedRule(size_t rule) {
  const bool header = rule == CapParser::RuleLanguageHeader || rule == CapParser::RuleModuleHeader;
  return header ? size_t{CapParser::RuleDeclaration} : rule;
}

}  // namespace

void Recovery::Depth::Count(size_t type) {
  switch (type) {
    case CapParser::LBRACE:
      ++braces;
      break;
    case CapParser::RBRACE:
      --braces;
      others = 0;  // whatever was open inside is closed by its body's end
      break;
    case CapParser::LPAREN:
    case CapParser::LBRACKET:
      ++others;
      break;
    case CapParser::RPAREN:
    case CapParser::RBRACKET:
      if (others > 0) --others;
      break;
    default:
      break;
  }
}

void Recovery::reset(Parser*) {
  recovering_ = false;
  offending_ = 0;
  resumed_ = SIZE_MAX;
  passed_.clear();
  passed_at_ = SIZE_MAX;
}

void Recovery::Report(Parser* parser, Token* found, const IntervalSet& expected, bool stray) {
  offending_ = found->getTokenIndex();
  if (recovering_) return;
  recovering_ = true;
  SyntaxProblem problem{
      .expected = expected, .found = found, .where = parser->getContext(), .stray = stray};
  auto* tokens = static_cast<antlr4::BufferedTokenStream*>(parser->getTokenStream());
  for (size_t i = offending_; i > 0 && problem.before == nullptr; --i) {
    const Token* token = tokens->get(i - 1);
    if (token->getChannel() == Token::DEFAULT_CHANNEL) problem.before = token;
  }
  reporter_.Report(WordProblem(problem, static_cast<CapParser&>(*parser), reporter_));
}

IntervalSet Recovery::ExpectedHere(Parser* parser) const {
  IntervalSet expected = parser->getExpectedTokens();
  if (passed_at_ != parser->getCurrentToken()->getTokenIndex()) return expected;
  const antlr4::atn::ATN& atn = parser->getATN();
  for (const Passed& passed : passed_) {
    if (passed.context != parser->getContext()) continue;
    expected.addAll(atn.nextTokens(atn.states[passed.state], parser->getContext()));
  }
  return expected;
}

void Recovery::reportError(Parser* parser, const antlr4::RecognitionException& error) {
  Token* const found = error.getOffendingToken();
  if (found == nullptr) return;
  // A decision that failed further on knows no set for that place.
  const bool here = found == parser->getCurrentToken();
  Report(parser, found, here && !recovering_ ? ExpectedHere(parser) : IntervalSet(), false);
}

bool Recovery::IsMissing(Parser* parser, const IntervalSet& expected) const {
  if (expected.size() != 1) return false;
  switch (static_cast<size_t>(expected.getMinElement())) {
    case CapParser::LBRACE:
    case CapParser::RBRACE:
    case CapParser::LPAREN:
    case CapParser::RPAREN:
    case CapParser::LBRACKET:
    case CapParser::RBRACKET:
    case CapParser::COLON:
    case CapParser::ASSIGN:
      break;
    default:
      return false;
  }
  const antlr4::atn::ATN& atn = parser->getATN();
  const antlr4::atn::ATNState* behind = atn.states[parser->getState()]->transitions[0]->target;
  auto* const mutable_state = const_cast<antlr4::atn::ATNState*>(behind);
  return atn.nextTokens(mutable_state, parser->getContext())
      .contains(parser->getTokenStream()->LA(1));
}

bool Recovery::IsSuperfluous(Parser* parser, const IntervalSet& expected) const {
  const Token* const token = parser->getCurrentToken();
  const size_t type = token->getType();
  if (type == CapParser::LBRACE || type == CapParser::RBRACE || type == Token::EOF) return false;
  const Token* const before = parser->getTokenStream()->LT(-1);
  if (before == nullptr || BeginsLine(*token, before)) return false;
  return expected.contains(parser->getTokenStream()->LA(2));
}

Token* Recovery::Conjure(Parser* parser, size_t type) {
  auto token = std::make_unique<antlr4::CommonToken>(type);
  const Token* const current = parser->getCurrentToken();
  token->setStartIndex(current->getStartIndex());
  token->setStopIndex(current->getStartIndex());
  conjured_.push_back(std::move(token));
  return conjured_.back().get();
}

Token* Recovery::recoverInline(Parser* parser) {
  const IntervalSet expected = parser->getExpectedTokens();
  const bool missing = IsMissing(parser, expected);
  if (!missing && !IsSuperfluous(parser, expected)) {
    throw antlr4::InputMismatchException(parser);
  }
  Report(parser, parser->getCurrentToken(), ExpectedHere(parser), false);
  if (missing) return Conjure(parser, static_cast<size_t>(expected.getMinElement()));
  parser->consume();
  reportMatch(parser);
  Token* const matched = parser->getCurrentToken();
  parser->consume();
  return matched;
}

bool Recovery::BeginsLine(const Token& token, const Token* before) const {
  if (before == nullptr) return true;
  return reporter_.Locate(before->getStartIndex()).line <
         reporter_.Locate(token.getStartIndex()).line;
}

bool Recovery::BeginsDeclaration(Parser* parser, const Token& token, const Token* before) const {
  return FirstOf(parser, CapParser::RuleDeclaration).contains(token.getType()) &&
         BeginsLine(token, before) && reporter_.Locate(token.getStartIndex()).column == 1;
}

void Recovery::Skip(Parser* parser, Depth depth, const IntervalSet& resume, bool after_comma) {
  antlr4::TokenStream* const tokens = parser->getTokenStream();
  const Token* before = tokens->index() == 0 ? nullptr : tokens->LT(-1);
  while (true) {
    const Token* const token = parser->getCurrentToken();
    const size_t type = token->getType();
    if (type == Token::EOF || BeginsDeclaration(parser, *token, before)) return;
    // Outside of every body a closing brace ends nothing.
    const bool in_file = parser->getContext()->getRuleIndex() == CapParser::RuleFile;
    if (type == CapParser::RBRACE && depth.braces <= 0 && !in_file) return;
    // A name may be a misspelt word of the language, which the body's loop will say.
    const bool resumes = resume.contains(type) || type == CapParser::ID;
    if (depth.braces <= 0 && token->getTokenIndex() != resumed_ && resumes &&
        BeginsLine(*token, before)) {
      // Inside of open brackets a name says nothing, but these words only ever begin a statement.
      const bool certain = type >= CapParser::REQUIRE && type <= CapParser::DEF;
      if (certain || depth.others == 0) {
        recovering_ = false;  // a fresh start: what is wrong from here on is another error
        return;
      }
    }
    depth.Count(type);
    parser->consume();
    if (after_comma && type == CapParser::COMMA && depth.braces <= 0 && depth.others == 0) return;
    before = token;
  }
}

void Recovery::GiveUpLast(const antlr4::ParserRuleContext& body) {
  auto* last = body.children.empty()
                   ? nullptr
                   : dynamic_cast<antlr4::ParserRuleContext*>(body.children.back());
  if (last == nullptr || last->exception != nullptr) return;
  last->exception = std::make_exception_ptr(antlr4::CancellationException());
}

void Recovery::SkipToEnd(Parser* parser) {
  while (parser->getCurrentToken()->getType() != Token::EOF) parser->consume();
}

void Recovery::recover(Parser* parser, std::exception_ptr error) {
  const size_t rule = parser->getContext()->getRuleIndex();
  if (rule == CapParser::RuleFile || reporter_.Full()) SkipToEnd(parser);
  if (rule == CapParser::RuleFile) return;
  if (!IsStatement(rule)) std::rethrow_exception(error);

  Depth depth;
  auto* tokens = static_cast<antlr4::BufferedTokenStream*>(parser->getTokenStream());
  const size_t begin = parser->getContext()->start->getTokenIndex();
  while (tokens->index() < offending_) parser->consume();
  for (size_t i = begin; i < tokens->index(); ++i) depth.Count(tokens->get(i)->getType());
  // What the statement closed beyond what it opened belongs to the bodies around it.
  depth.braces = std::max(depth.braces, 0);
  const bool after_comma = rule == CapParser::RuleField || rule == CapParser::RuleMember;
  Skip(parser, depth, FirstOf(parser, ResumedRule(rule)), after_comma);
  resumed_ = tokens->index();
}

void Recovery::sync(Parser* parser) {
  const size_t state = parser->getState();
  const antlr4::atn::ATN& atn = parser->getATN();
  antlr4::atn::ATNState* const at = atn.states[state];
  const size_t index = parser->getCurrentToken()->getTokenIndex();
  if (passed_at_ != index) passed_.clear();
  passed_at_ = index;
  passed_.push_back({parser->getContext(), state});

  if (!IsLoop(static_cast<size_t>(at->getStateType())) || !IsBody(at->ruleIndex)) return;
  const IntervalSet& expected = atn.nextTokens(at);
  const Token* const token = parser->getCurrentToken();
  const Token* const before = index == 0 ? nullptr : parser->getTokenStream()->LT(-1);
  if (expected.contains(token->getType())) {
    // `policy p {` at the margin is no field named `policy`: the body above was not closed.
    if (!MistakenForMember(*parser, at->ruleIndex)) return;
    if (BeginsDeclaration(parser, *token, before)) throw antlr4::InputMismatchException(parser);
    return;
  }
  // A declaration inside of a body: its closing brace is missing, which its match will say.
  if (token->getType() == Token::EOF || BeginsDeclaration(parser, *token, before)) return;
  Report(parser, parser->getCurrentToken(), expected, true);
  if (!BeginsLine(*token, before)) GiveUpLast(*parser->getContext());
  if (reporter_.Full()) return SkipToEnd(parser);
  Depth depth;
  depth.Count(token->getType());
  parser->consume();
  Skip(parser, depth, expected, false);
}

}  // namespace cap::parse
