#include "compiler/import/tool_reader.h"

#include <fmt/format.h>

#include <utility>

#include "compiler/import/schema_reader.h"
#include "compiler/import/spelling.h"
#include "runtime/base/limits.h"

namespace cap::importer {

namespace {

using NodeKind = JsonNode::Kind;

class Finder {
 public:
  explicit Finder(const SchemaOptions& options) : options_(options) {}

  void Read(const Document& document);
  const FoundTools& found() const { return found_; }
  FoundTools Take() && { return std::move(found_); }

 private:
  void All(const JsonNode& list);
  void One(const JsonNode& node);
  void Schema(const JsonNode& object, std::string_view name, std::string_view doc);
  void Flat(const JsonNode& object, const JsonNode& params);
  void Further(const JsonNode& schema, FoundTool& tool) const;
  void Refuse(std::string tool, std::string reason) {
    found_.refused.push_back({origin_, std::move(tool), std::move(reason)});
  }

  const SchemaOptions& options_;
  const JsonTree* tree_ = nullptr;
  std::string origin_;
  FoundTools found_;
};

void Finder::Read(const Document& document) {
  origin_ = document.origin;
  const Result<JsonTree> tree = JsonTree::Parse(document.text);
  if (!tree.has_value()) {
    const bool large = tree.error().code == "oversize";
    return Refuse("", large ? fmt::format("a text has at most {} bytes and nests at most {} deep",
                                          limits::kRequestBytes, limits::kRequestDepth)
                            : tree.error().message);
  }
  tree_ = &*tree;
  const JsonNode* at = &tree->root();
  const JsonNode* result = tree->Find(*at, "result");  // of a JSON-RPC answer
  if (result != nullptr && result->kind == NodeKind::kObject) at = result;
  const JsonNode* tools = tree->Find(*at, "tools");
  if (at->kind == NodeKind::kArray) return All(*at);
  if (tools != nullptr && tools->kind == NodeKind::kArray) return All(*tools);
  One(*at);
}

void Finder::All(const JsonNode& list) {
  for (const JsonNode* each = tree_->First(list); each != nullptr; each = tree_->Next(*each)) {
    if (found_.tools.size() > limits::kImportTools) return;
    One(*each);
  }
}

void Finder::One(const JsonNode& node) {
  if (node.kind != NodeKind::kObject) return Refuse("", "no tool: " + DescribeJson(node));
  const JsonNode* function = tree_->Find(node, "function");
  const JsonNode& at =
      function != nullptr && function->kind == NodeKind::kObject ? *function : node;
  const std::string_view flat = TextOf(*tree_, at, "tool");
  const JsonNode* params = tree_->Find(at, "params");
  if (!flat.empty() && params != nullptr && params->kind == NodeKind::kObject) {
    return Flat(at, *params);
  }
  const std::string_view name = TextOf(*tree_, at, "name");
  if (name.empty()) return Refuse("", "no tool: it has no `name`");
  Schema(at, name, TextOf(*tree_, at, "description"));
}

void Finder::Schema(const JsonNode& object, std::string_view name, std::string_view doc) {
  FoundTool tool{origin_, std::string(name), std::string(doc), {}, {}};
  for (const std::string_view key : {"inputSchema", "input_schema", "parameters", "json_schema"}) {
    const JsonNode* schema = tree_->Find(object, key);
    if (schema == nullptr || schema->kind == NodeKind::kNull) continue;
    if (schema->kind != NodeKind::kObject) {
      return Refuse(tool.name, fmt::format("its `{}` is {}", key, DescribeJson(*schema)));
    }
    // Alternatives at the top would make each argument depend on the others.
    for (const std::string_view word : {"$ref", "anyOf", "oneOf", "allOf"}) {
      if (tree_->Find(*schema, word) == nullptr) continue;
      return Refuse(tool.name, fmt::format("its arguments are a `{}`, not a list", word));
    }
    tool.arguments = FieldsOf(*tree_, *schema, options_);
    Further(*schema, tool);
    break;
  }
  found_.tools.push_back(std::move(tool));
}

void Finder::Flat(const JsonNode& object, const JsonNode& params) {
  const std::string_view name = TextOf(*tree_, object, "tool");
  const std::string_view doc = TextOf(*tree_, object, "doc");
  const JsonNode* schema = tree_->Find(object, "json_schema");
  if (schema != nullptr && schema->kind == NodeKind::kObject) return Schema(object, name, doc);
  found_.tools.push_back({origin_, std::string(name), std::string(doc),
                          FlatFieldsOf(*tree_, params, options_), {}});
}

void Finder::Further(const JsonNode& schema, FoundTool& tool) const {
  const JsonNode* further = tree_->Find(schema, "additionalProperties");
  if (further != nullptr && further->kind != NodeKind::kFalse) {
    tool.notes.emplace_back("The tool takes further arguments; a call that has one is denied.");
  }
}

}  // namespace

Result<FoundTools> FindTools(const std::vector<Document>& documents,
                             const SchemaOptions& options) {
  Finder finder(options);
  for (const Document& document : documents) {
    finder.Read(document);
    if (finder.found().tools.size() > limits::kImportTools) {
      return Fail("too-many-tools",
                  fmt::format("there are more than {} tools; import them into several modules",
                              limits::kImportTools));
    }
  }
  return std::move(finder).Take();
}

}  // namespace cap::importer
