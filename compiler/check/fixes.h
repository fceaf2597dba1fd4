// Repairs that are certain, as replacements in the source: `capc check --fix` applies them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/check/context.h"

namespace cap::check {

/// `replacement` in the place of the name (bare, in quotes or in back-quotes) that the span is.
/// None if the span is anything else, or nothing like the replacement.
std::optional<diag::Fix> NameFix(const SourceMap& sources, const SourceSpan& span,
                                 const std::string& replacement);

/// The currency of `money` behind a number; none if the type has no fixed currency, or the
/// node is no such literal.
std::optional<diag::Fix> CurrencyFix(const Context& context, const Node& node, TypeIndex money);

/// The string literal of the span in lower case.
std::optional<diag::Fix> LowerCaseFix(const SourceMap& sources, const SourceSpan& span);

/// The currency code that the string literal of the span is in capitals, if it is one.
std::optional<diag::Fix> CapitalsFix(const SourceMap& sources, const SourceSpan& span);

/// `import name` behind the module's last import.
std::optional<diag::Fix> ImportFix(const ast::Module& module, const std::string& name);

/// A fix, or none, as a report has it.
std::vector<diag::Fix> Certain(std::optional<diag::Fix> fix);

}  // namespace cap::check
