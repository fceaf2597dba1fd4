// How names and texts that strangers wrote are spelt in a `.cap` file, so that no description of a
// tool can become a statement, and no control character reaches a reader.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cap::importer {

/// "order_id", "`for`", "`start-date`"; nothing where no file can hold the name.
std::optional<std::string> SpeltName(std::string_view name);

/// Why SpeltName() has nothing: "a name cannot have a back-quote".
std::string WhyUnspellable(std::string_view name);

/// Whether another module may use the name as it is: an identifier that is no word of the language
/// and does not begin with `_`.
bool IsPlainName(std::string_view name);

/// An identifier like the name: "send-email" → "send_email", "2fa" → "tool_2fa".
std::string IdentifierLike(std::string_view name);

/// "share_file" → "ShareFile", "share-file" too. Empty where nothing of it is ASCII.
std::string CamelCase(std::string_view name);

/// The text as a literal in double quotes; what no file may hold stands as an escape.
std::string StringLiteral(std::string_view text);

/// The text as lines of a comment, `//` and all: white space is one space, what cannot be shown is
/// U+FFFD, and what is longer than limits::kImportCommentBytes is cut. Empty for a blank text.
std::vector<std::string> CommentLines(std::string_view text, size_t indent);

/// The text as CommentLines() has it, on one line and without the `//`.
std::string CommentText(std::string_view text);

}  // namespace cap::importer
