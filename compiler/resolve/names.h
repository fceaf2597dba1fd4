// The names that modules declare at their top: one table a kind of declaration. The checker asks
// them; nothing else in the compiler searches for a declaration.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/diag/diagnostic.h"

namespace cap::resolve {

/// Where a declaration stands in the syntax trees.
struct Entry {
  std::string name;
  SourceSpan span;      // of the name
  uint32_t module = 0;  // index into the modules of the compilation
  uint32_t decl = 0;    // index into Module::decls
};

/// The declarations of one kind, in order of the text, found by name.
class Table {
 public:
  /// Adds a name. Returns the earlier entry of that name, if there is one; then nothing is added.
  const Entry* Add(Entry entry);

  /// The entry's position, or kNone. Whether a module may use it is Names::Sees().
  uint32_t Find(std::string_view name) const;
  const Entry& operator[](uint32_t index) const { return entries_[index]; }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, uint32_t> by_name_;
};

struct Names {
  Table types;  // records and enums: they share one table, since a type is named the same way
  Table approvers;
  Table purposes;
  Table actions;
  Table constraints;
  Table defs;
  Table policies;
  Table data;
  std::vector<std::vector<uint32_t>> imports;  // of each module: the modules it imports

  /// Whether a module may use a declaration: its own, and what the modules that it imports declare,
  /// but for names that begin with `_`, which are their module's alone.
  bool Sees(uint32_t module, const Entry& entry) const;
};

/// Collects the names of all modules; module 0 is the user's, the others are imported, by each as
/// `imports` says. A name is one thing in the whole program: one declared twice is reported at the
/// later place (at the user's, when the other is imported). Cost: linear in the declarations.
Names Collect(const std::vector<ast::Module>& modules,
              std::vector<std::vector<uint32_t>> imports, diag::Sink& sink);

}  // namespace cap::resolve
