#include "compiler/parse/parse.h"

#include <exception>

#include "compiler/parse/builder.h"
#include "compiler/parse/concrete.h"
#include "compiler/parse/concrete_of.h"
#include "compiler/parse/coverage.h"
#include "compiler/parse/recovery.h"
#include "compiler/parse/text_check.h"
#include "compiler/parse/tokens.h"

namespace cap::parse {

namespace {

void Quiet(CapParser& parser) {
  // ANTLR prints to standard error by default.
  parser.removeErrorListeners();
}

/// Parses without recovery in ANTLR's fast mode. Null when the text has a syntax error, or when
/// only the full mode could tell.
CapParser::FileContext* ParseFast(CapParser& parser) {
  Quiet(parser);
  parser.setErrorHandler(std::make_shared<antlr4::BailErrorStrategy>());
  parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
      antlr4::atn::PredictionMode::SLL);
  try {
    return parser.file();
  } catch (const antlr4::ParseCancellationException&) {
    return nullptr;
  }
}

CapParser::FileContext* ParseWithRecovery(CapParser& parser, SyntaxReporter& reporter) {
  Quiet(parser);
  parser.setErrorHandler(std::make_shared<Recovery>(reporter));
  parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
      antlr4::atn::PredictionMode::LL);
  return parser.file();
}

/// Makes the tree of the tokens and returns what `use` makes of it while it stands.
template <typename Use>
auto ParseTokens(TokenList token_list, SyntaxReporter& reporter, const Use& use) {
  antlr4::ListTokenSource source(std::move(token_list));
  antlr4::CommonTokenStream tokens(&source);
  CapParser fast(&tokens);
  if (CapParser::FileContext* file = ParseFast(fast)) {
    NoteAlternatives(*file);
    return use(*file, tokens);
  }
  tokens.seek(0);
  CapParser careful(&tokens);
  return use(*ParseWithRecovery(careful, reporter), tokens);
}

/// From the text to what `use` makes of its tree; what a default makes where there is no tree.
template <typename Use>
auto ParseText(const SourceMap& sources, FileId id, diag::Sink& sink, SyntaxReporter& reporter,
               const Use& use) -> decltype(ParseTokens({}, reporter, use)) {
  const SourceFile& file = sources.file(id);
  try {
    if (!CheckText(file, reporter)) return {};
    ByteStream text(file.text, BeginOf(file.text));
    TokenList tokens = ReadTokens(text, reporter);
    if (tokens.empty()) return {};
    CheckTokens(tokens, reporter);
    if (!CheckDepth(tokens, reporter)) return {};
    return ParseTokens(std::move(tokens), reporter, use);
  } catch (const std::exception& error) {
    // Nothing above throws on purpose; whatever it was, a text that was not read is not accepted.
    sink.Add({diag::Code::kSyntax,
              {id, 0, 0},
              std::string("the file cannot be parsed: ") + error.what(),
              "",
              {},
              ""});
    return {};
  }
}

}  // namespace

ast::Module Parse(const SourceMap& sources, FileId id, diag::Sink& sink) {
  SyntaxReporter reporter(sources, id, sink);
  return ParseText(sources, id, sink, reporter,
                   [&](CapParser::FileContext& file, antlr4::BufferedTokenStream& tokens) {
                     return Builder(reporter, sink, tokens).Build(file);
                   });
}

std::optional<Concrete> ParseConcrete(const SourceMap& sources, FileId id, diag::Sink& sink) {
  SyntaxReporter reporter(sources, id, sink);
  const size_t errors = sink.errors();
  std::optional<Concrete> tree =
      ParseText(sources, id, sink, reporter,
                [&](const CapParser::FileContext& file, antlr4::BufferedTokenStream& tokens) {
                  // After an error the tree has holes.
                  const bool good = sink.errors() == errors;
                  return good ? std::optional(ConcreteOf(file, tokens)) : std::nullopt;
                });
  if (tree) tree->begin = static_cast<uint32_t>(BeginOf(sources.file(id).text));
  return tree;
}

}  // namespace cap::parse
