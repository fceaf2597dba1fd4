#include "compiler/resolve/names.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "runtime/value/type.h"

namespace cap::resolve {

namespace {

// The names of types that the language itself has, and those it will have.
constexpr std::array<std::string_view, 21> kTypeNames = {
    "bool", "int",      "money", "string", "email",   "instant",  "set",
    "list", "approver", "enum",  "record", "map",     "url",      "path",
    "ip",   "cidr",     "date",  "rate",   "decimal", "duration", "json"};

bool IsTypeName(std::string_view name) {
  for (const std::string_view reserved : kTypeNames) {
    if (reserved == name) return true;
  }
  return false;
}

class Collector {
 public:
  Collector(const std::vector<ast::Module>& modules, diag::Sink& sink)
      : modules_(modules), sink_(sink) {}

  Names Run() {
    // Imported modules first: where the user's name collides with one of theirs, the place to mend
    // is the user's.
    for (uint32_t m = 1; m < modules_.size(); ++m) CollectModule(m);
    if (!modules_.empty()) CollectModule(0);
    return std::move(names_);
  }

 private:
  void CollectModule(uint32_t module) {
    module_ = module;
    const std::vector<ast::Decl>& decls = modules_[module].decls;
    for (decl_ = 0; decl_ < decls.size(); ++decl_) {
      std::visit([this](const auto& node) { Declare(node); }, decls[decl_].node);
    }
  }

  void Declare(const ast::ContextDecl&) {}  // its names belong to the scope of values
  void Declare(const ast::ForbidDecl&) {}   // it has none
  void Declare(const ast::LimitDecl&) {}    // its name is its counter's: the checker looks at it
  void Declare(const ast::WrapperDecl&) {}  // it has none: its tool is a text
  void Declare(const ast::RecordDecl& d) { DeclareType(d.name); }
  void Declare(const ast::EnumDecl& d) { DeclareType(d.name); }
  void Declare(const ast::ApproverDecl& d) {
    for (const ast::Ident& name : d.names) Add(names_.approvers, "approver", name);
  }
  void Declare(const ast::PurposeDecl& d) { Add(names_.purposes, "purpose", d.name); }
  void Declare(const ast::ActionDecl& d) { Add(names_.actions, "action", d.name); }
  void Declare(const ast::ConstraintDecl& d) { Add(names_.constraints, "constraint", d.name); }
  void Declare(const ast::DataDecl& d) { Add(names_.data, "data", d.name); }
  void Declare(const ast::PolicyDecl& d) { Add(names_.policies, "policy", d.name); }
  void Declare(const ast::DefDecl& d) {
    constexpr std::array<std::string_view, 9> kFunctions = {
        "size", "startsWith", "endsWith", "contains", "instant", "age", "first", "last", "today"};
    if (std::ranges::find(kFunctions, d.name.text) == kFunctions.end()) {
      return Add(names_.defs, "function", d.name);
    }
    sink_.Add({.code = diag::Code::kReservedName,
               .span = d.name.span,
               .message = fmt::format("`{}` is a function of the language", d.name.text),
               .label = "cannot be declared again",
               .notes = {},
               .help = "choose another name"});
  }

  void DeclareType(const ast::Ident& name) {
    if (IsTypeName(name.text)) {
      sink_.Add({.code = diag::Code::kReservedName,
                 .span = name.span,
                 .message = fmt::format("`{}` is a type of the language", name.text),
                 .label = "cannot be declared again",
                 .notes = {},
                 .help = fmt::format("choose another name, such as `{}_type`", name.text)});
      return;
    }
    Add(names_.types, "type", name);
  }

  void Add(Table& table, std::string_view kind, const ast::Ident& name) {
    if (name.text.empty()) return;
    const Entry* first = table.Add({name.text, name.span, module_, decl_});
    if (first == nullptr) return;
    const bool imported = first->module != module_;
    sink_.Add({.code = diag::Code::kDeclaredTwice,
               .span = name.span,
               .message = fmt::format("{} `{}` is declared twice", kind, name.text),
               .label = "declared again",
               .notes = {{first->span, imported ? "imported from here" : "first declared here"}},
               .help = "names are not overridden: rename one of the two"});
  }

  const std::vector<ast::Module>& modules_;
  diag::Sink& sink_;
  Names names_;
  uint32_t module_ = 0;
  uint32_t decl_ = 0;
};

}  // namespace

const Entry* Table::Add(Entry entry) {
  const auto [at, added] = by_name_.emplace(entry.name, static_cast<uint32_t>(entries_.size()));
  if (!added) return &entries_[at->second];
  entries_.push_back(std::move(entry));
  return nullptr;
}

uint32_t Table::Find(std::string_view name) const {
  const auto at = by_name_.find(std::string(name));
  return at == by_name_.end() ? kNone : at->second;
}

bool Names::Sees(uint32_t module, const Entry& entry) const {
  if (entry.module == module) return true;
  if (entry.name.starts_with('_')) return false;
  return std::ranges::find(imports[module], entry.module) != imports[module].end();
}

Names Collect(const std::vector<ast::Module>& modules,
              std::vector<std::vector<uint32_t>> imports, diag::Sink& sink) {
  Names names = Collector(modules, sink).Run();
  names.imports = std::move(imports);
  return names;
}

}  // namespace cap::resolve
