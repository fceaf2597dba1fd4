// A text cut into tokens, and the tokens checked before the parser sees them: their number, how
// deep they nest, and each literal on its own. The parser and everything behind it recurse over
// nesting, so the bound is enforced here, on a flat list.
#pragma once

#include <memory>
#include <vector>

#include "antlr4-runtime.h"
#include "compiler/parse/byte_stream.h"
#include "compiler/parse/report.h"

namespace cap::parse {

using TokenList = std::vector<std::unique_ptr<antlr4::Token>>;

/// Cuts the text into tokens, the end-of-file token last. Empty when there are more than
/// limits::kSourceTokens, which is reported.
TokenList ReadTokens(ByteStream& text, SyntaxReporter& reporter);

/// Reports tokens that are wrong by themselves and mends them where the author's meaning is plain
/// (`&&` becomes `and`), so that the parser does not report them again.
void CheckTokens(TokenList& tokens, SyntaxReporter& reporter);

/// Whether the nesting of brackets, types and operators stays within limits::kSyntaxDepth. Reports
/// the first place that does not.
bool CheckDepth(const TokenList& tokens, SyntaxReporter& reporter);

}  // namespace cap::parse
