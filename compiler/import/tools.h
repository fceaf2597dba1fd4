// Tool schemas → a module of actions (`capc import tools`). Schemas are hostile input: anybody's
// server wrote them. Whatever they hold, the text that comes out compiles, and nothing of them
// stands in it but names, literals and comments.
#pragma once

#include <string>
#include <vector>

#include "compiler/import/schema.h"
#include "runtime/base/result.h"

namespace cap::importer {

/// One JSON text: a tool, a list of tools, or an answer to `tools/list`.
struct Document {
  std::string origin;  // "tools.json", "tools.jsonl:3"
  std::string text;
};

struct ToolsOptions {
  std::string module = "tools";
  SchemaOptions schema;
};

struct ArgumentReport {
  std::string name;
  std::string type;                // as it is written: "list<string>?"
  bool scalar = true;              // by the schema
  std::string opaque;              // why it is `json`; empty: it is typed
  std::vector<std::string> notes;  // what the schema says beyond the type
};
struct ToolReport {
  std::string tool;
  std::string action;
  std::string origin;
  std::vector<ArgumentReport> arguments;
};
struct Refusal {
  std::string origin;
  std::string tool;  // empty: the text could not be read so far
  std::string reason;
};

struct ToolsImport {
  std::string text;  // the module; empty when no tool could be imported
  std::vector<ToolReport> tools;
  std::vector<Refusal> refused;
  size_t doubled = 0;  // tools that were there already, and equal
};

/// Errors: "too-many-tools" and "too-large" (of the result), which say what to do. Cost: linear in
/// the texts, and one compilation of the result for each round of refusals.
Result<ToolsImport> ImportTools(const std::vector<Document>& documents,
                                const ToolsOptions& options);

/// Shares, and what became of each tool, as a person reads it; or one JSON object.
std::string ToText(const ToolsImport& import);
std::string ToJson(const ToolsImport& import);

}  // namespace cap::importer
