#include "compiler/check/data.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/context.h"
#include "compiler/check/declare.h"
#include "compiler/check/time_tables.h"
#include "runtime/frame/encode.h"
#include "runtime/frame/json_value.h"
#include "runtime/value/arena.h"
#include "runtime/value/map.h"
#include "runtime/value/quote.h"
#include "runtime/value/text.h"

namespace cap::check {

namespace {

/// Brings a value that fits its type to the form that constants have: texts are canonical, the rows
/// of maps in the order of their keys. Recursion follows the type, whose depth is bounded.
void MakeCanonical(const Program& program, TypeIndex index, Value& value) {
  const Type& type = program.types[index];
  if (auto* text = std::get_if<std::string>(&value.v)) {
    if (IsCanonicalKind(type.kind)) *text = CanonicalText(type.kind, *text).value_or(*text);
  } else if (auto* list = std::get_if<Value::List>(&value.v)) {
    for (Value& element : *list) MakeCanonical(program, type.element, element);
    if (type.kind == TypeKind::kMap) std::ranges::sort(*list, KeyLess, KeyOfRow);
  } else if (auto* record = std::get_if<Value::Record>(&value.v)) {
    const std::vector<RecordField>& fields = program.records[type.ref].fields;
    for (size_t i = 0; i < record->size(); ++i) {
      MakeCanonical(program, fields[i].type, (*record)[i].value);
    }
  }
}

class DataDeclarer {
 public:
  DataDeclarer(Context& context, const DataFiles& files)
      : context_(context), files_(files), table_(context.names.data) {}

  void Run() {
    for (const DataFile& file : files_.given) CheckFile(file, 0, false);
    for (uint32_t m = 0; m < files_.beside.size(); ++m) {
      if (files_.beside[m]) CheckFile(*files_.beside[m], m, m != 0);
    }
    for (const resolve::Entry& entry : table_.entries()) context_.data.push_back(Declare(entry));
  }

 private:
  struct Found {
    const DataFile* file = nullptr;
    const JsonNode* value = nullptr;
  };

  static bool IsObject(const DataFile& file) {
    return file.json.has_value() && file.json->root().kind == JsonNode::Kind::kObject;
  }
  static Found FindIn(const DataFile& file, const std::string& name) {
    if (!IsObject(file)) return {};
    return {&file, file.json->Find(file.json->root(), name)};
  }
  void Bad(const SourceSpan& span, std::string message, std::string label, std::string help) {
    context_.Error(diag::Code::kBadData, span,
                   {.message = std::move(message),
                    .label = std::move(label),
                    .help = std::move(help),
                    .notes = {}});
  }
  void CheckFile(const DataFile& file, uint32_t module, bool of_module);
  Found ValueOf(const resolve::Entry& entry);
  NodeId Declare(const resolve::Entry& entry);
  NodeId Add(Value value, TypeIndex type, const resolve::Entry& entry);

