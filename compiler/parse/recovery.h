// What the parser does at a syntax error: it reports the first of a line in words, mends a missing
// or superfluous token if that is all there is, and otherwise gives up the innermost statement and
// resumes where the next one of its kind begins. Statements begin lines, so a line is believed
// sooner than the count of brackets, which is likely to be what is wrong.
#pragma once

#include <memory>
#include <vector>

#include "CapParser.h"
#include "compiler/parse/report.h"
#include "compiler/parse/wording.h"

namespace cap::parse {

class Recovery : public antlr4::ANTLRErrorStrategy {
 public:
  explicit Recovery(SyntaxReporter& reporter) : reporter_(reporter) {}

  void reset(antlr4::Parser* parser) override;
  antlr4::Token* recoverInline(antlr4::Parser* parser) override;
  void recover(antlr4::Parser* parser, std::exception_ptr error) override;
  void sync(antlr4::Parser* parser) override;
  bool inErrorRecoveryMode(antlr4::Parser*) override { return recovering_; }
  void reportMatch(antlr4::Parser*) override { recovering_ = false; }
  void reportError(antlr4::Parser* parser, const antlr4::RecognitionException& error) override;

 private:
  struct Depth {
    int braces = 0;
    int others = 0;
    void Count(size_t type);
  };

  void Report(antlr4::Parser* parser, antlr4::Token* found,
              const antlr4::misc::IntervalSet& expected, bool stray);
  antlr4::misc::IntervalSet ExpectedHere(antlr4::Parser* parser) const;
  bool IsMissing(antlr4::Parser* parser, const antlr4::misc::IntervalSet& expected) const;
  bool IsSuperfluous(antlr4::Parser* parser, const antlr4::misc::IntervalSet& expected) const;
  antlr4::Token* Conjure(antlr4::Parser* parser, size_t type);

  bool BeginsLine(const antlr4::Token& token, const antlr4::Token* before) const;
  bool BeginsDeclaration(antlr4::Parser* parser, const antlr4::Token& token,
                         const antlr4::Token* before) const;
  /// Consumes up to a token of `resume` that begins a line outside of brackets, a brace that ends
  /// the body, or a declaration at the left margin.
  void Skip(antlr4::Parser* parser, Depth depth, const antlr4::misc::IntervalSet& resume,
            bool after_comma);
  /// Marks the statement that ends in front of a stray token of its line: it is not what was meant.
  static void GiveUpLast(const antlr4::ParserRuleContext& body);
  void SkipToEnd(antlr4::Parser* parser);

  SyntaxReporter& reporter_;
  bool recovering_ = false;
  size_t offending_ = 0;       // token index of the last error
  size_t resumed_ = SIZE_MAX;  // where the last recovery stopped
  // The optional parts that were passed over at one token: they too could have stood there.
  struct Passed {
    const antlr4::RuleContext* context;
    size_t state;
  };
  std::vector<Passed> passed_;
  size_t passed_at_ = SIZE_MAX;
  std::vector<std::unique_ptr<antlr4::Token>> conjured_;
};

}  // namespace cap::parse
