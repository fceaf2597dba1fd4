#include "compiler/check/def.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "compiler/check/declare.h"
#include "compiler/check/expr.h"
#include "runtime/base/limits.h"

namespace cap::check {

namespace {

void CheckDef(Context& context, const resolve::Entry& entry, DefInfo& info) {
  const ast::Module& module = context.modules[entry.module];
  const auto& decl = std::get<ast::DefDecl>(module.decls[entry.decl].node);
  Scope scope(context, fmt::format("function `{}`", entry.name), true);
  ExprChecker checker(context, module, scope);
  for (const ast::Param& param : decl.parameters) {
    const TypeIndex type =
        DeclareType(context, module, param.type, TypePlace::kParameter).type;
    if (param.default_value) {
      context.Error(diag::Code::kBadDefault, param.span,
                    {.message = "a parameter of a function has no default",
                     .label = "leave out the `=`",
                     .help = "every call gives every argument",
                     .notes = {}});
    }
    if (param.narrows) {
      context.Error(diag::Code::kNotNarrowing, param.span,
                    {.message = "only a constraint's parameter narrows",
                     .label = "leave out the `narrows`",
                     .help = "declare it where a constraint calls this function",
                     .notes = {}});
    }
    const NodeId node =
        type == kNone ? context.nodes.Error(param.name.span)
                      : context.nodes.Add({.kind = NodeKind::kParameter,
                                           .type = type,
                                           .index = static_cast<uint32_t>(info.parameters.size()),
                                           .span = param.name.span});
    info.parameters.push_back(type);
    scope.Declare({.name = param.name.text,
                   .span = param.name.span,
                   .kind = SymbolKind::kParameter,
                   .node = node});
  }
  info.result = DeclareType(context, module, decl.type, TypePlace::kParameter).type;
  if (info.result == kNone) return;
  const NodeId body = checker.CheckAs(decl.body, info.result,
                                      fmt::format("the function `{}`", entry.name));
  const bool good = std::ranges::find(info.parameters, kNone) == info.parameters.end();
  if (good && !context.nodes.IsError(body)) info.body = body;
}

/// Copies what depends on a parameter. Recursion follows the operators of the body, of which at
/// most limits::kExpressionDepth stand below each other.
class Copier {
 public:
  Copier(Context& context, const std::vector<NodeId>& arguments)
      : context_(context), arguments_(arguments) {}

  NodeId Copy(NodeId id);
  bool too_large() const { return too_large_; }

 private:
  NodeId CopyPath(const Node& parameter);

  Context& context_;
  const std::vector<NodeId>& arguments_;
  std::unordered_map<NodeId, NodeId> copies_;
  std::unordered_map<uint32_t, uint32_t> renamed_;  // variables of the body's quantifiers
  bool too_large_ = false;
};

NodeId Copier::CopyPath(const Node& parameter) {
  const NodeId argument = arguments_[parameter.index];
  if (parameter.offset == 0) return argument;
  Node path = context_.nodes[argument];  // a record: what stands for it is a path, too
  (path.kind == NodeKind::kSlot ? path.index : path.offset) += parameter.offset;
  path.type = parameter.type;
  path.optional = parameter.optional;
  path.span = parameter.span;
  return context_.nodes.Add(path);
}

NodeId Copier::Copy(NodeId id) {
  if (const auto at = copies_.find(id); at != copies_.end()) return at->second;
  Node node = context_.nodes[id];
  NodeId copy = id;
  if (node.kind == NodeKind::kParameter) {
    copy = CopyPath(node);
  } else if (node.kind == NodeKind::kElement) {
    if (const auto at = renamed_.find(node.index); at != renamed_.end()) {
      node.index = at->second;
      copy = context_.nodes.Add(node);
    }
  } else if (node.left != kNone) {
    // Each call has variables of its own: an argument may hold a call of the same function, whose
    // elements would be taken for those of this one.
    const bool opens = node.kind == NodeKind::kQuantifier;
    if (opens) {
      const auto [at, is_new] = renamed_.try_emplace(node.index, context_.variables);
      if (is_new) ++context_.variables;
      node.index = at->second;
    }
    const NodeId left = Copy(node.left);
    const NodeId right = node.right == kNone ? kNone : Copy(node.right);
    const bool chooses = node.kind == NodeKind::kConditional;
    const NodeId condition = chooses ? Copy(node.index) : kNone;
    if (opens || left != node.left || right != node.right || (chooses && condition != node.index)) {
      const uint16_t right_depth = right == kNone ? uint16_t{0} : context_.nodes[right].depth;
      const uint16_t condition_depth = chooses ? context_.nodes[condition].depth : uint16_t{0};
      const uint16_t below =
          std::max({context_.nodes[left].depth, right_depth, condition_depth});
      too_large_ = too_large_ || below >= limits::kExpressionDepth ||
                   ++context_.copied_nodes > limits::kDefNodes;
      if (too_large_) return id;
      node.left = left;
      node.right = right;
      if (chooses) node.index = condition;
      node.depth = static_cast<uint16_t>(below + 1);
      if (node.kind == NodeKind::kRow) node.index = context_.RowOf(left);
      copy = context_.nodes.Add(node);
    }
  }
  copies_.emplace(id, copy);
  return copy;
}

}  // namespace

const DefInfo& DefOf(Context& context, uint32_t index, const SourceSpan& call) {
  DefInfo& info = context.defs[index];
  if (info.state == DefInfo::State::kDone) return info;
  const resolve::Entry& entry = context.names.defs[index];
  if (info.state == DefInfo::State::kOpen) {
    context.Error(diag::Code::kRecursiveDef, call,
                  {.message = fmt::format("the function `{}` calls itself", entry.name),
                   .label = "would never end",
                   .help = "every decision ends: say it with `any` or `all` over a list",
                   .notes = {{entry.span, "declared here"}}});
    return info;
  }
  if (context.open_defs >= limits::kDefDepth) {
    context.Error(diag::Code::kExpressionTooDeep, call,
                  {.message = fmt::format("more than {} functions call each other in a row",
                                          limits::kDefDepth),
                   .label = "too deep",
                   .help = "put some of them together",
                   .notes = {}});
    info.state = DefInfo::State::kDone;
    return info;
  }
  info.state = DefInfo::State::kOpen;
  ++context.open_defs;
  DefInfo checked;  // a body that calls itself meets the open one, which has no body
  CheckDef(context, entry, checked);
  --context.open_defs;
  checked.state = DefInfo::State::kDone;
  return context.defs[index] = std::move(checked);
}

void CheckDefs(Context& context) {
  const std::vector<resolve::Entry>& entries = context.names.defs.entries();
  context.defs.resize(entries.size());
  for (uint32_t i = 0; i < entries.size(); ++i) DefOf(context, i, entries[i].span);
}

NodeId PutIn(Context& context, const DefInfo& def, const std::vector<NodeId>& arguments,
             const SourceSpan& call) {
  Copier copier(context, arguments);
  const NodeId copy = copier.Copy(def.body);
  if (!copier.too_large()) return context.nodes.CopyAt(copy, call);
  context.Error(diag::Code::kExpressionTooDeep, call,
                {.message = "with the functions that it calls put in, this is too large",
                 .label = "too deep or too long",
                 .help = "have a fact that says what is asked here",
                 .notes = {}});
  return context.nodes.Error(call);
}

}  // namespace cap::check
