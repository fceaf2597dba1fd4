// The one scope of values: built-in, bound and live context, facts, arguments, lets, variables.
// Nothing shadows anything.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/check/context.h"

namespace cap::check {

enum class SymbolKind : uint8_t {
  kBuiltin,
  kBound,
  kLive,
  kArgument,
  kFact,
  kLet,
  kVariable,
  kParameter,
  kKey,  // a parameter of type `key`; its node says which
};
std::string_view NameOf(SymbolKind kind);  // "argument", "bound context", …

struct Symbol {
  std::string name;
  SourceSpan span;
  SymbolKind kind = SymbolKind::kArgument;
  NodeId node = kNone;
};

class Scope {
 public:
  /// `owner` is what messages call the place: "action `refund`". A constraint's body has
  /// parameters, everything else arguments.
  Scope(Context& context, std::string owner, bool constraint);

  /// Adds a name. One that is taken is reported, with a note at the first place, and not added.
  bool Declare(Symbol symbol);
  /// Gives a declared name its value later.
  void Rebind(std::string_view name, NodeId node);
  const Symbol* Find(std::string_view name) const;
  std::vector<std::string_view> Names() const;

  /// Names declared after a mark end where it is released.
  size_t Mark() const { return symbols_.size(); }
  void Release(size_t mark);

  const std::string& owner() const { return owner_; }
  bool constraint() const { return constraint_; }

 private:
  Context& context_;
  std::string owner_;
  bool constraint_;
  std::vector<Symbol> symbols_;
  std::unordered_map<std::string, uint32_t> by_name_;
};

}  // namespace cap::check
