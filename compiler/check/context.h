// What every part of the checker shares: the trees, the names, the Program that is being made, and
// one way to report.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/check/def.h"
#include "compiler/check/node.h"
#include "compiler/check/types.h"
#include "compiler/diag/diagnostic.h"
#include "compiler/resolve/names.h"
#include "runtime/base/limits.h"

namespace cap::check {

/// What to do about a mistake, in words. `replacement`: the name that was surely meant instead of
/// the one in the span, or empty.
struct Help {
  Help() = default;
  Help(std::string the_text) : text(std::move(the_text)) {}
  Help(const char* the_text) : text(the_text) {}
  bool empty() const { return text.empty(); }

  std::string text;
  std::string replacement;
};

struct Report {
  std::string message;
  std::string label;
  Help help;
  std::vector<diag::Label> notes;
  std::vector<diag::Fix> fixes = {};
};

struct Context {
  Context(const SourceMap& the_sources, const std::vector<ast::Module>& the_modules,
          const resolve::Names& the_names, diag::Sink& the_sink)
      : sources(the_sources),
        modules(the_modules),
        names(the_names),
        sink(the_sink),
        before_(the_sink.Sorted()) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const SourceMap& sources;
  const std::vector<ast::Module>& modules;
  const resolve::Names& names;
  diag::Sink& sink;

  Program program;
  Types types{program};
  Nodes nodes;
  bool has_choices = false;  // an `if` between values stands somewhere
  uint32_t variables = 0;  // of quantifiers, numbered through the program

  std::vector<DefInfo> defs;    // parallel to names.defs
  uint32_t open_defs = 0;       // that are being checked
  uint32_t copied_nodes = 0;    // for calls of functions, through the program

  std::vector<TypeIndex> named_types;  // parallel to names.types; kNone: already reported
  std::vector<NodeId> data;  // parallel to names.data: the literal, or an error node

  std::vector<uint32_t> record_depths;  // parallel to Program::records: how deep values nest
  std::map<std::string, uint32_t> inline_records;  // records without a name, by their fields

  /// Which element a row is: equal for two that the same list and key, written twice, lead to.
  uint32_t RowOf(NodeId row);
  std::map<std::string, uint32_t> rows;  // by what leads to them

  /// The keys of a counter, by the literal that stands for them (limit.h).
  std::unordered_map<NodeId, std::vector<NodeId>> keys;

  /// Fields whose declaration was reported, by record: a use of them stays silent.
  std::vector<std::unordered_set<std::string>> bad_fields;

  /// Program::tables by the text of the regular expression, and what all of them may still cost.
  std::unordered_map<std::string, uint32_t> regexes;
  uint64_t regex_steps = limits::kProgramRegexSteps;
  uint64_t table_words = 0;  // of all tables

  std::unordered_map<std::string, uint32_t> tools;  // Program::tools by name

  /// The standard library's module that declares a constraint, by the constraint's name: for help.
  std::map<std::string, std::string> library;

  /// Reports; a help with a replacement becomes a fix of the span, if that is such a name.
  void Error(diag::Code code, const SourceSpan& span, Report report);

  /// Whether the parser reported something within a span; for what would only follow from it.
  bool ReportedIn(const SourceSpan& span) const;

  /// The span as decisions keep it.
  Span Place(const SourceSpan& span) const { return sources.Resolve(span); }

  /// Adds a value to the Program.
  uint32_t AddValue(Value value) {
    program.values.push_back(std::move(value));
    return static_cast<uint32_t>(program.values.size() - 1);
  }
  NodeId AddLiteral(Value value, TypeIndex type, const SourceSpan& span) {
    return nodes.Add({.kind = NodeKind::kLiteral,
                      .type = type,
                      .index = AddValue(std::move(value)),
                      .span = span});
  }
  const Value& ValueOf(NodeId literal) const { return program.values[nodes[literal].index]; }

  std::string TypeName(NodeId node) const { return types.NameOf(nodes[node].type); }

  /// The source text of a span, cut so that it fits a message.
  std::string Quoted(const SourceSpan& span) const;

  uint32_t IndexOf(const ast::Module& module) const {
    return static_cast<uint32_t>(&module - modules.data());
  }

  /// What a name is in a module: its position in the table, or kNone. `hidden` becomes true, if it
  /// is not null, where another module declares it and that was reported.
  uint32_t Find(const resolve::Table& table, const ast::Module& module, const ast::Ident& name,
                bool* hidden);

  /// The names of a table, for help. None past the diagnostics that are printed: the search for
  /// similar names would then cost more than anything else.
  std::vector<std::string_view> Known(const resolve::Table& table) const;

 private:
  std::vector<diag::Diagnostic> before_;
};

/// "did you mean `x`?", or empty when nothing is near.
Help DidYouMean(std::string_view name, const std::vector<std::string_view>& known);

/// A nearest name, or else all of them, if they are few: "declared are `a`, `b`".
Help MeantOrKnown(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace cap::check
