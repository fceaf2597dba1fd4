// Writes tools as actions; internal to compiler/import.
#pragma once

#include <map>
#include <set>

#include "compiler/import/tool_reader.h"

namespace cap::importer {

class ToolWriter {
 public:
  explicit ToolWriter(const ToolsOptions& options) : options_(options) {}

  /// The declarations of one tool, and what its report says. An argument that no file can hold is
  /// the error "refused".
  Result<std::string> Write(const FoundTool& tool, ToolReport& report);

  /// What stands before the declarations.
  std::string Header() const;

 private:
  std::string TypeText(const SchemaType& type, const std::string& name, std::string& before);
  std::string EnumName(const SchemaType& type, const std::string& name, std::string& before);
  std::string RecordName(const SchemaType& type, const std::string& name, std::string& before);
  std::string FieldLines(const SchemaField& field, const std::string& type, bool argument);
  std::string ActionName(const FoundTool& tool);
  std::string Fresh(std::string base, std::set<std::string>& taken) const;

  const ToolsOptions& options_;
  std::set<std::string> type_names_;
  std::set<std::string> action_names_;
  std::map<std::string, std::string> types_;  // what is declared → by which name
  bool numbers_ = false;
  bool amounts_ = false;
  bool opaque_ = false;
};

}  // namespace cap::importer