  Context& context_;
  const DataFiles& files_;
  const resolve::Table& table_;
  bool unreadable_ = false;
};

/// A file of one module alone may give that module's data only.
void DataDeclarer::CheckFile(const DataFile& file, uint32_t module, bool of_module) {
  const std::optional<ast::QualifiedName>& name = context_.modules[module].name;
  const SourceSpan span = name ? name->span : SourceSpan{};
  if (!IsObject(file)) {
    unreadable_ = true;
    return Bad(span,
               fmt::format("`{}` cannot be read: {}", file.path,
                           file.json.has_value() ? "it is no object" : file.json.error().message),
               "its data", "a data file is JSON: {\"name\": value, …}");
  }
  const JsonTree& tree = *file.json;
  for (const JsonNode* at = tree.First(tree.root()); at != nullptr; at = tree.Next(*at)) {
    const uint32_t index = table_.Find(at->key);
    if (index != kNone && (!of_module || table_[index].module == module)) continue;
    Bad(span, fmt::format("`{}` gives {}, which no module declares", file.path, QuoteCut(at->key)),
        "its data", MeantOrKnown(at->key, context_.Known(table_)).text);
  }
}

DataDeclarer::Found DataDeclarer::ValueOf(const resolve::Entry& entry) {
  Found found;
  for (const DataFile& file : files_.given) {
    const Found here = FindIn(file, entry.name);
    if (here.value == nullptr) continue;
    if (found.value != nullptr) {
      Bad(entry.span,
          fmt::format("two files give `{}`: `{}` and `{}`", entry.name, found.file->path,
                      file.path),
          "given twice", "leave one of them out");
      return {};
    }
    found = here;
  }
  for (const uint32_t module : {entry.module, uint32_t{0}}) {
    const bool there = module < files_.beside.size() && files_.beside[module].has_value();
    if (found.value == nullptr && there) found = FindIn(*files_.beside[module], entry.name);
  }
  if (found.value == nullptr && !unreadable_) {
    context_.Error(diag::Code::kMissingData, entry.span,
                   {.message = fmt::format("nobody gave the data `{}`", entry.name),
                    .label = "has no value",
                    .help = fmt::format(
                        "give it as {{\"{}\": …}} in a JSON file: beside the policy, named like "
                        "it with `.data.json`, or by `--data FILE`",
                        entry.name),
                    .notes = {}});
  }
  return found;
}

NodeId DataDeclarer::Declare(const resolve::Entry& entry) {
  const ast::Module& module = context_.modules[entry.module];
  const auto& decl = std::get<ast::DataDecl>(module.decls[entry.decl].node);
  const TypeIndex type = DeclareType(context_, module, decl.type, TypePlace::kData).type;
  const NodeId error = context_.nodes.Error(entry.span);
  if (type == kNone) return error;
  const TypeIndex element = context_.types[type].element;
  const bool map = context_.types.KindOf(type) == TypeKind::kMap;
  if (element != kNone && !map && context_.types.KindOf(element) == TypeKind::kRecord) {
    context_.Error(diag::Code::kTypeNotAllowed, module[decl.type].span,
                   {.message = "a datum is a scalar, a set or list of scalars, or a map",
                    .label = "a list of records",
                    .help = "what differs from call to call is a fact",
                    .notes = {}});
    return error;
  }
  const Found found = ValueOf(entry);
  if (found.value == nullptr) return error;
  const TypeKind kind = context_.types.KindOf(type);
  if (kind == TypeKind::kZone || kind == TypeKind::kSchedule) {
    const uint32_t table =
        DatumTable(context_, kind, *found.file->json, *found.value, entry.span);
    return table == kNone ? error : Add(Value{.v = TableRef{table}}, type, entry);
  }
  Result<Value> value = ReadJsonValue(context_.program, *found.file->json, *found.value, type, 0);
  Arena arena;
  if (value.has_value()) {
    const Result<Slot> encoded = EncodeConstant(context_.program, type, *value, arena);
    if (!encoded.has_value()) value = std::unexpected(encoded.error());
  }
  if (!value.has_value()) {
    Bad(entry.span,
        fmt::format("`{}` in `{}` is no {}: {}", entry.name, found.file->path,
                    context_.types.NameOf(type), value.error().message),
        "does not fit", "");
    return error;
  }
  MakeCanonical(context_.program, type, *value);
  return Add(std::move(*value), type, entry);
}

NodeId DataDeclarer::Add(Value value, TypeIndex type, const resolve::Entry& entry) {
  return context_.nodes.Add({.kind = NodeKind::kLiteral,
                             .datum = true,
                             .type = context_.types.Canonical(type),
                             .index = context_.AddValue(std::move(value)),
                             .span = entry.span});
}

}  // namespace

void DeclareData(Context& context, const DataFiles& files) { DataDeclarer(context, files).Run(); }

}  // namespace cap::check
