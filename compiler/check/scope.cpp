#include "compiler/check/scope.h"

#include <fmt/core.h>

namespace cap::check {

std::string_view NameOf(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::kBuiltin:
      return "built-in value";
    case SymbolKind::kBound:
      return "bound context";
    case SymbolKind::kLive:
      return "live context";
    case SymbolKind::kArgument:
      return "argument";
    case SymbolKind::kFact:
      return "fact";
    case SymbolKind::kLet:
      return "let";
    case SymbolKind::kVariable:
      return "variable";
    case SymbolKind::kParameter:
    case SymbolKind::kKey:
      return "parameter";
  }
  return "name";
}

Scope::Scope(Context& context, std::string owner, bool constraint)
    : context_(context), owner_(std::move(owner)), constraint_(constraint) {
  const NodeId now =
      context.nodes.Add({.kind = NodeKind::kNow, .type = context.types.Instant(), .span = {}});
  Declare({.name = "now", .span = {}, .kind = SymbolKind::kBuiltin, .node = now});
}

bool Scope::Declare(Symbol symbol) {
  if (symbol.name.empty()) return false;
  const Symbol* first = Find(symbol.name);
  const uint32_t datum = context_.names.data.Find(symbol.name);
  if (first == nullptr && datum != kNone) {
    context_.Error(diag::Code::kNameTaken, symbol.span,
                   {.message = fmt::format("the {} `{}` collides with the data of that name",
                                           NameOf(symbol.kind), symbol.name),
                    .label = "the name is taken",
                    .help = "there is one scope and no shadowing: choose another name",
                    .notes = {{context_.names.data[datum].span, "declared here"}}});
    return false;
  }
  if (first == nullptr) {
    by_name_.emplace(symbol.name, static_cast<uint32_t>(symbols_.size()));
    symbols_.push_back(std::move(symbol));
    return true;
  }
  Report report{.message = fmt::format("the {} `{}` collides with the {} of that name",
                                       NameOf(symbol.kind), symbol.name, NameOf(first->kind)),
                .label = "the name is taken",
                .help = "there is one scope and no shadowing: choose another name",
                .notes = {}};
  if (first->kind != SymbolKind::kBuiltin) {
    report.notes.push_back({first->span, "first declared here"});
  }
  context_.Error(diag::Code::kNameTaken, symbol.span, std::move(report));
  return false;
}

void Scope::Rebind(std::string_view name, NodeId node) {
  symbols_[by_name_.at(std::string(name))].node = node;
}

const Symbol* Scope::Find(std::string_view name) const {
  const auto at = by_name_.find(std::string(name));
  return at == by_name_.end() ? nullptr : &symbols_[at->second];
}

std::vector<std::string_view> Scope::Names() const {
  std::vector<std::string_view> names;
  for (const Symbol& symbol : symbols_) names.push_back(symbol.name);
  return names;
}

void Scope::Release(size_t mark) {
  while (symbols_.size() > mark) {
    by_name_.erase(symbols_.back().name);
    symbols_.pop_back();
  }
}

}  // namespace cap::check
