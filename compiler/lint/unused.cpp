// Declarations and imports that nothing uses. A name is used where it stands anywhere else, in code
// or between the braces of a text: so nothing is called unused that is not.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/lint/context.h"
#include "compiler/parse/concrete.h"
#include "runtime/program/layout.h"

namespace cap::lint {

namespace {

using parse::Alternative;

struct Declared {
  std::string_view name;
  std::string_view what;  // "record"
  SourceSpan span;
};

bool IsNameCharacter(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr std::pair<Alternative, std::string_view> kKinds[] = {
    {Alternative::kDataDeclaration, "data"},
    {Alternative::kRecordDeclaration, "record"},
    {Alternative::kEnumDeclaration, "enum"},
    {Alternative::kOrderedEnumDeclaration, "enum"},
    {Alternative::kPurposeDeclaration, "purpose"},
    {Alternative::kApproverDeclaration, "approver"},
    {Alternative::kDefDeclaration, "function"},
    {Alternative::kConstraintDeclaration, "constraint"},
    {Alternative::kActionDeclaration, "action"},
    {Alternative::kPolicyDeclaration, "policy"},
    {Alternative::kBoundContextDeclaration, "context value"},
    {Alternative::kLiveContextDeclaration, "context value"},
};

std::string_view KindOf(Alternative alternative) {
  for (const auto& [each, what] : kKinds) {
    if (each == alternative) return what;
  }
  return {};
}

/// One file: what it declares and which names it has.
class FileNames {
 public:
  FileNames(const SourceMap& sources, FileId file) : file_(file), text_(sources.file(file).text) {
    diag::Sink ignored;
    tree_ = parse::ParseConcrete(sources, file, ignored);
    if (!tree_) return;
    for (const uint32_t child : tree_->nodes[0].children) Declaration(tree_->nodes[child]);
    for (const parse::ConcreteToken& token : tree_->tokens) Count(TextOf(token));
  }

  const std::vector<Declared>& declared() const { return declared_; }
  bool Uses(std::string_view name, size_t times = 1) const {
    const auto at = counts_.find(name);
    return at != counts_.end() && at->second >= times;
  }
  bool has_policies() const { return has_policies_; }
  bool binds_policies() const { return binds_policies_; }

 private:
  std::string_view TextOf(const parse::ConcreteToken& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }

  void Declaration(const parse::ConcreteNode& node) {
    if (node.alternative == Alternative::kPolicyDeclaration) has_policies_ = true;
    if (node.alternative == Alternative::kForbidDeclaration ||
        node.alternative == Alternative::kLimitDeclaration ||
        node.alternative == Alternative::kWrapperDeclaration) {
      binds_policies_ = true;
    }
    const std::string_view what = KindOf(node.alternative);
    if (what.empty()) return;
    const bool context = node.alternative == Alternative::kBoundContextDeclaration ||
                         node.alternative == Alternative::kLiveContextDeclaration;
    const parse::ConcreteNode& names = context ? tree_->nodes[node.children.front()] : node;
    for (const uint32_t child : names.children) {
      const parse::ConcreteNode& at = tree_->nodes[child];
      const parse::ConcreteNode& name =
          context && !at.children.empty() ? tree_->nodes[at.children.front()] : at;
      const bool is_name = name.alternative == Alternative::kPlainName ||
                           name.alternative == Alternative::kQuotedName ||
                           name.alternative == Alternative::kSoftName;
      if (!is_name) continue;
      const parse::ConcreteToken& token = tree_->tokens[name.first];
      declared_.push_back({Bare(TextOf(token)), what, {file_, token.begin, token.end}});
      if (!context && node.alternative != Alternative::kApproverDeclaration) break;
    }
  }

  static std::string_view Bare(std::string_view name) {
    return name.starts_with('`') ? name.substr(1, name.size() - 2) : name;
  }

  void Count(std::string_view token) {
    if (!token.starts_with('"')) {
      ++counts_[Bare(token)];
      return;
    }
    for (size_t open = token.find('{'); open != token.npos; open = token.find('{', open + 1)) {
      const size_t close = std::min(token.find('}', open), token.size());
      for (size_t at = open; at < close;) {
        const size_t begin = at;
        while (at < close && IsNameCharacter(token[at])) ++at;
        if (at > begin) {
          ++counts_[token.substr(begin, at - begin)];
        } else {
          ++at;
        }
      }
    }
  }

  FileId file_;
  std::string_view text_;
  std::optional<parse::Concrete> tree_;
  std::vector<Declared> declared_;
  std::map<std::string_view, size_t> counts_;
  bool has_policies_ = false;
  bool binds_policies_ = false;
};

void Declarations(Findings& findings, const FileNames& own) {
  for (const Declared& each : own.declared()) {
    if (each.what == "action" || each.what == "policy") continue;
    // Without a policy a file is a library: what it declares is for others, but for `_names`.
    if (!own.has_policies() && !each.name.starts_with('_')) continue;
    if (own.Uses(each.name, 2)) continue;
    findings.Add(diag::Code::kLintUnused, each.span,
                 {fmt::format("nothing in this file uses the {} `{}`", each.what, each.name),
                  "declared only", "leave it out"});
  }
}

/// Whether actions of a file are of tools of which other files have actions, too: a call has to be
/// permitted as each of them.
bool SharesTool(const Program& program, uint32_t file) {
  return std::ranges::any_of(program.tools, [&](const Tool& tool) {
    const auto is_of = [&](uint32_t action) { return program.actions[action].span.file == file; };
    return std::ranges::any_of(tool.actions, is_of) && !std::ranges::all_of(tool.actions, is_of);
  });
}

/// Whether the module, or one that it brings along, says something of calls that it is not asked
/// about by name: forbids, wrappers, other actions of a tool.
bool Binds(const Compilation& compilation, const std::vector<FileNames>& files, uint32_t module) {
  std::set<uint32_t> seen{module};
  std::vector<uint32_t> open{module};
  while (!open.empty()) {
    const uint32_t at = open.back();
    open.pop_back();
    if (files[at].binds_policies() || SharesTool(*compilation.program, at)) return true;
    for (const uint32_t next : compilation.imports[at]) {
      if (seen.insert(next).second) open.push_back(next);
    }
  }
  return false;
}

void Imports(Findings& findings, const std::vector<FileNames>& files) {
  const Compilation& compilation = findings.compilation();
  for (const ast::QualifiedName& import : compilation.modules[0].imports) {
    for (const uint32_t module : compilation.imports[0]) {
      const auto& name = compilation.modules[module].name;
      if (!name || name->Joined() != import.Joined()) continue;
      const bool used = std::ranges::any_of(
          files[module].declared(), [&](const Declared& each) { return files[0].Uses(each.name); });
      if (used || Binds(compilation, files, module)) continue;
      findings.Add(diag::Code::kLintUnusedImport, import.span,
                   {fmt::format("nothing of `{}` is used", import.Joined()), "imported only",
                    "leave it out"});
    }
  }
}

// --- facts ---

class ToolReads {
 public:
  ToolReads(const Program& program, uint32_t tool) : program_(program) {
    for (const Shape& shape : program.shapes) {
      if (shape.tool == tool) Code(shape);
    }
    for (const Action& action : program.actions) {
      if (action.tool != tool) continue;
      for (const ResourceHole& hole : action.resource.holes) {
        if (hole.source == HoleSource::kSlot) slots_.insert(hole.index);
      }
      if (action.resource.each_slot != kNone) slots_.insert(action.resource.each_slot);
    }
    for (const LetDesc& let : program.tools[tool].lets) {
      slots_.insert(let.source_slots.begin(), let.source_slots.end());
    }
    for (const ArgumentDesc& argument : program.tools[tool].arguments) {
      if (argument.currency_slot != kNone) slots_.insert(argument.currency_slot);
    }
    for (const FactDesc& fact : program.tools[tool].facts) {
      if (fact.currency_slot != kNone) slots_.insert(fact.currency_slot);
    }
    for (const Capability& capability : program.capabilities) {
      if (program.actions[capability.action].tool != tool) continue;
      for (const ClauseInfo& info : capability.clauses) Shown(info);
    }
  }

  bool Any(uint32_t first, uint32_t count) const {
    const auto at = slots_.lower_bound(first);
    return at != slots_.end() && *at < first + count;
  }

 private:
  void Shown(const ClauseInfo& info) {
    for (const std::vector<TextPiece>* text : {&info.text, &info.consent}) {
      for (const TextPiece& piece : *text) {
        if (piece.kind == TextPiece::Kind::kSlot) slots_.insert(piece.index);
      }
    }
  }

  void Code(const Shape& shape) {
    for (uint32_t i = 0; i < shape.inst_count; ++i) {
      const Inst& inst = program_.insts[shape.first_inst + i];
      const OpInfo& info = InfoOf(inst.op);
      if (info.a == OperandKind::kSlot) slots_.insert(inst.a);
      if (info.b == OperandKind::kSlot) slots_.insert(inst.b);
    }
  }

  const Program& program_;
  std::set<uint32_t> slots_;
};

void Facts(Findings& findings) {
  const Program& program = findings.program();
  for (uint32_t tool = 0; tool < program.tools.size(); ++tool) {
    const bool permitted = std::ranges::any_of(program.capabilities, [&](const Capability& c) {
      return program.actions[c.action].tool == tool;
    });
    if (!permitted) continue;
    const ToolReads reads(program, tool);
    for (const FactDesc& fact : program.tools[tool].facts) {
      if (reads.Any(fact.slot, SlotsOf(program, fact.type))) continue;
      findings.Add(diag::Code::kLintUnusedFact, fact.span,
                   {fmt::format("no condition, resource or text of this file reads the fact `{}`",
                                fact.name),
                    "attested for nothing", "leave it out, or say what depends on it"});
    }
  }
}

}  // namespace

void FindUnused(Findings& findings) {
  const SourceMap& sources = findings.compilation().sources;
  std::vector<FileNames> files;
  for (uint32_t i = 0; i < findings.compilation().modules.size(); ++i) {
    files.emplace_back(sources, static_cast<FileId>(i));
  }
  Declarations(findings, files[0]);
  Imports(findings, files);
  Facts(findings);
}

}  // namespace cap::lint
