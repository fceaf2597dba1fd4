// Finds the tools in JSON texts; internal to compiler/import.
#pragma once

#include "compiler/import/tools.h"

namespace cap::importer {

struct FoundTool {
  std::string origin;
  std::string name;
  std::string doc;
  std::vector<SchemaField> arguments;
  std::vector<std::string> notes;
};

struct FoundTools {
  std::vector<FoundTool> tools;
  std::vector<Refusal> refused;
};

/// Errors: "too-many-tools".
Result<FoundTools> FindTools(const std::vector<Document>& documents, const SchemaOptions& options);

}  // namespace cap::importer
